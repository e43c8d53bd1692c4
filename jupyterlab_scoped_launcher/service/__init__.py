"""The Hub service of this package: it enforces the policy's ``grants`` with the Hub's user shares.

``entry`` has the entries for jupyterhub_config.py; ``app`` runs the service, ``handlers`` serves
its pages. ``grants`` plans and makes the changes. docs/grants.md describes the service.
"""

from .entry import role_entry, service_entry

__all__ = ["role_entry", "service_entry"]
