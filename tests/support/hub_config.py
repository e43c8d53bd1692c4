"""What all Hubs of the tests have in common; `TEST_HUB` has what the test's `Hub` chose.

A test's own configuration starts with it: ``load_subconfig(known["common"])``.
"""

import json
import os
import sys
from pathlib import Path

from jupyterhub.services.service import _ServiceSpawner

known = json.loads(os.environ["TEST_HUB"])
c = get_config()

c.JupyterHub.bind_url = known["url"]
c.JupyterHub.hub_bind_url = known["hub_url"]
c.ConfigurableHTTPProxy.api_url = known["proxy_api_url"]
c.ConfigurableHTTPProxy.command = [known["proxy_command"]]
c.JupyterHub.db_url = "sqlite:///hub.sqlite"

c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = known["password"]
c.Authenticator.allow_all = True

c.JupyterHub.services = [{"name": "tests", "api_token": known["token"]}]
c.JupyterHub.load_roles = [
    {
        "name": "tests",
        "services": ["tests"],
        "scopes": [
            *("admin:users", "admin:groups", "admin:servers", "admin:server_state"),
            *("tokens", "shares"),
        ],
    },
]

# The Hub has no settings for these: services run the package that is under test, and one that has
# ended is started again sooner than after 30 s.
_ServiceSpawner.env_keep = ["PYTHONPATH"]
_ServiceSpawner.poll_interval = 2

c.JupyterHub.allow_named_servers = True
c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 0}  # several start at once
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(Path.cwd() / "home" / "{username}")
c.Spawner.http_timeout = 60
c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
c.Spawner.args = ["--allow-root"]
c.Spawner.environment = {
    # The package that is under test, enabled as its installation enables it.
    "PYTHONPATH": known["package"],
    "JUPYTER_CONFIG_PATH": known["extension"],
    # `mixin` has the older single-user mode.
    "JUPYTERHUB_SINGLEUSER_EXTENSION": lambda s: "0" if s.user.name == "mixin" else "1",
}


def start_tiny(spawner):
    """A server that only has to be there is started as something quicker than Jupyter."""
    if spawner.user_options.get("tiny"):
        spawner.cmd, spawner.args = [sys.executable, known["tiny_server"]], []


c.Spawner.pre_spawn_hook = start_tiny
