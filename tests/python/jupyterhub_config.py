"""Configuration of the Hub that the fixture `hub` starts; `TEST_HUB` has what the fixture chose."""

import json
import os
import sys
from pathlib import Path

known = json.loads(os.environ["TEST_HUB"])
c = get_config()  # noqa: F821

c.JupyterHub.bind_url = known["url"]
c.JupyterHub.hub_bind_url = known["hub_url"]
c.ConfigurableHTTPProxy.api_url = known["proxy_api_url"]
c.ConfigurableHTTPProxy.command = [known["proxy_command"]]
c.JupyterHub.db_url = "sqlite:///hub.sqlite"

c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = known["password"]
c.Authenticator.allow_all = True
c.Authenticator.admin_users = {"mixin"}
c.JupyterHub.load_groups = {"Morons": {"users": ["member"]}, "empty": {"users": []}}
c.JupyterHub.services = [{"name": "tests", "api_token": known["token"]}]
c.JupyterHub.load_roles = [
    {
        "name": "tests",
        "services": ["tests"],
        "scopes": ["admin:users", "admin:groups", "admin:servers", "tokens", "shares"],
    },
]

c.JupyterHub.allow_named_servers = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(Path.cwd() / "home" / "{username}")
c.Spawner.hub_connect_url = known["line_url"]
c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
c.Spawner.args = ["--allow-root", f"--ScopedLauncher.policy_file={known['policy']}"]
c.Spawner.http_timeout = 60
# What a server that lists shares needs: its visitors' tokens may read the shares to the visitor.
c.Spawner.oauth_client_allowed_scopes = ["read:users:shares!user"]
c.Spawner.environment = {
    # The package that is under test, enabled as its installation enables it.
    "PYTHONPATH": known["package"],
    "JUPYTER_CONFIG_PATH": known["config_path"],
    "JUPYTERHUB_SINGLEUSER_EXTENSION": lambda s: "0" if s.user.name == "mixin" else "1",
}

# Servers that only have to exist start something quicker than Jupyter.
BARE = """
import os, urllib.parse, http.server as http
address = urllib.parse.urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
http.HTTPServer((address.hostname, address.port), http.SimpleHTTPRequestHandler).serve_forever()
"""


def start_bare(spawner):
    if spawner.name.startswith("bare"):
        spawner.cmd, spawner.args = [sys.executable, "-c", BARE], []


c.Spawner.pre_spawn_hook = start_bare
