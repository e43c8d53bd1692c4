"""Configuration of the Hub whose groups an identity provider manages (`test_managed_groups.py`)."""

import json
import os
from pathlib import Path

from jupyterhub.auth import DummyAuthenticator

from jupyterlab_scoped_launcher.hub import configure

known = json.loads(os.environ["TEST_HUB"])
load_subconfig(known["common"])


class IdentityProvider(DummyAuthenticator):
    """Reads everybody's groups from a file, at login and at each refresh."""

    async def authenticate(self, handler, data):
        name = await super().authenticate(handler, data)
        return name and {"name": name, "groups": Path(known["groups"]).read_text().split()}

    async def refresh_user(self, user, handler=None, **more):
        return {"name": user.name, "groups": Path(known["groups"]).read_text().split()}


c = get_config()
c.JupyterHub.authenticator_class = IdentityProvider
c.Authenticator.manage_groups = True
c.Authenticator.auth_refresh_age = 1
c.JupyterHub.load_roles += [
    {"name": "instructors", "groups": ["staff"], "scopes": ["groups!group=class"]},
]
configure(c, known["policy"], service=True)
