"""One real JupyterHub that `configure` has set up, its users' servers, and their visitors.

Everything is on 127.0.0.1: the Hub (sqlite, SimpleLocalProcessSpawner, DummyAuthenticator,
configurable-http-proxy), servers with a real ipykernel as the class kernel and with real services
behind jupyter-server-proxy.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import websocket

import jupyterlab_scoped_launcher

REPO = Path(__file__).resolve().parents[3]
PASSWORD = "only for tests"
REFRESH_S = 1.0
KNOWN_WITHIN_S = 5.0
"""For how long a change at the Hub may be unknown in a server (and machines are slow)."""
CLASS_GROUP = "PythonForMorons101"
CLASS_KERNEL = "Class1234_Semester02"

POLICY = """
version: 1
refresh: 1s
roles:
  - name: class1234-students
    groups: [PythonForMorons101]
    scopes: ["custom:class1234:use", "access:services!service=class1234-web"]
custom_scopes:
  "custom:class1234:use": {{description: Use the class 1234 tools}}
  "custom:desk:use": {{description: Use the help desk}}
kernels: {{Class1234_Semester02: {kernels}}}
rules:
  - id: class1234
    match: {{kernel: "Class1234_*"}}
    show_when: {{group: PythonForMorons101}}
    contact: profx@example.edu
  - id: class1234-tools
    match: {{proxy: "class-*"}}
    show_when: {{kernel: Class1234_Semester02}}
  - id: desk
    match: {{command: "desk:*"}}
    show_when: {{scope: "custom:desk:use"}}
  - id: terminals
    match: {{command: "terminal:*"}}
    show_when: {{owner: true}}
"""

HUB_CONFIG = """
import json, os
known = json.loads(os.environ["TEST_HUB"])
c.JupyterHub.bind_url = known["url"]
c.JupyterHub.hub_bind_url = known["hub_url"]
c.ConfigurableHTTPProxy.api_url = known["proxy_api_url"]
c.ConfigurableHTTPProxy.command = [known["proxy_command"]]
c.JupyterHub.db_url = "sqlite:///hub.sqlite"
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = known["password"]
c.Authenticator.allow_all = True
c.JupyterHub.allow_named_servers = True
c.JupyterHub.load_groups = {known["group"]: {"users": ["student"]}}
c.JupyterHub.services = [
    {"name": "tests", "api_token": known["token"]},
    {
        "name": "class1234-web",
        "url": known["web_url"],
        "command": known["web_command"],
        "environment": {"CLASS1234_WEB_FILE": os.path.join(os.getcwd(), "web.json")},
        "oauth_no_confirm": True,
    },
]
c.JupyterHub.load_roles = [
    {
        "name": "tests",
        "services": ["tests"],
        "scopes": ["admin:users", "admin:groups", "admin:servers", "admin:server_state", "shares"],
    },
    {"name": "desk", "users": ["student"], "scopes": ["custom:desk:use"]},
]
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = os.path.join(os.getcwd(), "home", "{username}")
c.Spawner.cmd = known["singleuser"]
c.Spawner.args = ["--allow-root"]
c.Spawner.http_timeout = 60
c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 0}  # several start at once
c.Spawner.environment = {
    **known["environment"],
    "JUPYTERHUB_SINGLEUSER_EXTENSION": lambda s: "0" if s.user.name == "mixin" else "1",
}

async def earlier_hook(spawner):
    spawner.environment["EARLIER_HOOK"] = "ran"
    if spawner.user.name == "unlucky":  # as one may write for KubeSpawner: nothing to prepend to
        spawner.environment["JUPYTER_PATH"] = {"valueFrom": {"configMapKeyRef": {}}}

c.Spawner.pre_spawn_hook = earlier_hook

from jupyterlab_scoped_launcher.hub import configure
configure(c, known["policy"])
"""

SERVER_CONFIG = """
import json, os, sys
c = get_config()
ports = json.loads(os.environ["TEST_SERVICES"])
c.ServerProxy.servers = {{
    # started on demand, on a port that nobody knows before
    "class-tools": {{"command": [sys.executable, {service!r}, "{{port}}"], "timeout": 30}},
    # running already, on a port that everybody can guess
    "class-fixed": {{"port": ports["class-fixed"]}},
    "class-raw": {{"port": ports["class-fixed"], "raw_socket_proxy": True}},
    "open-tools": {{"port": ports["open-tools"]}},
}}
# What is not tested takes time to start.
c.ServerApp.jpserver_extensions = {{"jupyterlab": False, "jupyter_lsp": False}}
import logging
c.EventLogger.handlers = [logging.FileHandler(os.path.expanduser("~/events.jsonl"))]
"""

SERVICE = '''
"""A web service with a page, a websocket that echoes, and an endless stream of events."""
import asyncio
import sys

import tornado.web
import tornado.websocket


class Page(tornado.web.RequestHandler):
    SUPPORTED_METHODS = tornado.web.RequestHandler.SUPPORTED_METHODS

    def answer(self, *args):
        self.finish("the service answers on " + sys.argv[1])

    get = head = post = put = patch = delete = options = answer


class Echo(tornado.websocket.WebSocketHandler):
    def check_origin(self, origin):
        return True

    def on_message(self, message):
        self.write_message(message)


class Events(tornado.web.RequestHandler):
    async def get(self):
        self.set_header("Content-Type", "text/event-stream")
        while True:
            self.write("data: tick\\n\\n")
            await self.flush()
            await asyncio.sleep(0.1)


async def main():
    app = tornado.web.Application([(r"/ws", Echo), (r"/events", Events), (r"/.*", Page)])
    app.listen(int(sys.argv[1]), "127.0.0.1")
    await asyncio.Event().wait()


asyncio.run(main())
'''


class Hub:
    """The running Hub: its API with a service's token, and its users in browsers."""

    def __init__(self, folder: Path, url: str, api_url: str, token: str) -> None:
        self.folder = folder
        self.url = url
        self.api_url = api_url
        self.ports: dict[str, int] = {}  # of the services that run already
        self._api = requests.Session()
        self._api.headers["Authorization"] = f"token {token}"

    def api(self, method: str, path: str, ok: tuple[int, ...] = (), **body: Any) -> Any:
        """Ask the Hub's API for ``path``; return its JSON. Status codes in ``ok`` pass too."""
        answer = self._api.request(method, self.api_url + path, json=body or None, timeout=60)
        assert answer.ok or answer.status_code in ok, (method, path, answer.text)
        return answer.json() if answer.content else None

    def log_text(self) -> str:
        """Everything that the Hub and its users' servers have written so far."""
        return (self.folder / "hub.log").read_text(errors="replace")

    def start(self, *servers: str) -> None:
        """Start ``owner/name`` servers (``owner/``: the default one), and wait until all answer."""
        for owner, _, name in (server.partition("/") for server in servers):
            self.api("POST", f"/users/{owner}", ok=(409,))
            path = f"/users/{owner}/servers/{name}" if name else f"/users/{owner}/server"
            self.api("POST", path, ok=(400,))

        def ready() -> bool:
            return all(self.ready(server) for server in servers)

        wait(ready, 90, lambda: f"{servers} do not start:\n{self.log_text()[-4000:]}")

    def ready(self, server: str) -> bool:
        """Whether the server ``owner/name`` answers."""
        owner, _, name = server.partition("/")
        servers = self.api("GET", f"/users/{owner}")["servers"]
        return bool(servers.get(name, {}).get("ready"))

    def process_of(self, owner: str) -> int:
        """The process id of the user's default server."""
        return int(self.api("GET", f"/users/{owner}")["servers"][""]["state"]["pid"])

    @staticmethod
    def wait(done: Callable[[], Any], seconds: float = KNOWN_WITHIN_S) -> None:
        """Wait until ``done()`` is true; fails when it does not come true."""
        wait(done, seconds)

    def share(self, owner: str, server: str, user: str) -> None:
        self.api("POST", f"/users/{user}", ok=(409,))
        self.api("POST", f"/shares/{owner}/{server}", user=user)

    def add(self, user: str) -> None:
        """Add the user to the class."""
        self.api("POST", f"/groups/{CLASS_GROUP}/users", users=[user])

    def remove(self, user: str) -> None:
        """Remove the user from the class."""
        self.api("DELETE", f"/groups/{CLASS_GROUP}/users", users=[user])

    def visit(self, user: str | None, server: str) -> Visitor:
        """Log ``user`` in (None: do not log in) and go on to the server ``owner/name``."""
        base = f"{self.url}/user/{server}".rstrip("/")
        session = requests.Session()
        if user is None:
            return Visitor(session, base)
        session.get(f"{self.url}/hub/login", timeout=30)
        form = {"username": user, "password": PASSWORD, "_xsrf": session.cookies["_xsrf"]}
        session.post(f"{self.url}/hub/login", data=form, allow_redirects=False, timeout=30)
        page = session.get(f"{base}/files/nothing", timeout=60)
        if "/oauth2/authorize" in page.url:  # a server of somebody else asks for consent
            xsrf = session.cookies.get("_xsrf", path="/hub/")
            scopes = re.findall(r'name="scopes"\s+value="([^"]+)"', page.text)
            session.post(page.url, data={"_xsrf": xsrf, "scopes": scopes}, timeout=60)
        return Visitor(session, base)


class Visitor:
    """A browser at a server: requests and websockets with its cookies."""

    def __init__(self, session: requests.Session, base: str) -> None:
        self.session = session
        self.base = base

    def request(self, method: str, path: str, **kwargs: Any) -> requests.Response:
        """Send one request as the page would; redirects are not followed."""
        headers = {"X-XSRFToken": self._xsrf(), **kwargs.pop("headers", {})}
        kwargs = {"timeout": 60, "allow_redirects": False, **kwargs}
        return self.session.request(method, f"{self.base}/{path}", headers=headers, **kwargs)

    def get(self, path: str, **kwargs: Any) -> requests.Response:
        return self.request("GET", path, **kwargs)

    def post(self, path: str, body: Any = None) -> requests.Response:
        return self.request("POST", path, json=body)

    def connect(self, path: str) -> websocket.WebSocket:
        """Open a websocket; raises ``WebSocketBadStatusException`` when that is refused."""
        url = f"{self.base}/{path}"
        cookies = requests.cookies.get_cookie_header(
            self.session.cookies, requests.Request("GET", url).prepare()
        )
        return websocket.create_connection(
            url.replace("http", "ws", 1), timeout=30, cookie=cookies, origin=self.base
        )

    def handshake(self, path: str) -> int:
        """Return the status with which a websocket is answered: 101 if it opens."""
        try:
            self.connect(path).close()
        except websocket.WebSocketBadStatusException as refusal:
            return int(refusal.status_code)
        return 101

    @staticmethod
    def close_code(connection: websocket.WebSocket, seconds: float = KNOWN_WITHIN_S) -> int:
        """Return the code with which the server closes the websocket; fails when it does not."""
        connection.settimeout(seconds)
        while True:
            opcode, data = connection.recv_data()
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                return int.from_bytes(data[:2], "big")

    def start_kernel(self, name: str) -> requests.Response:
        return self.post("api/kernels", {"name": name})

    def open_session(self, kernel: dict[str, str], path: str = "") -> requests.Response:
        body = {"type": "notebook", "path": path or secrets.token_hex(4), "kernel": kernel}
        return self.post("api/sessions", body)

    def kernels(self) -> set[str]:
        """The kernelspecs that the server lists."""
        return set(self.get("api/kernelspecs").json()["kernelspecs"])

    def _xsrf(self) -> str:
        path = self.base[self.base.index("/user/") :] + "/"
        return self.session.cookies.get("_xsrf", path=path) or ""


def wait(done: Callable[[], Any], seconds: float, complaint: Callable[[], str] | str = "") -> None:
    """Wait until ``done()`` is true."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise AssertionError(complaint() if callable(complaint) else complaint or done)
        time.sleep(0.1)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def proxy_command() -> str:
    name = "configurable-http-proxy"
    places = [str(REPO / "node_modules/.bin"), os.environ.get("PATH", os.defpath)]
    found = shutil.which(name, path=os.pathsep.join(places))
    assert found, f"{name} is needed: run `npm ci`"
    return found


@pytest.fixture(scope="session")
def class_kernels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory for JUPYTER_PATH that has the class kernel: a real ipykernel."""
    folder = tmp_path_factory.mktemp("class1234")
    spec = folder / "kernels" / CLASS_KERNEL
    spec.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    content = {"argv": argv, "display_name": "Class 1234", "language": "python"}
    (spec / "kernel.json").write_text(json.dumps(content))
    return folder


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, int]]]:
    """The program of the proxied services, and the ports of those that run already."""
    program = tmp_path_factory.mktemp("services") / "service.py"
    program.write_text(SERVICE)
    ports = {name: free_port() for name in ("class-fixed", "open-tools")}
    running = [
        subprocess.Popen([sys.executable, str(program), str(port)]) for port in ports.values()
    ]
    yield program, ports
    for process in running:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="session")
def hub(
    tmp_path_factory: pytest.TempPathFactory,
    class_kernels: Path,
    services: tuple[Path, dict[str, int]],
) -> Iterator[Hub]:
    """Start the Hub; stop it, its proxy and its users' servers after the last test."""
    folder = tmp_path_factory.mktemp("enforced-hub")
    program, ports = services
    url, hub_url, proxy_api_url = (f"http://127.0.0.1:{free_port()}" for _ in range(3))
    token = secrets.token_hex(16)
    (folder / "config.py").write_text(HUB_CONFIG)
    (folder / "policy.yaml").write_text(POLICY.format(kernels=class_kernels))
    server_config = folder / "server-config"
    server_config.mkdir()
    (server_config / "jupyter_server_config.py").write_text(
        SERVER_CONFIG.format(service=str(program))
    )
    config_path = [str(server_config), str(REPO / "python-data/data/etc/jupyter")]
    known = {
        "url": url,
        "hub_url": hub_url,
        "proxy_api_url": proxy_api_url,
        "proxy_command": proxy_command(),
        "password": PASSWORD,
        "token": token,
        "group": CLASS_GROUP,
        "policy": str(folder / "policy.yaml"),
        "web_url": f"http://127.0.0.1:{free_port()}",
        "web_command": [sys.executable, str(REPO / "examples/class-hub/services/class1234_web.py")],
        "singleuser": [sys.executable, "-m", "jupyterhub.singleuser"],
        "environment": {
            # The package under test, enabled as its installation enables it.
            "PYTHONPATH": str(Path(jupyterlab_scoped_launcher.__file__).parents[1]),
            "JUPYTER_CONFIG_PATH": os.pathsep.join(config_path),
            "TEST_SERVICES": json.dumps(ports),
            # Nothing here is about JupyterLab, and a bare server starts sooner.
            "JUPYTERHUB_SINGLEUSER_APP": "jupyter_server.serverapp.ServerApp",
        },
    }
    environment = {
        **os.environ,
        "TEST_HUB": json.dumps(known),
        "CONFIGPROXY_AUTH_TOKEN": secrets.token_hex(16),
    }
    with (folder / "hub.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "-f", "config.py"],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    running = Hub(folder, url, f"{hub_url}/hub/api", token)
    running.ports = ports

    def up() -> bool:
        assert process.poll() is None, f"the Hub has stopped:\n{running.log_text()[-4000:]}"
        try:
            return requests.get(f"{url}/hub/health", timeout=5).ok
        except requests.ConnectionError:
            return False

    try:
        wait(up, 60, lambda: f"the Hub does not start:\n{running.log_text()[-4000:]}")
        yield running
    finally:
        process.terminate()  # the Hub stops its proxy and its users' servers
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.fixture(scope="session")
def class_hub(hub: Hub) -> Hub:
    """The Hub with the servers that the tests visit, running.

    student is in the class; outsider is not; former was when her server started. dash-1 of profx,
    who teaches and is in the class, is shared with student and outsider.
    """
    hub.api("POST", "/users/former")
    hub.api("POST", "/users/profx")
    hub.add("former")
    hub.add("profx")
    hub.start("student/", "outsider/", "former/", "profx/dash-1", "mixin/")
    hub.remove("former")
    hub.share("profx", "dash-1", "student")
    hub.share("profx", "dash-1", "outsider")
    return hub


@pytest.fixture(scope="session")
def visitors(class_hub: Hub) -> dict[str, Visitor]:
    """Everybody who comes by, logged in once."""
    return {
        "member": class_hub.visit("student", "student/"),
        "non-member": class_hub.visit("outsider", "outsider/"),
        "removed member": class_hub.visit("former", "former/"),
        "owner of a shared server": class_hub.visit("profx", "profx/dash-1"),
        "shared-server visitor, member": class_hub.visit("student", "profx/dash-1"),
        "shared-server visitor, non-member": class_hub.visit("outsider", "profx/dash-1"),
        "non-member, older single-user mode": class_hub.visit("mixin", "mixin/"),
        "other Hub user": class_hub.visit("outsider", "student/"),
        "anonymous": class_hub.visit(None, "student/"),
    }


ALLOWED = ["member", "owner of a shared server", "shared-server visitor, member"]
REFUSED = [
    "non-member",
    "removed member",
    "shared-server visitor, non-member",
    "non-member, older single-user mode",
]
NOT_LET_IN = ["other Hub user", "anonymous"]


@pytest.fixture(params=ALLOWED)
def allowed(request: pytest.FixtureRequest, visitors: dict[str, Visitor]) -> Visitor:
    """Each visitor who may use the class kernel and tools."""
    return visitors[request.param]


@pytest.fixture(params=REFUSED)
def refused_visitor(request: pytest.FixtureRequest, visitors: dict[str, Visitor]) -> Visitor:
    """Each visitor whom the Hub lets into the server, and who may not use the class's things."""
    return visitors[request.param]


@pytest.fixture(params=NOT_LET_IN)
def stranger(request: pytest.FixtureRequest, visitors: dict[str, Visitor]) -> Visitor:
    """Each visitor whom the Hub does not let into the server."""
    return visitors[request.param]


@pytest.fixture
def newcomer(class_hub: Hub) -> Iterator[Visitor]:
    """A non-member at her own server, which runs since before; not a member again afterwards."""
    yield class_hub.visit("outsider", "outsider/")
    class_hub.remove("outsider")


@pytest.fixture
def kernel_cleanup(visitors: dict[str, Visitor]) -> Iterator[None]:
    """End the kernels that a test has started."""

    def ended(visitor: Visitor) -> bool:
        answer = visitor.get("api/kernels")
        kernels = (
            answer.json() if answer.ok else [{"id": None}]
        )  # one has gone while they were listed
        for kernel in kernels:
            visitor.request("DELETE", f"api/kernels/{kernel['id']}")
        return not kernels

    yield
    for name in (*ALLOWED, *REFUSED):
        wait(lambda visitor=visitors[name]: ended(visitor), 30)
