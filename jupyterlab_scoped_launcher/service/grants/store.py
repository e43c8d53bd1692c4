"""The shares that this service created at the Hub, kept in a file across crashes (SQLite).

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

import fcntl
import os
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, get_args

ShareState = Literal["creating", "held", "revoking", "gone", "foreign"]
_STATES: dict[str, ShareState] = {state: state for state in get_args(ShareState)}

KEEP_GONE_FOR = timedelta(days=30)

MIGRATIONS = (
    """
    CREATE TABLE share (
        server TEXT NOT NULL,
        user TEXT NOT NULL,
        grant_id TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('creating', 'held', 'revoking', 'gone', 'foreign')),
        created_at TEXT NOT NULL,
        changed_at TEXT NOT NULL,
        PRIMARY KEY (server, user)
    ) WITHOUT ROWID;
    CREATE INDEX share_created_at ON share (created_at);
    CREATE TABLE approval (revocations INTEGER NOT NULL, until TEXT NOT NULL);
    """,
)
"""Each one is run once, in order; ``PRAGMA user_version`` counts those that were."""


class StoreError(Exception):
    """The store cannot be used; the text says why and what to do."""


class StoreLocked(StoreError):
    """Another instance uses this store."""


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
    """The records in the file ``path``, which is created if needed unless ``read_only``.

    Only one instance at a time may change a file. It holds a lock beside the file, which the
    operating system releases when the process ends, however it ends.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._lock: int | None = None
        self._db = sqlite3.connect(":memory:")
        missing = not path.exists()
        try:
            if read_only:
                where = ":memory:" if missing else f"{path.absolute().as_uri()}?mode=ro"
            else:
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._lock = _lock(path)
                where = path.absolute().as_uri()
            self._db = sqlite3.connect(where, uri=True, isolation_level=None, timeout=30)
            if not read_only:
                os.chmod(path, 0o600)
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = FULL")
            self._migrate(write=not read_only or missing)
        except (OSError, sqlite3.Error) as error:
            self.close()
            raise StoreError(f"The records {path} cannot be used: {error}.") from None
        except StoreError:
            self.close()
            raise

    def close(self) -> None:
        """Close the file and release the lock."""
        self._db.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

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
        with self._transaction():
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

    def _migrate(self, *, write: bool) -> None:
        """Bring the tables to this version's schema."""
        version = int(self._db.execute("PRAGMA user_version").fetchone()[0])
        if version > len(MIGRATIONS):
            raise StoreError(
                f"The records are of a newer version ({version}) than this one reads "
                f"({len(MIGRATIONS)}). Upgrade jupyterlab-scoped-launcher again."
            )
        if version < len(MIGRATIONS) and not write:
            raise StoreError("The records are of an older version. Run the service once.")
        for number, script in enumerate(MIGRATIONS[version:], version + 1):
            with self._transaction():
                for statement in script.split(";"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {number}")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def approve_revocations(path: Path, revocations: int, until: datetime) -> None:
    """Allow the instance that uses the file ``path`` so many revocations in one pass.

    It needs no lock, so it may run beside the service. Raises StoreError when there is no file.
    """
    try:
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=30)
        with db:
            db.execute("INSERT INTO approval VALUES (?, ?)", (revocations, until.isoformat()))
        db.close()
    except sqlite3.Error as error:
        raise StoreError(f"The records {path} cannot be used: {error}.") from None


def _lock(path: Path) -> int:
    """Return a descriptor that holds the lock of the file ``path``."""
    descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise StoreLocked(
            f"Another grants service uses the records {path}: this one leaves them alone."
        ) from None
    return descriptor


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
