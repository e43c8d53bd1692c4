"""Mails that wait to be sent, in the service's database, and the loop that sends them.

A mail counts as sent only when the mail server has taken it. A service that ends between the two
sends it again: twice is better than never.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Literal

from ..database import Database, DatabaseError
from ..log import LastingProblem, LogEvent
from .settings import MailSettings

POLL_S = 2.0
"""How often the queue is looked at."""

BATCH = 20
"""How many mails are sent before the queue is looked at again."""

MAX_ATTEMPTS = 12
"""Then a mail is given up: after about two days."""

FIRST_RETRY_S = 30.0
LONGEST_RETRY_S = 6 * 3600.0

TIMEOUT_S = 30.0
"""How long to wait for one answer of the mail server."""

LONGEST_ATTEMPT_S = 60.0
"""How long one attempt may take: other mails wait meanwhile."""

MailState = Literal["waiting", "sent", "given_up"]


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail in text and HTML. ``about`` is what it tells of, such as ``group:NAME``."""

    about: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the mail server has answered.

    ``problem`` says why it took the mail for nobody; else it is "". ``refused`` are recipients for
    whom it never takes it, and ``later`` those for whom it may take it later.
    """

    problem: str
    refused: tuple[str, ...] = ()
    later: tuple[str, ...] = ()


class Outbox:
    """The queue of mails."""

    def __init__(
        self,
        settings: MailSettings,
        open_database: Callable[[], Database],
        log_event: LogEvent,
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._open_database = open_database
        self._log_event = log_event
        self._now = now
        self._wake = asyncio.Event()
        self._taken: dict[int, _Answer] = {}

    def put(self, mail: Mail) -> int:
        """Keep a mail, to be sent soon; return its id. Raises `DatabaseError`."""
        now = self._now()
        number = self._insert(mail, now, now.isoformat())
        self._wake.set()
        return number

    def _insert(self, mail: Mail, now: datetime, due_at: str, attempts: int = 0) -> int:
        kept = self._open_database().connection.execute(
            "INSERT INTO mail"
            " (about, recipients, subject, text, html, written_at, due_at, attempts)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                mail.about,
                json.dumps(mail.recipients),
                mail.subject,
                mail.text,
                mail.html,
                now.isoformat(),
                due_at,
                attempts,
            ),
        )
        return int(kept.lastrowid or 0)

    def state(self, number: int) -> MailState | None:
        """Return the state of the mail of this id; None if there is none."""
        found = (
            self._open_database()
            .connection.execute("SELECT state FROM mail WHERE id = ?", (number,))
            .fetchone()
        )
        return found[0] if found else None

    def has_given_up(self, about: str) -> bool:
        """Return whether the last mail about something could not be sent."""
        found = (
            self._open_database()
            .connection.execute(
                "SELECT state FROM mail WHERE about = ? ORDER BY id DESC LIMIT 1", (about,)
            )
            .fetchone()
        )
        return found is not None and found[0] == "given_up"

    def count(self) -> dict[str, int]:
        """Return how many mails are in each state."""
        rows = self._open_database().connection.execute(
            "SELECT state, count(*) FROM mail GROUP BY state"
        )
        return dict(rows)

    async def run_forever(self) -> None:
        """Send what is due, until cancelled."""
        failure = LastingProblem(self._log_event, "mail_failed")
        while True:
            try:
                await self._send_due()
                failure.end()
            except DatabaseError as error:
                failure.begin(error)
            with suppress(TimeoutError, asyncio.TimeoutError):
                await asyncio.wait_for(self._wake.wait(), POLL_S)
            self._wake.clear()

    async def _send_due(self) -> None:
        """Send what is due: first what tells of requests, so that it does not wait for the rest."""
        database = self._open_database()
        while due := database.connection.execute(
            "SELECT id, about, recipients, subject, text, html, attempts FROM mail"
            " WHERE state = 'waiting' AND due_at <= ?"
            " ORDER BY about NOT LIKE 'group:%', id LIMIT ?",
            (self._now().isoformat(), BATCH),
        ).fetchall():
            for number, about, recipients, subject, text, html, attempts in due:
                mail = Mail(about, tuple(json.loads(recipients)), subject, text, html)
                if number not in self._taken:
                    database.check_writable()  # else it would be sent again
                    self._taken[number] = await self._send(mail)
                self._note(number, mail, attempts, self._taken[number])
                del self._taken[number]

    def _note(self, number: int, mail: Mail, attempts: int, answer: _Answer) -> None:
        """Note what came of an attempt, so that the mail is sent again, or never again."""
        now, about, problem = self._now(), mail.about, answer.problem
        is_last = attempts + 1 >= MAX_ATTEMPTS
        retry_s = min(FIRST_RETRY_S * 2.0**attempts, LONGEST_RETRY_S)
        due_at = (now + timedelta(seconds=retry_s)).isoformat()
        with self._open_database().transaction() as db:
            if answer.later and not is_last:
                # The others have it: what waits for the rest is another mail.
                self._insert(replace(mail, recipients=answer.later), now, due_at, attempts + 1)
            if not problem:
                self._end(number, "sent", now)
            elif is_last:
                self._end(number, "given_up", now, problem)
            else:
                db.execute(
                    "UPDATE mail SET attempts = ?, due_at = ?, problem = ? WHERE id = ?",
                    (attempts + 1, due_at, problem, number),
                )
        if answer.refused:
            self._log_event("mail_refused", about=about, recipients=list(answer.refused))
        if not problem:
            taken = [r for r in mail.recipients if r not in (*answer.refused, *answer.later)]
            self._log_event("mail_sent", about=about, recipients=taken)
        elif is_last:
            self._log_event("mail_given_up", about=about, problem=problem)
        if not is_last and (problem or answer.later):
            later = problem or f"not taken yet for {', '.join(answer.later)}"
            self._log_event("mail_delayed", about=about, problem=later, retry_s=retry_s)

    def _end(self, number: int, state: MailState, now: datetime, problem: str = "") -> None:
        self._open_database().connection.execute(
            # The texts have names and reasons: they are kept no longer than they are needed.
            "UPDATE mail SET state = ?, ended_at = ?, problem = ?, text = '', html = ''"
            " WHERE id = ?",
            (state, now.isoformat(), problem, number),
        )

    async def _send(self, mail: Mail) -> _Answer:
        """Give the mail to the mail server; return what it answered."""
        import aiosmtplib

        settings = self._settings
        sending = aiosmtplib.send(
            self._message(mail.recipients, mail),
            hostname=settings.host,
            port=settings.port,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            username=settings.user or None,
            password=settings.password or None,
            timeout=TIMEOUT_S,
        )
        try:
            errors, _ = await asyncio.wait_for(sending, LONGEST_ATTEMPT_S)
        except (aiosmtplib.SMTPException, OSError, ValueError, asyncio.TimeoutError) as error:
            late = f"the mail server did not take it within {LONGEST_ATTEMPT_S:.0f} s"
            return _Answer(f"{type(error).__name__}: {str(error) or late}")
        later = {recipient for recipient, answer in errors.items() if 400 <= answer[0] < 500}
        return _Answer("", tuple(sorted(set(errors) - later)), tuple(sorted(later)))

    def _message(self, recipients: Sequence[str], mail: Mail) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._settings.sender
        message["To"] = ", ".join(recipients)
        message["Subject"] = " ".join(mail.subject.split())
        message["Date"] = format_datetime(self._now())
        message["Message-ID"] = make_msgid(domain=self._settings.sender.rpartition("@")[2])
        # Vacation notices and the like do not answer.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        message.add_alternative(mail.html, subtype="html")
        return message
