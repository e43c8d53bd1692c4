"""Real parts for the tests of the grants service: a JupyterHub of its own, the service as a
process, and a line between the two that a test may disturb.

The users and servers of each test have names of their own, so that tests share the Hub without
seeing each other; each test's policy names only those.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

import jupyterlab_scoped_launcher

REPO = Path(__file__).resolve().parents[3]
PACKAGE = str(Path(jupyterlab_scoped_launcher.__file__).parents[1])
PASSWORD = "only for tests"

HUB_CONFIG = """
import json, os, sys
from jupyterlab_scoped_launcher.grants.hub import role_entry, service_entry
known = json.loads(os.environ["TEST_HUB"])
c.JupyterHub.bind_url = known["url"]
c.JupyterHub.hub_bind_url = known["hub_url"]
c.ConfigurableHTTPProxy.api_url = known["proxy_api_url"]
c.ConfigurableHTTPProxy.command = [known["proxy_command"]]
c.JupyterHub.db_url = "sqlite:///hub.sqlite"
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = known["password"]
c.Authenticator.allow_all = True
c.Authenticator.admin_users = {"admin"}
c.JupyterHub.allow_named_servers = True
c.JupyterHub.services = [
    {"name": "tests", "api_token": known["token"]},
    {"name": "outside", "api_token": known["grants_token"]},
    {"name": "too-little", "api_token": known["little_token"]},
    {"name": "prometheus", "api_token": known["metrics_token"]},
    {
        **service_entry(known["policy"], records=known["records"], options=("--interval", "1")),
        "environment": {"PYTHONPATH": known["package"]},
    },
]
role = role_entry()
c.JupyterHub.load_roles = [
    role,
    {**role, "name": "outside", "services": ["outside"]},
    {"name": "too-little", "services": ["too-little"], "scopes": ["list:users", "read:servers"]},
    {
        "name": "prometheus",
        "services": ["prometheus"],
        "scopes": ["read:metrics", f"access:services!service={role['name']}"],
    },
    {
        "name": "tests",
        "services": ["tests"],
        "scopes": ["admin:users", "admin:groups", "admin:servers", "tokens", "shares"],
    },
    {
        "name": "visitors-of-the-page",
        "users": ["page-visitor"],
        "scopes": [f"access:services!service={role['name']}", "shares!user"],
    },
]
c.JupyterHub.load_groups = {"nobody": {"users": ["page-visitor"]}}
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = os.path.join(os.getcwd(), "home", "{username}")
c.Spawner.http_timeout = 60
c.Spawner.environment = {
    "JUPYTERHUB_SINGLEUSER_APP": "jupyter_server.serverapp.ServerApp",
    "SCOPED_LAUNCHER_POLICY": known["policy"],
    "PYTHONPATH": known["package"],
    "JUPYTER_CONFIG_PATH": known["extension"],  # enables the server extension
}
c.Spawner.oauth_client_allowed_scopes = ["read:users:shares!user"]

def start_what_is_asked_for(spawner):
    # A whole Jupyter Server where the test visits it; else a page that starts in a moment.
    if spawner.user_options.get("real"):
        spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser", "--allow-root"]
    else:
        spawner.cmd = [sys.executable, known["tiny_server"]]

c.Spawner.pre_spawn_hook = start_what_is_asked_for
"""

TINY_SERVER = """
import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlparse

class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass

HTTPServer(("127.0.0.1", urlparse(os.environ["JUPYTERHUB_SERVICE_URL"]).port), Page).serve_forever()
"""

Fault = Callable[["Call"], None]


class Line(ThreadingHTTPServer):
    """Between a service and the Hub's API: forwards, or does what ``fault`` says."""

    daemon_threads = True

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), Call)
        self.target = target
        self.fault: Fault | None = None
        self.whole_lists = 0  # lists of users that went through undisturbed
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hub/api"

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that were killed: tests kill them."""


class Call(BaseHTTPRequestHandler):
    """One request on a line."""

    server: Line
    protocol_version = "HTTP/1.1"

    def any_method(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.server.fault
        if fault is None:
            self.forward()
            self.server.whole_lists += self.is_users
        else:
            fault(self)

    do_GET = do_POST = do_PATCH = any_method

    @property
    def is_change(self) -> bool:
        return self.command != "GET"

    @property
    def is_users(self) -> bool:
        return self.path.startswith("/hub/api/users?")

    def forward(self) -> None:
        self.answer(*self.ask())

    def ask(self) -> tuple[int, bytes, dict[str, str]]:
        """Ask the Hub, and return its status, body and headers."""
        request = urllib.request.Request(
            self.server.target + self.path,
            data=self.body or None,
            headers={k: v for k, v in self.headers.items() if k.lower() != "host"},
            method=self.command,
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read(), dict(answer.headers)
        except urllib.error.HTTPError as error:
            return error.code, error.read(), dict(error.headers)

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() in ("content-type", "x-jupyterhub-version", "date", "retry-after"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Hub:
    """A JupyterHub that a test may stop and start, and what tests ask of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ports = free_ports(3)
        self.url, self.hub_url, proxy_api_url = (f"http://127.0.0.1:{port}" for port in ports)
        self.api_url = f"{self.hub_url}/hub/api"
        self.policy = folder / "policy.json"
        self.records = folder / "grants.sqlite"
        self.policy.write_text('{"version": 1}')
        (folder / "config.py").write_text(HUB_CONFIG)
        (folder / "tiny_server.py").write_text(TINY_SERVER)
        self.known = {
            "url": self.url,
            "hub_url": self.hub_url,
            "proxy_api_url": proxy_api_url,
            "proxy_command": proxy_command(),
            "password": PASSWORD,
            "policy": str(self.policy),
            "records": str(self.records),
            "package": PACKAGE,
            "extension": str(REPO / "python-data/data/etc/jupyter"),
            "tiny_server": str(folder / "tiny_server.py"),
            **{
                f"{name}token": secrets.token_hex(16)
                for name in ("", "grants_", "little_", "metrics_")
            },
        }
        self._environment = {
            **os.environ,
            "PYTHONPATH": PACKAGE,
            "TEST_HUB": json.dumps(self.known),
            "CONFIGPROXY_AUTH_TOKEN": secrets.token_hex(16),
            "JUPYTERHUB_CRYPT_KEY": secrets.token_hex(32),
        }
        self._api = requests.Session()
        self._api.headers["Authorization"] = f"token {self.known['token']}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "hub.log").open("ab") as log:
            self._process = process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", "-f", "config.py"],
                cwd=self.folder,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

        def answers() -> bool:
            assert process.poll() is None, self.log()[-4000:]
            try:
                return requests.get(f"{self.url}/hub/health", timeout=5).ok
            except requests.ConnectionError:
                return False

        wait(answers, 60, self.log)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
            self._process = None

    def log(self) -> str:
        """All that the Hub, its services and its users' servers have written so far."""
        return (self.folder / "hub.log").read_text(errors="replace")

    def api(self, method: str, path: str, ok: tuple[int, ...] = (), **body: Any) -> Any:
        answer = self._api.request(method, self.api_url + path, json=body or None, timeout=60)
        assert answer.ok or answer.status_code in ok, (method, path, answer.text)
        return answer.json() if answer.content else None

    def user(self, name: str, *groups: str) -> str:
        self.api("POST", f"/users/{quote(name)}", ok=(409,))
        for group in groups:
            self.api("POST", f"/groups/{group}", ok=(409,))
            self.api("POST", f"/groups/{group}/users", users=[name])
        return name

    def leave(self, user: str, group: str) -> None:
        self.api("DELETE", f"/groups/{group}/users", users=[user])

    def server(self, user: str, name: str, *tags: str, real: bool = False) -> str:
        """Start a server; return ``owner/name``."""
        self.user(user)
        path = f"/users/{quote(user)}"
        options = {"tags": list(tags), "real": real}
        self.api("POST", f"{path}/servers/{name}" if name else f"{path}/server", **options)

        def is_ready() -> bool:
            return bool(self.api("GET", path)["servers"].get(name, {}).get("ready"))

        wait(is_ready, 60, self.log)
        return f"{user}/{name}"

    def stop_server(self, server: str, *, remove: bool = False) -> None:
        owner, _, name = server.partition("/")
        self.api("DELETE", f"/users/{owner}/servers/{name}", remove=remove)

        def is_stopped() -> bool:
            servers = self.api("GET", f"/users/{owner}?include_stopped_servers=1")["servers"]
            return name not in servers if remove else not servers[name]["ready"]

        wait(is_stopped, 30, self.log)

    def shares(self, owner: str) -> dict[tuple[str, str], str]:
        """Return the owner's user shares: ``(server, user)`` to when they were created."""
        items = self.api("GET", f"/shares/{quote(owner)}")["items"]
        return {
            (f"{owner}/{item['server']['name']}", item["user"]["name"]): item["created_at"]
            for item in items
            if item["user"]
        }

    def share(self, server: str, user: str, **more: Any) -> None:
        """Share as a person does."""
        self.api("POST", f"/shares/{server}", user=user, **more)

    def unshare(self, server: str, user: str) -> None:
        self.api("PATCH", f"/shares/{server}", user=user)

    def log_in(self, user: str) -> Browser:
        return Browser(self.url, user)


class Browser:
    """A person's session, with cookies and redirects, that says yes to every consent page."""

    def __init__(self, url: str, user: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.get(f"{url}/hub/login", timeout=30)
        answer = self._session.post(
            f"{url}/hub/login",
            data={
                "username": user,
                "password": PASSWORD,
                "_xsrf": self._session.cookies.get("_xsrf", path="/hub/"),
            },
            allow_redirects=False,
            timeout=30,
        )
        assert answer.status_code == 302, answer.text

    def open(self, path: str) -> requests.Response:
        """Open a page; return what is there in the end."""
        page = self._session.get(self._url + path, timeout=60)
        if "/oauth2/authorize" in page.url and page.ok:
            offered = re.findall(r'name="scopes"[^>]*value="([^"]+)"', page.text.replace("\n", " "))
            xsrf = self._session.cookies.get("_xsrf", path="/hub/")
            page = self._session.post(
                page.url,
                data={"_xsrf": xsrf, "scopes": offered},
                headers={"Referer": page.url},
                timeout=60,
            )
        return page

    def enter(self, server: str) -> int:
        """Go through the login of ``owner/name`` as a browser does; return what its API answers."""
        base = f"/user/{server.rstrip('/')}"
        self.open(f"{base}/files/nothing-here")  # a page leads to the Hub's login, an API does not
        return self._session.get(f"{self._url}{base}/api/status", timeout=30).status_code

    def json(self, path: str) -> Any:
        """Return what an API answers to this session."""
        answer = self._session.get(self._url + path, timeout=30)
        assert answer.ok, answer.text
        return answer.json()


class Grants:
    """``scoped-launcher grants`` with a policy and records of a test's own."""

    def __init__(self, hub: Hub, folder: Path) -> None:
        self.hub = hub
        self.line = Line(hub.hub_url)
        self.policy_file = folder / "policy.json"
        self.records = folder / "records.sqlite"
        self.log_file = folder / "service.log"
        self._processes: list[subprocess.Popen[bytes]] = []

    def policy(self, *grants: dict[str, Any], **more: Any) -> None:
        temporary = self.policy_file.with_suffix(".new")
        temporary.write_text(json.dumps({"version": 1, "grants": grants, **more}))
        temporary.replace(self.policy_file)

    def run(self, *options: str, token: str = "") -> subprocess.CompletedProcess[str]:
        """Run the command with these options to its end."""
        return subprocess.run(
            self._command(*options),
            env=self._environment(token),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def once(self, *options: str) -> str:
        """Run the command with ``--once``, which must succeed; return what it says."""
        done = self.run("--once", *options)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        """Start the service as a process."""
        with self.log_file.open("ab") as log:
            process = subprocess.Popen(
                self._command("--interval", "1", *options),
                env=self._environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._processes.append(process)
        return process

    def kill(self) -> None:
        """Kill every service of this test, as kill -9 does."""
        for process in self._processes:
            process.send_signal(signal.SIGKILL)
            process.wait()
        self._processes.clear()

    def close(self) -> None:
        self.kill()
        self.line.shutdown()

    def log(self) -> str:
        return self.log_file.read_text() if self.log_file.exists() else ""

    def events(self, name: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.log().splitlines() if line.endswith("}")]
        return [line for line in lines if line["event"] == name]

    def wait_for(self, name: str, count: int = 1, seconds: float = 30) -> None:
        """Wait until the service has logged so many events of a name."""
        wait(lambda: len(self.events(name)) >= count, seconds, self.log)

    def _command(self, *options: str) -> list[str]:
        return [
            # As installed: `python -m` would find the package of the current folder first.
            str(Path(sys.executable).with_name("scoped-launcher")),
            "grants",
            "--policy",
            str(self.policy_file),
            "--records",
            str(self.records),
            "--hub-share",
            "1",
            *options,
        ]

    def _environment(self, token: str = "") -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONPATH": PACKAGE,
            "JUPYTERHUB_API_URL": self.line.api_url,
            "JUPYTERHUB_API_TOKEN": token or self.hub.known["grants_token"],
        }


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A running JupyterHub, with the grants service as one of its own."""
    running = Hub(tmp_path_factory.mktemp("hub"))
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def new_grants(
    hub: Hub, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Grants]]:
    """Makes a command of one's own, apart from the Hub's own service."""
    made: list[Grants] = []

    def make() -> Grants:
        made.append(Grants(hub, tmp_path_factory.mktemp("grants")))
        return made[-1]

    yield make
    for ours in made:
        ours.close()


@pytest.fixture
def grants(new_grants: Callable[[], Grants]) -> Iterator[Grants]:
    """The command, for one test."""
    ours = new_grants()
    yield ours
    ours.close()


@pytest.fixture(scope="session")
def until() -> Callable[..., None]:
    """Wait for something to become true."""
    return wait


def wait(done: Callable[[], bool], seconds: float = 30, log: Callable[[], str] = str) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, f"not within {seconds} s:\n{log()[-4000:]}"
        time.sleep(0.05)


def proxy_command() -> str:
    name = "configurable-http-proxy"
    places = [str(REPO / "node_modules/.bin"), os.environ.get("PATH", os.defpath)]
    found = shutil.which(name, path=os.pathsep.join(places))
    assert found, f"{name} is needed: run `npm ci`"
    return found


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports
