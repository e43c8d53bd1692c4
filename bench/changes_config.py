"""Configuration of the Hub that bench/changes.py measures."""

import json
import os

from jupyterhub.services.service import _ServiceSpawner

from jupyterlab_scoped_launcher.hub import configure

known = json.loads(os.environ["TEST_HUB"])
load_subconfig(known["common"])

_ServiceSpawner.poll_interval = 30  # as without the tests' common configuration

c = get_config()
c.JupyterHub.load_groups = {"class": {"users": []}}
c.JupyterHub.log_level = "WARN"
c.JupyterHub.active_server_limit = 0
configure(c, known["policy"], service={"database": known["database"]})
