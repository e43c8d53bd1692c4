"""Configuration of the Hub whose servers' routes are tested (`conftest.py`)."""

import json
import os

known = json.loads(os.environ["TEST_HUB"])
load_subconfig(known["common"])

c = get_config()
c.Authenticator.admin_users = {"mixin"}
c.JupyterHub.load_groups = {"Morons": {"users": ["member"]}, "empty": {"users": []}}
c.JupyterHub.services += [{"name": "health-check", "api_token": known["service_token"]}]
c.JupyterHub.load_roles += [
    {"name": "health-check", "services": ["health-check"], "scopes": ["access:servers"]}
]
c.Spawner.hub_connect_url = known["api_proxy_url"]
c.Spawner.args += [f"--ScopedLauncher.policy_file={known['policy']}"]
# What a server that lists shares needs: its visitors' tokens may read the shares to the visitor.
c.Spawner.oauth_client_allowed_scopes = ["read:users:shares!user"]
