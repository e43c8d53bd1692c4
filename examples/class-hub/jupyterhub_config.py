"""A JupyterHub for one class. `make demo` and the browser test run it.

README.md explains it step by step. It runs on one machine, on 127.0.0.1, and reads four variables
from its environment:

CLASS_HUB_PASSWORD  the password of everybody here (required)
CLASS_HUB_STATE     folder for the database and the homes (default: ./state)
CLASS_HUB_PORT      port of the Hub (default: 8000)
CLASS_HUB_SMTP      mail server (host:port) for requests to join the class (default: no mails)
"""

import os
import shutil
import socket
import sys
from pathlib import Path

from jupyterlab_scoped_launcher.hub import configure

c = get_config()
here = Path(__file__).resolve().parent
state = Path(os.environ.get("CLASS_HUB_STATE", "state")).resolve()
state.mkdir(mode=0o700, parents=True, exist_ok=True)


def free_url() -> str:
    """Return an address on this machine with a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


# --- Users and groups -----------------------------------------------------------------------------

c.Authenticator.allowed_users = {"profx", "mmuster", "eextern"}

# The class starts empty. The instructor manages its members, which are in the Hub's database.
c.JupyterHub.load_groups = {
    "instructors": {"users": ["profx"]},
    "PythonForMorons101": {"users": []},
}

# The roles of students and instructors are in the policy.

# --- What the class uses --------------------------------------------------------------------------

questions = {"CLASS1234_WEB_FILE": str(state / "class1234-web.json")}

# A service that the Hub runs. Users need access:services!service=class1234-web to open it.
c.JupyterHub.services = [
    {
        "name": "class1234-web",
        "url": free_url(),
        "command": [sys.executable, str(here / "services" / "class1234_web.py")],
        "environment": questions,
        "oauth_no_confirm": True,
    },
]

# server-config/ adds the proxied web service class1234-tools to every server.
c.Spawner.environment = {"JUPYTER_CONFIG_PATH": str(here / "server-config")}

# The instructor's named servers `dash-…`, which the grants share with the class, are pages:
# a shared JupyterLab would let the class work in it as its owner.
c.JupyterHub.allow_named_servers = True


def start_dashboard(spawner):
    if spawner.name.startswith("dash-"):
        spawner.cmd = [sys.executable, str(here / "services" / "class1234_dash.py")]
        spawner.environment = {**spawner.environment, **questions}


c.Spawner.pre_spawn_hook = start_dashboard

# --- Settings for this machine, not for the class -------------------------------------------------

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
if os.getuid() == 0:  # usual in a container; Jupyter refuses to run as root without it
    c.Spawner.args.append("--allow-root")

# The policy is written for servers that have the class kernel in /srv. Here it is in this folder.
policy_file = state / "policy.yaml"
policy_text = (here / "policy.yaml").read_text()
policy_file.write_text(policy_text.replace("/srv/kernels", str(here / "kernels")))
shutil.copy(here / "workbench.svg", state)

# --- Mails to the instructor when somebody asks to join the class ---------------------------------

mail_options = ()
if smtp := os.environ.get("CLASS_HUB_SMTP"):
    mail_options = (
        *("--smtp", smtp, "--smtp-security", "none", "--mail-from", "hub@example.edu"),
        *("--mail-users", "{user}@example.edu", "--public-url", c.JupyterHub.bind_url),
    )

# --- The policy: roles, kernels, launcher and grants from one file. Call configure() last. --------

configure(
    c,
    policy_file,
    policy_by="argument",
    service={
        "database": state / "scoped-launcher.sqlite",
        "options": ("--interval", "5", *mail_options),
    },
)
