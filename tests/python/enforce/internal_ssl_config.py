"""Configuration of the Hub with ``internal_ssl`` (`test_internal_ssl.py`)."""

import json
import os

from jupyterlab_scoped_launcher.hub import configure

known = json.loads(os.environ["TEST_HUB"])
load_subconfig(known["common"])

c = get_config()
c.JupyterHub.internal_ssl = True
c.JupyterHub.internal_certs_location = known["certificates"]  # servers start in other folders
c.JupyterHub.load_groups = {"class": {"users": ["member"]}}
c.JupyterHub.load_roles += [{"name": "managers", "users": ["manager"], "scopes": ["shares"]}]
c.Spawner.environment["JUPYTERHUB_SINGLEUSER_APP"] = "jupyter_server.serverapp.ServerApp"
configure(c, known["policy"], service={"options": ("--interval", "1")})
c.JupyterHub.load_roles += [
    {
        "name": "grants-page",
        "users": ["manager"],
        "scopes": ["access:services!service=scoped-launcher"],
    }
]
