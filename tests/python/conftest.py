"""Real parts for the server's tests: one JupyterHub for the session, and a way to disturb it.

``hub`` is a real Hub (sqlite, SimpleLocalProcessSpawner, DummyAuthenticator,
configurable-http-proxy), all of it on 127.0.0.1. The single-user servers speak with its API through
``hub.line``, a real HTTP server that forwards, or misbehaves as a test tells it to.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

import jupyterlab_scoped_launcher

REPO = Path(__file__).resolve().parents[2]
HUB_CONFIG = Path(__file__).with_name("jupyterhub_config.py")
PASSWORD = "only for tests"

POLICY = """\
version: 1
max_stale: 5s
rules:
  - id: class
    match: {kernel: "Class1234_*"}
    show_when: {any: [{group: Morons}, {user: [sharer, "somebody-*"]}]}
preview: {user: mixin}
"""
"""The policy of all servers, in the file `Hub.policy`."""


class Line(ThreadingHTTPServer):
    """Between the servers and the Hub's API: forwards, or does what ``fault`` says."""

    daemon_threads = True

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _LineHandler)
        self.target = target
        self.fault: Callable[[_LineHandler], None] | None = None
        self.asked: list[str] = []  # paths, in order
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that went away: a slow line is left waiting on purpose."""

    @contextmanager
    def disturbed(self, fault: Callable[[_LineHandler], None]) -> Iterator[None]:
        """Let ``fault`` answer the requests for users while the block runs."""
        self.fault = fault
        try:
            yield
        finally:
            self.fault = None


class _LineHandler(BaseHTTPRequestHandler):
    server: Line

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.server.fault is not None and "/api/user" in self.path:
            self.server.fault(self)
        else:
            self.forward()

    def do_POST(self) -> None:
        self.forward()

    def forward(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        request = urllib.request.Request(
            self.server.target + self.path,
            data=self.rfile.read(length) if length else None,
            headers={k: v for k, v in self.headers.items() if k.lower() != "host"},
            method=self.command,
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                self.answer(answer.status, answer.read(), answer.headers)
        except urllib.error.HTTPError as error:
            self.answer(error.code, error.read(), error.headers)

    def answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {"Content-Type": "application/json"}).items():
            if name.lower() in ("content-type", "x-jupyterhub-version", "location"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Hub:
    """The running Hub: its API with a service's token, and browsers' sessions."""

    def __init__(self, folder: Path, url: str, api_url: str, token: str, line: Line) -> None:
        self.folder = folder
        self.policy = folder / "policy.yaml"
        self.policy_text = POLICY
        self.url = url
        self.api_url = api_url
        self.line = line
        self.service_token = token
        self._api = requests.Session()
        self._api.headers["Authorization"] = f"token {token}"

    def api(self, method: str, path: str, ok: tuple[int, ...] = (), **body: Any) -> Any:
        """Ask the Hub's API for ``path``; return its JSON. Status codes in ``ok`` pass too."""
        answer = self._api.request(method, self.api_url + path, json=body or None, timeout=30)
        assert answer.ok or answer.status_code in ok, (method, path, answer.text)
        return answer.json() if answer.content else None

    def log_text(self) -> str:
        """Everything that the Hub and its users' servers have written so far."""
        return (self.folder / "hub.log").read_text(errors="replace")

    def start(self, user: str, server: str = "") -> None:
        """Create the user if need be, start a server of theirs, and wait until it answers."""
        self.api("POST", f"/users/{user}", ok=(409,))
        path = f"/users/{user}/servers/{server}" if server else f"/users/{user}/server"
        self.api("POST", path, ok=(400,))
        _wait(lambda: self._ready(user, server), 60, f"{user}/{server} does not start", self)

    def _ready(self, user: str, server: str) -> bool:
        return self.api("GET", f"/users/{user}")["servers"].get(server, {}).get("ready", False)

    def log_in(self, user: str, server: str = "") -> Visitor:
        """Log ``user`` in, and go on to the server ``owner/name`` (their own if not given)."""
        session = requests.Session()
        page = session.get(f"{self.url}/hub/login", timeout=30)
        page = session.post(
            f"{self.url}/hub/login",
            data={"username": user, "password": PASSWORD, "_xsrf": session.cookies["_xsrf"]},
            allow_redirects=False,
            timeout=30,
        )
        assert page.status_code == 302, page.text
        base = f"{self.url}/user/{server or user}".rstrip("/")
        page = session.get(f"{base}/api/me", timeout=30)  # an API never redirects to the login
        assert page.status_code in (302, 403), page.text
        page = session.get(f"{base}/files/nothing", timeout=30)  # a page does
        if "/oauth2/authorize" in page.url:  # somebody else's server asks for consent
            xsrf = session.cookies.get("_xsrf", path="/hub/")
            session.post(page.url, data={"_xsrf": xsrf, "scopes": _offered(page.text)}, timeout=30)
        return Visitor(session, base)

    def token(self, user: str, *scopes: str) -> str:
        """Issue a token of ``user``'s with just these scopes."""
        return self.api("POST", f"/users/{user}/tokens", scopes=list(scopes))["token"]


def _offered(page: str) -> list[str]:
    import re

    return re.findall(r'name="scopes"[^>]*value="([^"]+)"', page.replace("\n", " "))


class Visitor:
    """A browser logged in at a server, as far as the routes are concerned."""

    def __init__(self, session: requests.Session, base: str) -> None:
        self.session = session
        self.base = base

    def get(self, path: str, **kwargs: Any) -> requests.Response:
        return self.session.get(f"{self.base}/{path}", timeout=30, allow_redirects=False, **kwargs)

    def context(self, **kwargs: Any) -> dict[str, Any]:
        """Return the context, fresh or shared with the last question."""
        answer = self.get("scoped-launcher/context", **kwargs)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def page_config(self) -> dict[str, Any]:
        """Return what JupyterLab's page knows from the start."""
        page = self.get("lab").text
        start = page.index('id="jupyter-config-data"')
        return json.loads(page[page.index("{", start) : page.index("</script>", start)])


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Start a JupyterHub; stop it, its proxy and its users' servers after the last test."""
    folder = tmp_path_factory.mktemp("hub")
    ports = _free_ports(3)
    url, hub_url, proxy_api_url = (f"http://127.0.0.1:{port}" for port in ports)
    line = Line(hub_url)
    token = secrets.token_hex(16)
    running = Hub(folder, url, f"{hub_url}/hub/api", token, line)
    running.policy.write_text(running.policy_text)
    known = {
        "url": url,
        "hub_url": hub_url,
        "proxy_api_url": proxy_api_url,
        "proxy_command": _proxy_command(),
        "line_url": line.url,
        "password": PASSWORD,
        "token": token,
        "policy": str(running.policy),
        "package": str(Path(jupyterlab_scoped_launcher.__file__).parents[1]),
        "config_path": str(REPO / "python-data/data/etc/jupyter"),
    }
    environment = {
        **os.environ,
        "TEST_HUB": json.dumps(known),
        "CONFIGPROXY_AUTH_TOKEN": secrets.token_hex(16),
        "JUPYTERHUB_CRYPT_KEY": secrets.token_hex(32),
    }
    with (folder / "hub.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "-f", str(HUB_CONFIG)],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(lambda: _answers(f"{url}/hub/health", process), 60, "the Hub does not start", running)
        yield running
    finally:
        process.terminate()  # the Hub stops its proxy and its users' servers
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
        line.shutdown()


def _proxy_command() -> str:
    name = "configurable-http-proxy"
    places = [str(REPO / "node_modules/.bin"), os.environ.get("PATH", os.defpath)]
    found = shutil.which(name, path=os.pathsep.join(places))
    assert found, f"{name} is needed: run `npm ci`"
    return found


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, "the Hub has stopped"
    try:
        return requests.get(url, timeout=5).ok
    except requests.ConnectionError:
        return False


def _wait(done: Callable[[], bool], seconds: float, complaint: str, hub: Hub) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if done():
            return
        time.sleep(0.1)
    raise AssertionError(f"{complaint}:\n{hub.log_text()[-4000:]}")
