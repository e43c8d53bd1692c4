"""The shares that this service created at the Hub, kept in the database across crashes.

A record is one share of one server with one user. Its state says what may be done with it:

========  ===================================================================================
creating  we were about to create it; whether the Hub did is unknown until we read its shares
held      the Hub has it and we created it: only such shares are ever revoked
revoking  we were about to revoke it; whether the Hub did is unknown until we read its shares
gone      we created it and the Hub no longer has it; kept for a while, because a share that
          comes back (a user was renamed) is still ours
foreign   a person created it: never revoked
========  ===================================================================================
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, get_args

from ..database import Database, DatabaseError

ShareState = Literal["creating", "held", "revoking", "gone", "foreign"]
_STATES: dict[str, ShareState] = {state: state for state in get_args(ShareState)}

KEEP_GONE_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ShareRecord:
    """One share. ``created_at`` is the Hub's text, empty while it is not known; ``changed_at`` is
    the Hub's clock at the last change of state."""

    server: str
    user: str
    grant: str
    state: ShareState
    created_at: str
    changed_at: datetime

    @property
    def owner(self) -> str:
        """Return the name of the server's owner."""
        return self.server.partition("/")[0]


class ShareStore:
    """The records in the service's database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._db = database.connection

    def records(self, *states: ShareState) -> list[ShareRecord]:
        """Return the records in one of ``states``, sorted by server and user."""
        found = self._db.execute(
            f"SELECT * FROM share WHERE state IN ({_placeholders(states)}) ORDER BY server, user",  # noqa: S608
            states,
        )
        return [_record(row) for row in found]

    def servers(self, *states: ShareState) -> list[str]:
        """Return the servers with a record in one of ``states``, each once and sorted."""
        found = self._db.execute(
            "SELECT DISTINCT server FROM share"  # noqa: S608
            f" WHERE state IN ({_placeholders(states)}) ORDER BY server",
            states,
        )
        return [server for (server,) in found]

    def records_of_owner(self, owner: str) -> list[ShareRecord]:
        """Return all records of servers of ``owner``."""
        # A name cannot hold "/", and "0" is the character after it.
        found = self._db.execute(
            "SELECT * FROM share WHERE server >= ? AND server < ?", (f"{owner}/", f"{owner}0")
        )
        return [_record(row) for row in found]

    def records_about(self, users: Iterable[str], *states: ShareState) -> list[ShareRecord]:
        """Return the records in one of ``states`` of shares with one of ``users``."""
        names = sorted(users)
        found = self._db.execute(
            "SELECT * FROM share WHERE user IN (SELECT value FROM json_each(?))"  # noqa: S608
            f" AND state IN ({_placeholders(states)}) ORDER BY server, user",
            (json.dumps(names), *states),
        )
        return [_record(row) for row in found]

    def find_gone(self, created_at: str) -> ShareRecord | None:
        """Return the gone record whose share the Hub created at ``created_at``, if any."""
        found = self._db.execute(
            "SELECT * FROM share WHERE created_at = ? AND state = 'gone'", (created_at,)
        ).fetchone()
        return _record(found) if found else None

    def count(self) -> dict[str, int]:
        """Return how many records are in each state."""
        return dict(self._db.execute("SELECT state, count(*) FROM share GROUP BY state"))

    def change(self, put: Iterable[ShareRecord] = (), drop: Iterable[ShareRecord] = ()) -> None:
        """Write the records ``put`` in place of any for the same server and user, then delete
        those of ``drop``; in one transaction."""
        with self._database.transaction():
            self._db.executemany(
                "INSERT OR REPLACE INTO share VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (r.server, r.user, r.grant, r.state, r.created_at, r.changed_at.isoformat())
                    for r in put
                ],
            )
            self._db.executemany(
                "DELETE FROM share WHERE server = ? AND user = ?",
                [(record.server, record.user) for record in drop],
            )

    def delete_old_gone(self, now: datetime) -> None:
        """Delete records that are gone for longer than KEEP_GONE_FOR."""
        self._db.execute(
            "DELETE FROM share WHERE state = 'gone' AND changed_at < ?",
            ((now - KEEP_GONE_FOR).isoformat(),),
        )

    def approved_revocations(self, now: datetime) -> int:
        """Return how many revocations an admin allowed for the next pass (0: none)."""
        found = self._db.execute(
            "SELECT max(revocations) FROM approval WHERE until > ?", (now.isoformat(),)
        ).fetchone()
        return int(found[0] or 0)

    def clear_approval(self) -> None:
        """Delete the approval: it has been used."""
        self._db.execute("DELETE FROM approval")


def approve_revocations(path: Path, revocations: int, until: datetime) -> None:
    """Allow the instance that uses the file ``path`` so many revocations in one pass.

    It needs no lock, so it may run beside the service. Raises DatabaseError when there is no file.
    """
    try:
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=30)
        with db:
            db.execute("INSERT INTO approval VALUES (?, ?)", (revocations, until.isoformat()))
        db.close()
    except sqlite3.Error as error:
        raise DatabaseError(f"The database {path} cannot be used: {error}.") from None


def has_shares(path: Path) -> bool:
    """Return whether the file ``path`` has shares that may still be at the Hub.

    False if there is no such file, or it cannot be read: the service then says why.
    """
    if not path.exists():
        return False
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            found = db.execute(
                "SELECT 1 FROM share WHERE state IN ('creating', 'held', 'revoking') LIMIT 1"
            ).fetchone()
    except sqlite3.Error:
        return False
    return found is not None


def _placeholders(values: Sequence[str]) -> str:
    """Return SQL placeholders, one for each of ``values``."""
    return ",".join("?" * len(values))


def _record(row: tuple[str, str, str, ShareState, str, str]) -> ShareRecord:
    server, user, grant, state, created_at, changed_at = row
    return ShareRecord(
        # Many records have the same texts, and a large Hub has many records: one object per text.
        sys.intern(server),
        sys.intern(user),
        sys.intern(grant),
        _STATES[state],
        created_at,
        datetime.fromisoformat(changed_at),
    )
