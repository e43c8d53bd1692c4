"""The service's one file (SQLite): its lock, its migrations, and transactions.

Each part of the service has tables of its own in it, which only the part's own store reads and
writes. ``migrations`` makes them.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .migrations import MIGRATIONS

BUSY_TIMEOUT_S = 2.0
"""How long a change waits for another process that writes. Everything else waits, too."""


class DatabaseError(Exception):
    """The database cannot be used; the text says why and what to do."""


class DatabaseLocked(DatabaseError):
    """Another service uses this database."""


class _Cursor(sqlite3.Cursor):
    """Raises `DatabaseError` where the file cannot be read or written.

    That is ``sqlite3.OperationalError``, too: locked, full, or failing. A broken constraint stays
    ``sqlite3.IntegrityError``: it says something about the values.
    """

    def execute(self, *args: Any) -> _Cursor:
        with _as_database_error():
            super().execute(*args)
        return self

    def executemany(self, *args: Any) -> _Cursor:
        with _as_database_error():
            super().executemany(*args)
        return self

    def fetchone(self) -> Any:
        with _as_database_error():
            return super().fetchone()

    def fetchall(self) -> list[Any]:
        with _as_database_error():
            return super().fetchall()

    def __next__(self) -> Any:
        with _as_database_error():
            return super().__next__()


class _Connection(sqlite3.Connection):
    """A connection whose statements raise `DatabaseError`."""

    def cursor(self, factory: Any = _Cursor) -> Any:
        return super().cursor(factory)

    # sqlite3's own do not call these methods of the cursor.
    def execute(self, *args: Any) -> Any:
        return self.cursor().execute(*args)

    def executemany(self, *args: Any) -> Any:
        return self.cursor().executemany(*args)


@contextmanager
def _as_database_error() -> Iterator[None]:
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        raise DatabaseError(f"The database of the service cannot be used: {error}.") from error


class Database:
    """The file ``path``, which is created if needed unless ``read_only``.

    Only one process at a time may change a file. It holds a lock beside the file, which the
    operating system releases when the process ends, however it ends. Raises `DatabaseError`.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._lock: int | None = None
        self._connection = sqlite3.connect(":memory:")
        missing = not path.exists()
        try:
            if read_only:
                where = ":memory:" if missing else f"{path.absolute().as_uri()}?mode=ro"
            else:
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._lock = _lock(path)
                where = path.absolute().as_uri()
            self._connection = sqlite3.connect(
                where,
                uri=True,
                isolation_level=None,
                timeout=BUSY_TIMEOUT_S,
                factory=_Connection,
            )
            if not read_only:
                os.chmod(path, 0o600)
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute("PRAGMA synchronous = FULL")
            self._migrate(write=not read_only or missing)
        except (OSError, sqlite3.Error) as error:
            self.close()
            raise DatabaseError(f"The database {path} cannot be used: {error}.") from None
        except DatabaseError as error:
            self.close()
            if isinstance(error.__cause__, sqlite3.Error):
                text = f"The database {path} cannot be used: {error.__cause__}."
                raise DatabaseError(text) from error.__cause__
            raise

    def close(self) -> None:
        """Close the file and release the lock."""
        self._connection.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @property
    def connection(self) -> sqlite3.Connection:
        """Return the connection, for statements outside a transaction."""
        return self._connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Make all statements of the block one change, or none if it raises.

        Within a transaction, the block is part of that one. Raises `DatabaseError`.
        """
        db = self._connection
        if db.in_transaction:
            yield db
            return
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
            db.execute("COMMIT")
        except BaseException:
            # SQLite itself ends a transaction for which the disk is too full.
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise

    def check_writable(self) -> None:
        """Raise `DatabaseError` if a change could not be kept now."""
        with self.transaction() as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            db.execute(f"PRAGMA user_version = {version}")  # writes a page, and changes nothing

    def _migrate(self, *, write: bool) -> None:
        """Bring the tables to this version's schema."""
        version = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
        if version > len(MIGRATIONS):
            raise DatabaseError(
                f"The database is of a newer version ({version}) than this one reads "
                f"({len(MIGRATIONS)}). Upgrade jupyterlab-scoped-launcher again."
            )
        if version < len(MIGRATIONS) and not write:
            raise DatabaseError("The database is of an older version. Run the service once.")
        for number, migration in enumerate(MIGRATIONS[version:], version + 1):
            with self.transaction() as db:
                migration(db)
                db.execute(f"PRAGMA user_version = {number}")


def _lock(path: Path) -> int:
    """Return a descriptor that holds the lock of the file ``path``."""
    descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise DatabaseLocked(
            f"Another scoped-launcher service uses the database {path}: this one waits."
        ) from None
    return descriptor
