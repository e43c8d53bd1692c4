//! JupyterHub's scope algebra, as `jupyterhub.scopes` (6.1) defines it.
