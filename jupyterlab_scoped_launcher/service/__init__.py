"""The Hub service of this package, ``scoped-launcher``.

``entry`` has the entries for jupyterhub_config.py. ``app`` runs the service: ``grants`` enforces
the policy's grants with the Hub's user shares, ``changes`` tells users' servers of changes,
``requests`` lets people ask to join groups, and ``mail`` tells those who decide. ``pages`` serves
pages, health and metrics.
``database`` is the one file that all parts share. docs/reference/service.md describes the service.
"""

from .entry import everybodys_role, role_entry, service_entry

__all__ = ["everybodys_role", "role_entry", "service_entry"]
