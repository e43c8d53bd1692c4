"""Configuration of the Hub that bench/changes.py measures."""

import json
import os

from jupyterlab_scoped_launcher.hub import configure

known = json.loads(os.environ["TEST_HUB"])
load_subconfig(known["common"])

c = get_config()
c.JupyterHub.load_groups = {"class": {"users": []}}
c.JupyterHub.log_level = "WARN"
c.JupyterHub.active_server_limit = 0
configure(c, known["policy"], service={"database": known["database"]})
for service in c.JupyterHub.services:
    if service["name"] == "scoped-launcher":
        service["environment"]["PYTHONPATH"] = known["package"]
