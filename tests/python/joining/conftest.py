"""A real Hub with the Hub service, a mail server, and people who ask to join groups."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import requests
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from hubs import Browser, free_ports
from service_hub import SERVICE, ServiceHub

POLICY = """
version: 1
refresh: 1s
cards:
  - {id: workbench, title: Workbench, service: tests}
rules:
  - id: kernel
    match: {kernel: Class_1}
    show_when: {group: class}
    request: {group: class}
    contact: mailto:desk@example.edu
  - id: workbench
    match: {service: tests}
    show_when: {group: class}
    request: {group: class}
  - id: strict
    match: {kernel: Strict}
    show_when: {group: strict}
    request: {group: strict, reason: required}
    contact: https://example.edu/strict
  - id: crowd
    match: {kernel: Crowd}
    show_when: {group: crowd}
    request: {group: crowd}
    contact: crowd@example.edu
"""


class MailServer(Message):
    """A mail server on 127.0.0.1 that keeps what it takes; ``problem`` is its answer instead.

    ``refused`` are its answers about recipients. It waits for ``delay_s`` before it answers, or
    ``drops`` the connection instead. ``options`` are those of aiosmtpd's server.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(EmailMessage)
        self.mails: list[EmailMessage] = []
        self.attempts = 0
        self.problem = ""
        self.refused: dict[str, str] = {}
        self.delay_s = 0.0
        self.drops = False
        (port,) = free_ports(1)
        self.address = f"127.0.0.1:{port}"
        self._controller = Controller(self, hostname="127.0.0.1", port=port, **options)

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, _: Any
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.attempts += 1
        await asyncio.sleep(self.delay_s)
        if self.drops:
            server.transport.abort()
            return "250 nobody reads this"
        if self.problem:
            return self.problem
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"

    def handle_message(self, message: Any) -> None:
        """Unused: `handle_DATA` keeps mails."""

    def to(self, address: str) -> list[EmailMessage]:
        """Return the mails to one address."""
        return [mail for mail in self.mails if address in mail["To"]]

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()


class JoiningHub(ServiceHub):
    """The Hub, with the service and its mails."""

    def __init__(self, folder: Path, mail: MailServer) -> None:
        config = Path(__file__).with_name("jupyterhub_config.py")
        super().__init__(folder, config, POLICY, smtp=mail.address)

    def members(self, group: str) -> list[str]:
        return self.api("GET", f"/groups/{group}")["users"]

    def log_lines(self, event: str) -> list[dict[str, Any]]:
        """Return what the service has logged of one event."""
        lines = [line[line.index("{") :] for line in self.log().splitlines() if "{" in line]
        found = []
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict) and entry.get("event") == event:
                found.append(entry)
        return found


class Person(Browser):
    """A person's browser at the pages of the service."""

    def get(self, page: str, status: int = 200) -> str:
        answer = self.open(SERVICE + page)
        assert answer.status_code == status, answer.text
        return answer.text

    def post(self, page: str, status: int = 200, **fields: Any) -> requests.Response:
        """Send a form of the page, with the token that the page has in it."""
        token = re.search(r'name="_xsrf" value="([^"]+)"', self.get(page))
        return self.send(page, status, _xsrf=token[1] if token else "", **fields)

    def post_job(self, page: str, **fields: Any) -> requests.Response:
        """Send a form that starts a job; return the page when the job has ended."""
        answer = self.post(page, **fields)
        while "done…" in answer.text:
            time.sleep(0.2)
            answer = self.session.get(answer.url, timeout=60)
        return answer

    def send(self, page: str, status: int, **fields: Any) -> requests.Response:
        answer = self.session.post(
            self.url + SERVICE + page,
            data=fields,
            headers={"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"},
            timeout=60,
        )
        assert answer.status_code == status, answer.text
        return answer


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A mail server of the test's own: the Hub of other tests sends nothing to it."""
    server = MailServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def mail() -> Iterator[MailServer]:
    """The mail server of the Hub."""
    server = MailServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory, mail: MailServer) -> Iterator[JoiningHub]:
    with JoiningHub(tmp_path_factory.mktemp("joining-hub"), mail) as running:
        running.wait_for_service()
        yield running


@pytest.fixture(scope="session")
def profx(hub: JoiningHub) -> Person:
    return Person(hub.url, "profx")
