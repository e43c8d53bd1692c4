"""The Hub's side of a policy.

In ``jupyterhub_config.py``::

    from jupyterlab_scoped_launcher.hub import configure

    configure(c, "policy.yaml")
"""

from .configure import configure

__all__ = ["configure"]
