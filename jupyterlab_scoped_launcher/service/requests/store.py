"""Requests to join groups, and who changed whose membership, in the service's database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ..database import Database

RequestState = Literal["asked", "approved", "declined", "withdrawn"]

_REQUEST_COLUMNS = "id, user, group_name, reason, state, asked_at, ended_at, ended_by, answer"


_NO_LIMIT = -1


class AlreadyAsked(Exception):
    """The user has an open request for this group."""


@dataclass(frozen=True, slots=True)
class Request:
    """One person's wish to join one group.

    ``ended_by`` is who has approved, declined or withdrawn it; empty if that was done elsewhere at
    the Hub. ``answer`` is what they said.
    """

    id: int
    user: str
    group: str
    reason: str
    state: RequestState
    asked_at: datetime
    ended_at: datetime | None
    ended_by: str
    answer: str


@dataclass(frozen=True, slots=True)
class MembershipChange:
    """Who has added whom to a group, or removed them, and why."""

    at: datetime
    actor: str
    subject: str
    group: str
    is_added: bool
    reason: str


class RequestStore:
    """The requests and the changes of memberships in the database. All times are UTC."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._db = database.connection

    def transaction(self) -> AbstractContextManager[object]:
        """Make all changes of the block one change, or none if it raises."""
        return self._database.transaction()

    def ask(self, user: str, group: str, reason: str, now: datetime) -> Request:
        """Keep a new request. Raises `AlreadyAsked` if one is open."""
        try:
            made = self._db.execute(
                "INSERT INTO request (user, group_name, reason, state, asked_at)"
                " VALUES (?, ?, ?, 'asked', ?)",
                (user, group, reason, now.isoformat()),
            )
        except sqlite3.IntegrityError:
            raise AlreadyAsked from None
        return self._one("id = ?", made.lastrowid)

    def end(
        self,
        request: Request,
        state: Literal["approved", "declined", "withdrawn"],
        actor: str,
        now: datetime,
        answer: str = "",
    ) -> bool:
        """End an open request. Returns False if it was ended before."""
        with self._database.transaction() as db:
            done = db.execute(
                "UPDATE request SET state = ?, ended_at = ?, ended_by = ?, answer = ?"
                " WHERE id = ? AND state = 'asked'",
                (state, now.isoformat(), actor, answer, request.id),
            )
        return done.rowcount == 1

    def find_open(self, user: str, group: str) -> Request | None:
        """Return the user's open request for the group, if there is one."""
        return self._first("user = ? AND group_name = ? AND state = 'asked'", user, group)

    def open_requests(self, group: str, limit: int = _NO_LIMIT, offset: int = 0) -> list[Request]:
        """Return the open requests for a group, the oldest first: all, or one page of them."""
        return self._all(
            "group_name = ? AND state = 'asked' ORDER BY asked_at, id LIMIT ? OFFSET ?",
            group,
            limit,
            offset,
        )

    def all_open(self) -> list[Request]:
        """Return the open requests for all groups."""
        return self._all("state = 'asked'")

    def latest(self, user: str, group: str) -> Request | None:
        """Return the user's last request for the group."""
        return self._first("user = ? AND group_name = ? ORDER BY id DESC", user, group)

    def latest_by_group(self, user: str) -> list[Request]:
        """Return the user's last request for each group."""
        return self._all(
            "id IN (SELECT max(id) FROM request WHERE user = ? GROUP BY group_name)"
            " ORDER BY group_name",
            user,
        )

    def count(self) -> dict[str, int]:
        """Return how many requests are in each state."""
        return dict(self._db.execute("SELECT state, count(*) FROM request GROUP BY state"))

    def count_open(self) -> dict[str, int]:
        """Return how many requests are open for each group that has some."""
        return dict(
            self._db.execute(
                "SELECT group_name, count(*) FROM request WHERE state = 'asked'"
                " GROUP BY group_name ORDER BY group_name"
            )
        )

    def count_asked_since(self, user: str, since: datetime, group: str | None = None) -> int:
        """Return how often the user has asked since then, for this group or for any."""
        found = self._db.execute(
            "SELECT count(*) FROM request WHERE user = ? AND asked_at > ?"
            " AND (?3 IS NULL OR group_name = ?3)",
            (user, since.isoformat(), group),
        ).fetchone()
        return int(found[0])

    def groups_not_told(self) -> list[str]:
        """Return the groups with open requests that no mail has told of yet."""
        found = self._db.execute(
            "SELECT DISTINCT group_name FROM request WHERE state = 'asked' AND told_at IS NULL"
        )
        return [group for (group,) in found]

    def not_told(self, group: str) -> list[Request]:
        """Return the open requests for a group that no mail has told of yet, the oldest first."""
        return self._all(
            "group_name = ? AND state = 'asked' AND told_at IS NULL ORDER BY asked_at, id", group
        )

    def last_told_at(self, group: str) -> datetime | None:
        """Return when a mail last told of requests for the group."""
        found = self._db.execute(
            "SELECT max(told_at) FROM request WHERE group_name = ?", (group,)
        ).fetchone()[0]
        return datetime.fromisoformat(found) if found else None

    def set_told(self, requests: Iterable[Request], now: datetime, mail: int | None) -> None:
        """Note that the mail of this id tells of these requests; None: there is nobody to tell."""
        ids = json.dumps([request.id for request in requests])
        self._db.execute(
            "UPDATE request SET told_at = ?, mail_id = ?"
            " WHERE id IN (SELECT value FROM json_each(?))",
            (now.isoformat(), mail, ids),
        )

    def told_by(self, request: Request) -> tuple[bool, int | None]:
        """Return whether a mail about the request has been written if there is anybody to tell,
        and its id."""
        told_at, mail = self._db.execute(
            "SELECT told_at, mail_id FROM request WHERE id = ?", (request.id,)
        ).fetchone()
        return told_at is not None, mail

    def record(self, change: MembershipChange) -> None:
        """Keep who changed whose membership."""
        self._db.execute(
            "INSERT INTO membership_change"
            " (at, actor, subject, group_name, is_added, reason) VALUES (?, ?, ?, ?, ?, ?)",
            (
                change.at.isoformat(),
                change.actor,
                change.subject,
                change.group,
                change.is_added,
                change.reason,
            ),
        )

    def history(self, group: str, limit: int) -> list[MembershipChange]:
        """Return the last changes of the group's members, the newest first."""
        found = self._db.execute(
            "SELECT at, actor, subject, group_name, is_added, reason FROM membership_change"
            " WHERE group_name = ? ORDER BY id DESC LIMIT ?",
            (group, limit),
        )
        return [
            MembershipChange(datetime.fromisoformat(at), actor, subject, of, bool(added), reason)
            for at, actor, subject, of, added, reason in found
        ]

    def _one(self, where: str, *values: object) -> Request:
        found = self._first(where, *values)
        if found is None:
            raise LookupError(where)
        return found

    def _first(self, where: str, *values: object) -> Request | None:
        return next(iter(self._all(f"{where} LIMIT 1", *values)), None)

    def _all(self, where: str, *values: object) -> list[Request]:
        found = self._db.execute(
            f"SELECT {_REQUEST_COLUMNS} FROM request WHERE {where}",  # noqa: S608
            values,
        )
        return [_request(row) for row in found]


def _request(row: tuple[int, str, str, str, RequestState, str, str | None, str, str]) -> Request:
    number, user, group, reason, state, asked_at, ended_at, ended_by, answer = row
    return Request(
        number,
        user,
        group,
        reason,
        state,
        datetime.fromisoformat(asked_at),
        datetime.fromisoformat(ended_at) if ended_at else None,
        ended_by,
        answer,
    )
