"""Configuration of the Hub that has the Hub service as one of its own (`conftest.py`)."""

import json
import os

from jupyterlab_scoped_launcher.service import role_entry, service_entry

known = json.loads(os.environ["TEST_HUB"])
load_subconfig(known["common"])

c = get_config()
c.Authenticator.admin_users = {"admin"}
c.JupyterHub.load_groups = {"nobody": {"users": ["page-visitor"]}}
c.JupyterHub.services += [
    {"name": "outside", "api_token": known["grants_token"]},
    {"name": "too-little", "api_token": known["little_token"]},
    {"name": "prometheus", "api_token": known["metrics_token"]},
    {
        **service_entry(known["policy"], database=known["database"], options=("--interval", "1")),
        "environment": {"PYTHONPATH": known["package"]},
    },
]
role = role_entry()
c.JupyterHub.load_roles += [
    role,
    {**role, "name": "outside", "services": ["outside"]},
    {"name": "too-little", "services": ["too-little"], "scopes": ["list:users", "read:servers"]},
    {
        "name": "prometheus",
        "services": ["prometheus"],
        "scopes": ["read:metrics", f"access:services!service={role['name']}"],
    },
    {
        "name": "visitors-of-the-page",
        "users": ["page-visitor"],
        "scopes": [f"access:services!service={role['name']}", "shares!user"],
    },
]
c.Spawner.environment.update(
    {
        "JUPYTERHUB_SINGLEUSER_APP": "jupyter_server.serverapp.ServerApp",
        "SCOPED_LAUNCHER_POLICY": known["policy"],
    }
)
c.Spawner.oauth_client_allowed_scopes = ["read:users:shares!user"]
