"""A real Hub with the Hub service, its users' servers, and what these read from the service."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests
from hubs import wait
from service_hub import ServiceHub

POLICY = """
version: 1
refresh: 1s
rules:
  - {id: class, match: {command: "class:*"}, show_when: {group: class}}
  - {id: desk, match: {service: tests}, show_when: {scope: "access:services!service=tests"}}
  - id: dashboards
    match: {server: "*/dash-*"}
    show_when: {scope: "access:servers!server={owner}/{name}"}
"""


class ChangesHub(ServiceHub):
    """The Hub, with the service that `configure` has added."""

    def __init__(self, folder: Path, policy: str = POLICY, **known: Any) -> None:
        config = Path(__file__).with_name("jupyterhub_config.py")
        super().__init__(folder, config, policy, **{"options": [], **known})

    def server_token(self, server: str) -> str:
        """Return the token that the Hub has given to a running server."""
        return self.server_environment(server)["JUPYTERHUB_API_TOKEN"]

    def tiny(self, server: str) -> str:
        """Start a server that is no more than there; return its token."""
        self.start_servers(server, tiny=True)
        return self.server_token(server)


class Stream:
    """What a server reads from the service."""

    def __init__(self, url: str, token: str, server: str, **headers: str) -> None:
        self.answer = requests.get(
            f"{url}api/changes",
            params={"server": server},
            headers={"Authorization": f"token {token}", **headers},
            stream=True,
            timeout=90,
        )
        self.status = self.answer.status_code
        self.events: list[tuple[float, str, str, dict[str, Any]]] = []
        self.heartbeats = 0
        self.has_ended = False
        if self.status == 200:
            threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        event: dict[str, str] = {}
        with suppress(Exception):
            for line in self.answer.iter_lines(chunk_size=1, decode_unicode=True):
                if line.startswith(":"):
                    self.heartbeats += 1
                elif line:
                    key, _, value = line.partition(": ")
                    event[key] = value
                elif event:
                    data = json.loads(event["data"])
                    self.events.append((time.monotonic(), event["event"], event["id"], data))
                    event = {}
        self.has_ended = True

    @property
    def facts(self) -> dict[str, Any]:
        """The last facts."""
        found = [data for _, name, _, data in self.events if name == "facts"]
        return found[-1] if found else {}

    @property
    def last_id(self) -> str:
        return self.events[-1][2]

    def wait_for(self, holds: Callable[[dict[str, Any]], bool], seconds: float = 10) -> None:
        """Wait until the facts are so."""
        wait(lambda: self.facts and holds(self.facts), seconds, lambda: str(self.events))

    def close(self) -> None:
        with suppress(Exception):
            self.answer.close()


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChangesHub]:
    """Start the Hub; stop it and all that it has started after the last test."""
    with ChangesHub(tmp_path_factory.mktemp("changes-hub")) as running:
        running.wait_for_service()
        yield running


@pytest.fixture
def subscribe(hub: ChangesHub) -> Iterator[Callable[..., Stream]]:
    """Subscribes as the server ``owner/name`` does, with its own token."""
    streams: list[Stream] = []

    def subscribe(server: str, token: str = "", **headers: str) -> Stream:
        token = token or hub.tiny(server)
        streams.append(Stream(hub.service_url, token, server, **headers))
        return streams[-1]

    yield subscribe
    for stream in streams:
        stream.close()
