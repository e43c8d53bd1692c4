"""Configuration of the Hub of `test_recipes.py`."""

import json
import os

from jupyterlab_scoped_launcher.hub import configure

known = json.loads(os.environ["TEST_HUB"])
load_subconfig(known["common"])

c = get_config()
c.JupyterHub.services += known["services"]
c.Spawner.environment["JUPYTERHUB_SINGLEUSER_APP"] = "jupyter_server.serverapp.ServerApp"

configure(c, known["policy"])
