"""Configuration of the Hub whose changes the service tells to users' servers (`conftest.py`)."""

import json
import os
import secrets

from jupyterlab_scoped_launcher.hub import configure

known = json.loads(os.environ["TEST_HUB"])
load_subconfig(known["common"])

c = get_config()
c.Authenticator.admin_users = {"root"}
c.JupyterHub.load_groups = {name: {"users": []} for name in ("class", "staff", "teachers")}
c.JupyterHub.load_roles += [
    {"name": "desk", "groups": ["staff"], "scopes": ["access:services!service=tests"]},
    {"name": "teachers", "groups": ["teachers"], "scopes": ["groups!group=class"]},
]
# A service that everybody may not open, unlike this package's own.
c.JupyterHub.services.append({"name": "desk", "api_token": secrets.token_hex(16)})
c.Spawner.environment["JUPYTERHUB_SINGLEUSER_APP"] = "jupyter_server.serverapp.ServerApp"
if "api_proxy_url" in known:
    c.Spawner.hub_connect_url = known["api_proxy_url"]

configure(
    c,
    known["policy"],
    service={
        "database": known["database"],
        "options": ("--interval", "1", *known["options"]),
        "server_url": known.get("server_url", ""),
    },
)
more = known.get("service_environment", {})
c.JupyterHub.services = [
    {**service, "environment": {**service.get("environment", {}), **more}}
    if service["name"] == "scoped-launcher"
    else service
    for service in c.JupyterHub.services
]
