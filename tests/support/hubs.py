"""A real JupyterHub for tests, and its users in their browsers.

Everything is on 127.0.0.1: the Hub (sqlite, SimpleLocalProcessSpawner, DummyAuthenticator),
configurable-http-proxy and the users' servers. What its configuration is, a test's own file says.
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
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import requests

import jupyterlab_scoped_launcher

SUPPORT = Path(__file__).resolve().parent
REPO = SUPPORT.parents[1]
PASSWORD = "only for tests"

PACKAGE = str(Path(jupyterlab_scoped_launcher.__file__).parents[1])
"""For PYTHONPATH: the package that is under test."""

EXTENSION = str(REPO / "python-data/data/etc/jupyter")
"""For JUPYTER_CONFIG_PATH: enables the server extension as its installation does."""


class Hub:
    """A JupyterHub that a test may stop and start; its API with a service's token."""

    def __init__(self, folder: Path, config: Path, **known: Any) -> None:
        """``known`` goes to ``config``, as JSON in `TEST_HUB`, beside what is chosen here."""
        self.folder = folder
        self.url, self.hub_url, proxy_api_url = free_urls(3)
        self.api_url = f"{self.hub_url}/hub/api"
        self.known = {
            "common": str(SUPPORT / "hub_config.py"),
            "tiny_server": str(SUPPORT / "tiny_server.py"),
            "url": self.url,
            "hub_url": self.hub_url,
            "proxy_api_url": proxy_api_url,
            "proxy_command": _proxy_command(),
            "password": PASSWORD,
            "token": secrets.token_hex(16),
            "package": PACKAGE,
            "extension": EXTENSION,
            **known,
        }
        self._command = [sys.executable, "-m", "jupyterhub", "-f", str(config)]
        self._environment = {
            **os.environ,
            "PYTHONPATH": PACKAGE,
            "CONFIGPROXY_AUTH_TOKEN": secrets.token_hex(16),
            "JUPYTERHUB_CRYPT_KEY": secrets.token_hex(32),
        }
        self._api = requests.Session()
        self._api.headers["Authorization"] = f"token {self.known['token']}"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Hub:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        with (self.folder / "hub.log").open("ab") as log:
            self._process = process = subprocess.Popen(
                self._command,
                cwd=self.folder,
                env={**self._environment, "TEST_HUB": json.dumps(self.known)},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

        def answers() -> bool:
            assert process.poll() is None, f"the Hub has stopped:\n{self.log()[-4000:]}"
            try:
                return requests.get(f"{self.url}/hub/health", timeout=5).ok
            except requests.ConnectionError:
                return False

        self.wait(answers, 60)

    def stop(self) -> None:
        """Kill the Hub and all that runs in its folder: to stop them in order takes long."""
        if self._process is not None:
            self.kill()
            self._process = None
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if Path(process.cwd()).is_relative_to(self.folder):
                    process.kill()

    def kill(self) -> None:
        """Kill the Hub's process as kill -9 does; what it started is left to itself."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    @contextmanager
    def gone(self) -> Iterator[None]:
        """Kill the Hub, and start it after the block. Its proxy and all servers go on meanwhile."""
        self.kill()
        try:
            yield
        finally:
            self.start()

    def log(self) -> str:
        """All that the Hub, its services and its users' servers have written so far."""
        return (self.folder / "hub.log").read_text(errors="replace")

    def wait(self, done: Callable[[], Any], seconds: float = 30) -> None:
        """Wait until ``done()`` is true; fails with the end of the log when it is not in time."""
        wait(done, seconds, self.log)

    def api(self, method: str, path: str, ok: tuple[int, ...] = (), **body: Any) -> Any:
        """Ask the Hub's API for ``path``; return its JSON. Status codes in ``ok`` pass too."""
        answer = self._api.request(method, self.api_url + path, json=body or None, timeout=60)
        assert answer.ok or answer.status_code in ok, (method, path, answer.text)
        return answer.json() if answer.content else None

    def user(self, name: str, *groups: str) -> str:
        """Create the user and the groups if need be, and add the one to the others."""
        self.api("POST", f"/users/{quote(name)}", ok=(409,))
        for group in groups:
            self.api("POST", f"/groups/{group}", ok=(409,))
            self.api("POST", f"/groups/{group}/users", users=[name])
        return name

    def leave(self, user: str, group: str) -> None:
        self.api("DELETE", f"/groups/{group}/users", users=[user])

    def token(self, user: str, *scopes: str) -> str:
        """Issue a token of the user's with just these scopes."""
        return self.api("POST", f"/users/{user}/tokens", scopes=list(scopes))["token"]

    def start_servers(self, *servers: str, **options: Any) -> None:
        """Start ``owner/name`` servers (``owner/``: the default one), and wait until all answer."""
        for owner, _, name in (server.partition("/") for server in servers):
            path = f"/users/{quote(self.user(owner))}"
            path += f"/servers/{name}" if name else "/server"
            self.api("POST", path, ok=(400,), **options)  # 400: it runs already
        self.wait(lambda: all(self.is_ready(server) for server in servers), 90)

    def is_ready(self, server: str) -> bool:
        return bool(self.model_of(server).get("ready"))

    def server_environment(self, server: str) -> dict[str, str]:
        """Return the environment of a server that runs."""
        owner, _, name = server.partition("/")
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                found = process.environ()
                if (
                    found.get("JUPYTERHUB_USER") == owner
                    and found.get("JUPYTERHUB_SERVER_NAME") == name
                    and found.get("JUPYTERHUB_API_URL", "").startswith(self.hub_url)
                ):
                    return found
        raise AssertionError(f"{server} does not run")

    def model_of(self, server: str) -> dict[str, Any]:
        """What the Hub knows of the server; empty if it does not run."""
        owner, _, name = server.partition("/")
        return self.api("GET", f"/users/{quote(owner)}")["servers"].get(name, {})

    def share(self, server: str, user: str, **more: Any) -> None:
        """Share as a person does."""
        self.api("POST", f"/shares/{server}", user=self.user(user), **more)

    def log_in(self, user: str) -> Browser:
        return Browser(self.url, user)


class Browser:
    """A person's session, with cookies and redirects, that says yes to every consent page."""

    def __init__(self, url: str, user: str, password: str = PASSWORD) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.get(f"{url}/hub/login", timeout=30)
        form = {"username": user, "password": password, "_xsrf": self._xsrf()}
        answer = self.session.post(f"{url}/hub/login", data=form, allow_redirects=False, timeout=30)
        assert answer.status_code == 302, answer.text

    def open(self, path: str) -> requests.Response:
        """Open a page; return what is there in the end."""
        page = self.session.get(self.url + path, timeout=60)
        if "/oauth2/authorize" in page.url and page.ok:
            offered = re.findall(r'name="scopes"[^>]*value="([^"]+)"', page.text.replace("\n", " "))
            page = self.session.post(
                page.url,
                data={"_xsrf": self._xsrf(), "scopes": offered},
                headers={"Referer": page.url},
                timeout=60,
            )
        return page

    def enter(self, server: str) -> Visitor:
        """Go through the login of the server ``owner/name``, as far as that lets the person."""
        base = f"/user/{server}".rstrip("/")
        self.open(f"{base}/files/nothing-here")  # a page leads to the Hub's login, an API does not
        return Visitor(self.session, self.url + base)

    def _xsrf(self) -> str | None:
        return self.session.cookies.get("_xsrf", path="/hub/")


class Visitor:
    """A session at one server; nothing is redirected, as an API's clients are not."""

    def __init__(self, session: requests.Session, base: str) -> None:
        self.session = session
        self.base = base

    def request(self, method: str, path: str, **kwargs: Any) -> requests.Response:
        kwargs = {"timeout": 60, "allow_redirects": False, **kwargs}
        return self.session.request(method, f"{self.base}/{path}", **kwargs)

    def get(self, path: str, **kwargs: Any) -> requests.Response:
        return self.request("GET", path, **kwargs)

    def context(self, **kwargs: Any) -> dict[str, Any]:
        """Return the launcher's context, fresh or shared with the last question."""
        answer = self.get("scoped-launcher/context", **kwargs)
        assert answer.status_code == 200, answer.text
        return answer.json()


def wait(done: Callable[[], Any], seconds: float = 30, log: Callable[[], str] = str) -> None:
    """Wait until ``done()`` is true; fails with the end of ``log()`` when it is not in time."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, f"not within {seconds} s:\n{log()[-4000:]}"
        time.sleep(0.05)


def free_ports(count: int) -> list[int]:
    """Return ports of 127.0.0.1 that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def free_urls(count: int) -> list[str]:
    return [f"http://127.0.0.1:{port}" for port in free_ports(count)]


def _proxy_command() -> str:
    name = "configurable-http-proxy"
    places = [str(REPO / "node_modules/.bin"), os.environ.get("PATH", os.defpath)]
    found = shutil.which(name, path=os.pathsep.join(places))
    assert found, f"{name} is needed: run `npm ci`"
    return found
