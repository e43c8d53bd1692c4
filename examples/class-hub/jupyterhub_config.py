"""A JupyterHub for one class: what an admin copies, and what `make demo` and the browser test run.

README.md beside this file goes through it step by step. It runs on one machine, on 127.0.0.1, and
reads three variables from its environment:

CLASS_HUB_PASSWORD  the password of everybody here (required)
CLASS_HUB_STATE     folder for the database and the homes (default: ./state)
CLASS_HUB_PORT      port of the Hub (default: 8000)
"""

import os
import socket
import sys
from pathlib import Path

import yaml

c = get_config()
here = Path(__file__).resolve().parent
state = Path(os.environ.get("CLASS_HUB_STATE", "state")).resolve()
state.mkdir(mode=0o700, parents=True, exist_ok=True)


def free_url() -> str:
    """An address on this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


# --- The policy: one file for the launcher, and for the roles of the Hub --------------------------

policy_file = here / "policy.yaml"
policy = yaml.safe_load(policy_file.read_text())

# Every user's server gets the same policy. What a visitor sees depends on the visitor.
c.Spawner.args = [f"--ScopedLauncher.policy_file={policy_file}"]

# --- Who there is ---------------------------------------------------------------------------------

c.Authenticator.allowed_users = {"profx", "mmuster", "eextern"}

# An empty class: the instructor adds students on the Hub's admin page, and no restart loads them
# again.
c.JupyterHub.load_groups = {
    "instructors": {"users": ["profx"]},
    "PythonForMorons101": {"users": []},
}

c.JupyterHub.custom_scopes = policy.get("custom_scopes", {})
c.JupyterHub.load_roles = [
    {
        "name": "class1234-instructors",
        "description": "See who there is; add students to, and remove them from, this one class",
        "groups": ["instructors"],
        "scopes": ["admin-ui", "list:users", "groups!group=PythonForMorons101"],
    },
    *policy.get("roles", []),
]

# --- What the class uses --------------------------------------------------------------------------

# A service that the Hub runs and guards: entering needs access:services!service=class1234-web.
c.JupyterHub.services = [
    {
        "name": "class1234-web",
        "url": free_url(),
        "command": [sys.executable, str(here / "services" / "class1234_web.py")],
        "environment": {"CLASS1234_WEB_FILE": str(state / "class1234-web.json")},
        "oauth_no_confirm": True,
    },
]

c.Spawner.environment = {
    # The class kernel is outside the default search path. Everybody's server can find it, so that a
    # student who is added gets its card without a restart; the policy decides who sees the card.
    "JUPYTER_PATH": str(here / "kernels" / "class1234"),
    # server-config/ adds the proxied web service class1234-tools to every server.
    "JUPYTER_CONFIG_PATH": str(here / "server-config"),
}

# --- This one machine: nothing below is about the class -------------------------------------------

c.JupyterHub.bind_url = f"http://127.0.0.1:{os.environ.get('CLASS_HUB_PORT', '8000')}"
c.JupyterHub.hub_bind_url = free_url()
c.ConfigurableHTTPProxy.api_url = free_url()
c.ConfigurableHTTPProxy.pid_file = str(state / "proxy.pid")
c.JupyterHub.db_url = f"sqlite:///{state / 'jupyterhub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(state / "cookie_secret")

# For trying out only: one password, and all servers run as the user who started the Hub.
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = os.environ["CLASS_HUB_PASSWORD"]
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(state / "home" / "{username}")
c.Spawner.ip = "127.0.0.1"
if os.getuid() == 0:  # in a container, usually; Jupyter refuses root unless told
    c.Spawner.args.append("--allow-root")
