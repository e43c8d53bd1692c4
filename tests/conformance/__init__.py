"""The engine beside the installed jupyterhub."""
