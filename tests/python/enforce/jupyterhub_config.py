"""Configuration of the Hub that `configure` has set up (`conftest.py`)."""

import json
import os
from types import SimpleNamespace

from jupyterlab_scoped_launcher.hub import configure

known = json.loads(os.environ["TEST_HUB"])
load_subconfig(known["common"])

c = get_config()
c.Authenticator.admin_users = {"root", *known["admins"]}
c.JupyterHub.load_groups = {known["group"]: {"users": ["student"]}}
c.JupyterHub.services += known["services"]
c.JupyterHub.load_roles += [{"name": "desk", "users": ["student"], "scopes": ["custom:desk:use"]}]
c.JupyterHub.load_roles += [
    {"name": "health-check", "services": ["tests"], "scopes": ["access:servers"]}
]
c.Spawner.environment.update(known["environment"])
if "api_proxy_url" in known:
    c.Spawner.hub_connect_url = known["api_proxy_url"]


async def earlier_hook(spawner):
    spawner.environment["EARLIER_HOOK"] = "ran"
    if spawner.user.name == "unlucky":  # a hook may break anything
        spawner.user = SimpleNamespace(name="unlucky", url=spawner.user.url)


c.Spawner.pre_spawn_hook = earlier_hook

configure(c, known["policy"], **known["options"])
