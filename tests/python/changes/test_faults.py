"""What goes wrong between the Hub, its service and users' servers loses and doubles nothing."""

from __future__ import annotations

import json
import os
import re
import resource
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import requests
from hubs import PACKAGE, Visitor, free_ports, wait

import jupyterlab_scoped_launcher

LIVE_S = 3.0
BACK_S = 75.0
"""The Hub starts a service that has ended within 30 s; servers connect again within 20 s more."""

POLICY = """
version: 1
refresh: 1s
rules:
  - {id: class, match: {command: "class:*"}, show_when: {group: class}}
grants:
  - {id: class, to: {groups: [class]}, servers: "*/dash-*"}
"""


class Wire(threading.Thread):
    """A TCP connection between users' servers and the service, which can fail without a notice."""

    def __init__(self, target: Callable[[], tuple[str, int]]) -> None:
        super().__init__(daemon=True)
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", free_ports(1)[0]))
        self.is_cut = False
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def run(self) -> None:
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.carry, args=[client], daemon=True).start()

    def carry(self, client: socket.socket) -> None:
        with suppress(OSError), client, socket.create_connection(self.target()) as service:
            was_cut = self.is_cut
            ends = [client, service]
            while ends:
                for one in select.select(ends, [], [], 1)[0]:
                    data = one.recv(65536)
                    was_cut = was_cut or self.is_cut
                    if was_cut:
                        # Neither data nor an end goes through.
                        if not data:
                            ends.remove(one)
                        continue
                    if not data:
                        return
                    (service if one is client else client).sendall(data)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from .conftest import ChangesHub

    folder = tmp_path_factory.mktemp("faults-hub")

    def service() -> tuple[str, int]:
        return "127.0.0.1", int((folder / "service.sqlite.port").read_text())

    wire = Wire(service)
    with ChangesHub(folder, POLICY, server_url=wire.url) as running:
        running.wire = wire
        running.wait_for_service()
        running.start_servers("mia/")
        yield running


@pytest.fixture(scope="module")
def visitor(hub: Any) -> Visitor:
    return hub.log_in("mia").enter("mia/")


@pytest.fixture(autouse=True)
def everything_works(hub: Any, visitor: Visitor) -> Iterator[None]:
    """Before and after each test, the server is told, and its context is right."""
    hub.wait(lambda: is_told(visitor), BACK_S)
    yield
    hub.wait_for_service()
    hub.wait(lambda: is_told(visitor), BACK_S)
    hub.user("mia", "class")
    hub.wait(lambda: groups(visitor) == ["class"], LIVE_S)
    hub.leave("mia", "class")
    hub.wait(lambda: groups(visitor) == [], LIVE_S)


def groups(visitor: Visitor) -> list[str]:
    return visitor.context()["groups"]


def is_told(visitor: Visitor) -> bool:
    return visitor.context()["page"]["refresh_s"] is not None


def metric(hub: Any, name: str) -> float:
    """One of the service's own metrics."""
    token = hub.token("root", "access:services!service=scoped-launcher", "read:metrics")
    headers = {"Authorization": f"token {token}"}
    text = requests.get(f"{hub.service_url}metrics", headers=headers, timeout=10).text
    return float(re.findall(rf"^scoped_launcher_{name} (\S+)$", text, re.M)[0])


@contextmanager
def frozen(process: Any) -> Iterator[None]:
    """Stop a process as a machine that hangs does: its connections stay open."""
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(Exception):
            process.send_signal(signal.SIGCONT)


def test_the_service_hangs(hub, visitor):
    """The Hub answers as quickly as before, and nothing that it changes meanwhile is lost."""
    with frozen(hub.service_process()):
        for group in ("class", "a", "b"):
            began = time.monotonic()
            hub.user("mia", group)
            assert time.monotonic() - began < 2
        hub.leave("mia", "a")
        time.sleep(6)  # the Hub's thread does not get an answer
    hub.wait(lambda: groups(visitor) == ["b", "class"], 15)
    for group in ("class", "b"):
        hub.leave("mia", group)


def test_the_service_is_killed_with_changes_that_it_has_not_told(hub, visitor):
    process = hub.service_process()
    with frozen(process):
        hub.user("mia", "class")
        process.kill()
    hub.wait(lambda: groups(visitor) == ["class"], BACK_S)
    hub.leave("mia", "class")
    hub.wait(lambda: groups(visitor) == [], BACK_S)


def test_the_hub_is_killed(hub, visitor):
    process = hub.service_process()
    with hub.gone():
        wait(lambda: not process.is_running(), 15)
        assert groups(visitor) == [], "the last facts count"
    hub.user("mia", "class")
    hub.wait(lambda: groups(visitor) == ["class"], BACK_S)
    hub.leave("mia", "class")
    hub.wait(lambda: groups(visitor) == [], BACK_S)


@pytest.mark.parametrize("first", ["service", "hub"])
def test_both_are_killed(hub, visitor, first):
    process = hub.service_process()
    if first == "service":
        process.kill()
    with hub.gone():
        if first == "hub":
            with suppress(Exception):
                process.kill()
    hub.user("mia", "class")
    hub.wait(lambda: groups(visitor) == ["class"], BACK_S)
    hub.leave("mia", "class")
    hub.wait(lambda: groups(visitor) == [], BACK_S)


def test_the_network_fails_without_a_notice(hub, visitor):
    hub.wire.is_cut = True
    try:
        hub.user("mia", "class")
        time.sleep(1)
        assert groups(visitor) == [], "this test tests something"
        # 45 s of silence, then the last facts count for up to 60 s more, then the server asks.
        hub.wait(lambda: groups(visitor) == ["class"], 150)
        assert not is_told(visitor)
        hub.leave("mia", "class")
        hub.wait(lambda: groups(visitor) == [], LIVE_S)
    finally:
        hub.wire.is_cut = False


def test_changes_that_do_not_arrive_are_found(tmp_path):
    """The service does not know the Hub by the secret that the Hub has: it hears nothing."""
    from .conftest import ChangesHub, Stream

    wrong = {"SCOPED_LAUNCHER_HUB_KEY": "another"}
    with ChangesHub(tmp_path, POLICY, service_environment=wrong) as hub:
        hub.wait(lambda: hub.health().get("status") == "running", 60)
        stream = Stream(hub.service_url, hub.tiny("mia/"), "mia/")
        stream.wait_for(lambda facts: facts["groups"] == [])
        assert stream.facts["scopes"] is None, "the Hub has told no roles"
        assert not hub.health()["changes"]["hub_is_heard"]
        hub.user("mia", "class")
        stream.wait_for(lambda facts: facts["groups"] == ["class"], 90)
        assert "the service does not take changes: the service answered 403" in hub.log()
        stream.close()


def test_a_reader_that_does_not_read_is_cut_off(hub):
    token, parts = hub.tiny("lazy/"), urlsplit(hub.service_url)
    cut_off = metric(hub, "changes_cut_off_total")
    memory = hub.service_process().memory_info().rss
    with socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect((parts.hostname, parts.port))
        reader.sendall(
            f"GET {parts.path}api/changes?server={quote('lazy/', safe='')} HTTP/1.1\r\n"
            f"Host: {parts.netloc}\r\nAuthorization: token {token}\r\n\r\n".encode()
        )
        time.sleep(1)
        hub.api("POST", "/groups/lazy-group", ok=(409,))
        deadline = time.monotonic() + 90
        while metric(hub, "changes_cut_off_total") == cut_off:
            assert time.monotonic() < deadline, "it is not cut off"
            for method in ("POST", "DELETE") * 20:
                hub.api(method, "/groups/lazy-group/users", users=["lazy"])
    assert hub.service_process().memory_info().rss - memory < 30_000_000


def test_the_database_is_locked(hub, visitor):
    """Only grants need it; changes are told all the same."""
    hub.start_servers("prof/dash-1", tiny=True)
    with closing(sqlite3.connect(hub.folder / "service.sqlite", timeout=20)) as db:
        db.isolation_level = None
        db.execute("BEGIN EXCLUSIVE")
        hub.user("mia", "class")
        hub.wait(lambda: groups(visitor) == ["class"], 15)
        time.sleep(3)
        assert not hub.api("GET", "/shares/prof")["items"]
        db.execute("ROLLBACK")
    hub.wait(lambda: hub.api("GET", "/shares/prof")["items"], 60)
    hub.leave("mia", "class")
    hub.wait(lambda: not hub.api("GET", "/shares/prof")["items"], 60)


def test_the_disk_is_full(hub, visitor):
    hub.start_servers("prof/dash-1", "prof/dash-2", tiny=True)
    process = hub.service_process()
    limits = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        hub.user("mia", "class")
        hub.wait(lambda: groups(visitor) == ["class"], 15)
        time.sleep(3)
        assert not hub.api("GET", "/shares/prof")["items"], "nothing is shared without a record"
    finally:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, limits)
    hub.wait(lambda: len(hub.api("GET", "/shares/prof")["items"]) == 2, 60)
    hub.leave("mia", "class")
    hub.wait(lambda: not hub.api("GET", "/shares/prof")["items"], 60)


def test_a_second_service_with_the_same_database_waits(hub, visitor, tmp_path):
    environment = hub.service_process().environ()
    port = free_ports(1)[0]
    second = subprocess.Popen(
        [
            *(sys.executable, "-m", "jupyterlab_scoped_launcher.cli", "service"),
            *("--policy", str(hub.policy), "--database", str(hub.folder / "service.sqlite")),
        ],
        env={
            **os.environ,
            **environment,
            "PYTHONPATH": PACKAGE,
            "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{port}",
        },
        cwd=hub.folder,
        stderr=(tmp_path / "log").open("wb"),
    )
    url = f"http://127.0.0.1:{port}/services/scoped-launcher/"
    try:

        def standby() -> bool:
            with suppress(requests.RequestException, json.JSONDecodeError):
                return requests.get(f"{url}health", timeout=5).json()["status"] == "standby"
            return False

        wait(standby, 30, lambda: (tmp_path / "log").read_text())
        headers = {"Authorization": f"token {hub.server_token('mia/')}"}
        answer = requests.get(f"{url}api/changes?server=mia/", headers=headers, timeout=10)
        assert answer.status_code == 503
        headers = {
            "Authorization": f"token {hub.token('root', 'access:services', 'groups', 'shares')}"
        }
        for page in ("", "join/class", "classes/class", "grants"):
            answer = requests.get(f"{url}{page}", headers=headers, timeout=10)
            assert answer.status_code == 503
            assert "The database of the service cannot be used" in answer.text
    finally:
        second.kill()
        second.wait()


def test_no_clock_of_the_wall_is_used():
    """A jump of the clock cannot end or keep a connection, nor make facts look fresh."""
    package = Path(jupyterlab_scoped_launcher.__file__).parent
    files = [
        *(package / "service" / "changes").glob("*.py"),
        *(package / "hub").glob("change_*.py"),
        *(package / "server" / name for name in ("changes.py", "told_facts.py", "event_stream.py")),
    ]
    assert len(files) > 10
    for file in files:
        assert not re.search(r"time\.time\(|datetime", file.read_text()), file.name
