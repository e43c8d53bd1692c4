"""The parts that write and send mails, without a Hub."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from jupyterlab_scoped_launcher.service.database import Database
from jupyterlab_scoped_launcher.service.log import new_logger
from jupyterlab_scoped_launcher.service.mail.messages import Messages
from jupyterlab_scoped_launcher.service.mail.notices import Notices
from jupyterlab_scoped_launcher.service.mail.outbox import Outbox
from jupyterlab_scoped_launcher.service.mail.settings import MailSettings
from jupyterlab_scoped_launcher.service.policy import FollowedPolicy
from jupyterlab_scoped_launcher.service.requests.part import JoinRequests
from jupyterlab_scoped_launcher.service.settings import ServiceSettings

RULE = {
    "id": "class",
    "match": {"kernel": "Class_1"},
    "show_when": {"group": "class"},
    "request": {"group": "class"},
    "contact": "desk@example.edu",
}


class Desk:
    """The parts that write and send mails, whose clock stands still until the test moves it."""

    def __init__(self, folder: Path, address: str, **settings: Any) -> None:
        policy = folder / "policy.json"
        policy.write_text(json.dumps({"version": 1, "rules": [RULE]}))
        host, _, port = address.partition(":")
        self.settings = replace(
            MailSettings(host, int(port), "hub@example.edu", security="none"), **settings
        )
        self.now = datetime(2026, 10, 1, tzinfo=timezone.utc)
        self.logged: list[tuple[str, dict[str, Any]]] = []
        self.database = Database(folder / "service.sqlite")
        self.requests = JoinRequests(
            ServiceSettings(policy, folder / "service.sqlite", "http://127.0.0.1:1", "none"),
            FollowedPolicy(policy, new_logger()),
            lambda: self.database,
            self.log_event,
        )
        self.outbox = self.new_outbox()
        self.notices = Notices(
            self.settings,
            Messages("https://hub.example.edu/services/scoped-launcher/"),
            self.outbox,
            self.requests,
            lambda _: [],
            self.log_event,
            lambda: self.now,
        )

    def new_outbox(self) -> Outbox:
        return Outbox(self.settings, lambda: self.database, self.log_event, lambda: self.now)

    def log_event(self, event: str, **fields: Any) -> None:
        self.logged.append((event, fields))

    @property
    def events(self) -> list[str]:
        """Return the names of the events that were logged."""
        return [event for event, _ in self.logged]

    def problems(self) -> str:
        """Return the problems that were logged."""
        return "\n".join(str(fields["problem"]) for _, fields in self.logged if "problem" in fields)

    def waiting(self) -> int:
        return self.outbox.count().get("waiting", 0)

    def send(self, until: Callable[[], bool], outbox: Outbox | None = None) -> None:
        """Run the loop that sends, until something is so."""

        async def run() -> None:
            task = asyncio.ensure_future((outbox or self.outbox).run_forever())
            deadline = time.monotonic() + 20
            try:
                while not until():
                    assert time.monotonic() < deadline, self.events
                    await asyncio.sleep(0.02)
            finally:
                task.cancel()

        asyncio.run(run())
