"""The part of the service that writes and sends mails, if a mail server is configured."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from ..database import Database
from ..log import LogEvent
from .messages import Messages
from .notices import Notices
from .outbox import Outbox
from .settings import MailSettings

if TYPE_CHECKING:
    from ..requests.part import JoinRequests
    from ..requests.store import Request


MailStatus = Literal["off", "nobody", "waiting", "sent", "given_up"]
"""``off``: there is no mail server. ``nobody``: no address is known of anybody who decides."""


class MailPart:
    """Mails about requests. Without ``settings`` it does nothing: then there are the pages alone.

    ``url`` is the public URL of the service's pages.
    """

    def __init__(
        self,
        settings: MailSettings | None,
        url: str,
        open_database: Callable[[], Database],
        log_event: LogEvent,
        now: Callable[[], datetime],
        approvers: Callable[[str], list[str]],
    ) -> None:
        self._settings = settings
        self._url = url
        self._open_database = open_database
        self._log_event = log_event
        self._now = now
        self._approvers = approvers
        self._requests: JoinRequests | None = None
        self._outbox: Outbox | None = None
        self._notices: Notices | None = None

    def follow(self, requests: JoinRequests) -> None:
        """Write mails about these requests."""
        if self._settings is None:
            return
        self._requests = requests
        self._outbox = Outbox(self._settings, self._open_database, self._log_event, self._now)
        self._notices = Notices(
            self._settings,
            Messages(self._url),
            self._outbox,
            requests,
            self._approvers,
            self._log_event,
            self._now,
        )

    def tell_end(self, request: Request) -> None:
        """Tell the person who has asked that their request was approved or declined."""
        if self._notices is not None:
            self._notices.tell_end(request)

    async def run_forever(self) -> None:
        """Write and send mails until cancelled."""
        if self._outbox is not None and self._notices is not None:
            await asyncio.gather(self._outbox.run_forever(), self._notices.run_forever())

    def status(self, request: Request) -> MailStatus:
        """Return what came of the mail that tells of a request."""
        if self._outbox is None or self._requests is None:
            return "off"
        is_told, number = self._requests.store.told_by(request)
        if number is None:
            return "nobody" if is_told else "waiting"
        return self._outbox.state(number) or "sent"

    def has_given_up(self, group: str) -> bool:
        """Return whether the last mail about requests for a group could not be sent."""
        return self._outbox is not None and self._outbox.has_given_up(f"group:{group}")

    def count(self) -> dict[str, int] | None:
        """Return how many mails are in each state; None without a mail server."""
        return self._outbox.count() if self._outbox else None
