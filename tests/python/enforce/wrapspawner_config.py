"""Configuration of the Hub whose servers are started in several ways (`test_every_server.py`)."""

import json
import os
import sys

from jupyterhub.spawner import SimpleLocalProcessSpawner

from jupyterlab_scoped_launcher.hub import configure

known = json.loads(os.environ["TEST_HUB"])
load_subconfig(known["common"])

c = get_config()
c.JupyterHub.spawner_class = "wrapspawner.ProfilesSpawner"
c.JupyterHub.load_groups = {"class": {"users": ["member"]}}
c.JupyterHub.load_roles += [
    {"name": "user", "scopes": ["self", "shares!user"]},
    {"name": "graders", "groups": ["class"], "scopes": ["access:services!service=formgrader"]},
]
environment = {**c.Spawner.environment, **known["environment"]}
environment["JUPYTERHUB_SINGLEUSER_EXTENSION"] = "1"
c.ProfilesSpawner.profiles = [
    ("Small", "small", SimpleLocalProcessSpawner, {"environment": environment}),
    ("GPU", "gpu", SimpleLocalProcessSpawner, {"environment": {**environment, "GPU": "1"}}),
    (
        "Files",
        "files",
        SimpleLocalProcessSpawner,
        {
            "cmd": [sys.executable, "-m", "http.server", "--bind", "127.0.0.1"],
            "args": [str(known["files_port"])],
            "port": known["files_port"],
        },
    ),
]
c.JupyterHub.services += [
    {
        "name": "formgrader",  # as nbgrader's
        "url": known["formgrader_url"],
        "command": [sys.executable, "-m", "jupyterhub.singleuser", "--allow-root"],
        "environment": environment,
        "oauth_no_confirm": True,
    },
]

configure(c, known["policy"], policy_by="argument")
