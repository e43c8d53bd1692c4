"""The Hub of the trials with other packages (companions.mjs starts it).

Each user has a server in an environment and with settings of their own: TRIALS is a JSON object of
user: {"environment", "variables", "args"}.
"""

import json
import os
import socket
from pathlib import Path

from jupyterlab_scoped_launcher.hub import configure

c = get_config()
here = Path(__file__).resolve().parent
state = Path(os.environ["COMPANIONS_STATE"])
environments = Path(os.environ["COMPANIONS_ENVIRONMENTS"])
trials = json.loads(os.environ["COMPANIONS_TRIALS"])


def free_url() -> str:
    """Return an address on this machine with a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


c.JupyterHub.load_groups = {"class": {"users": []}}
c.JupyterHub.services = [{"name": "trial", "api_token": os.environ["COMPANIONS_TOKEN"]}]
c.JupyterHub.load_roles = [
    {
        "name": "trial",
        "services": ["trial"],
        "scopes": ["admin:groups", "admin:users", "admin:servers", "shares", "tokens"],
    }
]
c.Authenticator.allowed_users = set(trials)
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = os.environ["COMPANIONS_TOKEN"]
c.JupyterHub.allow_named_servers = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(state / "home" / "{username}")
c.Spawner.ip = "127.0.0.1"
c.Spawner.start_timeout = 120
c.Spawner.http_timeout = 120
if os.getuid() == 0:
    c.Spawner.args.append("--allow-root")

port = os.environ["COMPANIONS_PORT"]
c.JupyterHub.bind_url = f"http://127.0.0.1:{port}{os.environ.get('COMPANIONS_BASE_URL', '/')}"
c.JupyterHub.subdomain_host = os.environ.get("COMPANIONS_SUBDOMAIN_HOST", "")
c.JupyterHub.hub_bind_url = free_url()
c.ConfigurableHTTPProxy.api_url = free_url()
c.ConfigurableHTTPProxy.pid_file = str(state / "proxy.pid")
c.JupyterHub.db_url = f"sqlite:///{state / 'jupyterhub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(state / "cookie_secret")


def use_environment(spawner):
    trial = trials[spawner.user.name]
    binaries = environments / trial["environment"] / "bin"
    spawner.cmd = [str(binaries / "python"), "-m", "jupyterhub.singleuser", *trial["args"]]
    spawner.environment = {
        **spawner.environment,
        "PATH": f"{binaries}:{here / 'bin'}:{os.environ['PATH']}",
        "COMPANIONS_CONDA": str(state / "conda"),
        "JUPYTER_CONFIG_PATH": str(here / "server-config"),
        **trial["variables"],
    }


c.Spawner.pre_spawn_hook = use_environment

policy = state / "policy.yaml"
policy.write_text((here / "policy.yaml").read_text().replace("/srv", str(state / "kernels")))
configure(c, policy, policy_by="argument")
