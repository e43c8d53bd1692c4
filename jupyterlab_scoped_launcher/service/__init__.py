"""The Hub service of this package, ``scoped-launcher``.

``entry`` has the entries for jupyterhub_config.py. ``app`` runs the service: ``grants`` enforces
the policy's grants with the Hub's user shares. ``pages`` serves pages, health and metrics.
``database`` is the one file that all parts share. docs/service.md describes the service.
"""

from .entry import role_entry, service_entry

__all__ = ["role_entry", "service_entry"]
