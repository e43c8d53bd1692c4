"""What the pages of docs/upstream configure, added up in one Hub."""

import json
import os

known = json.loads(os.environ["TEST_HUB"])
load_subconfig(known["common"])
c = get_config()

roles = list(c.JupyterHub.load_roles)
groups = {}
for page in known["pages"]:
    c.JupyterHub.load_roles, c.JupyterHub.load_groups = [], {}
    load_subconfig(page)
    roles += c.JupyterHub.load_roles
    groups |= c.JupyterHub.load_groups
c.JupyterHub.load_roles, c.JupyterHub.load_groups = roles, groups
