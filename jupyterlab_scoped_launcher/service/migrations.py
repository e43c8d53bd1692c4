"""Makes the tables of the service's database, and brings older ones up to date.

``PRAGMA user_version`` counts the migrations that were run. Add one at the end of `MIGRATIONS`, and
never change one that was released.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable


def m1_shares(db: sqlite3.Connection) -> None:
    """The shares that the service has created, and an admin's approval of revocations."""
    db.execute(
        """
        CREATE TABLE share (
            server TEXT NOT NULL,
            user TEXT NOT NULL,
            grant_id TEXT NOT NULL,
            state TEXT NOT NULL
                CHECK (state IN ('creating', 'held', 'revoking', 'gone', 'foreign')),
            created_at TEXT NOT NULL,
            changed_at TEXT NOT NULL,
            PRIMARY KEY (server, user)
        ) WITHOUT ROWID
        """
    )
    db.execute("CREATE INDEX share_created_at ON share (created_at)")
    db.execute("CREATE TABLE approval (revocations INTEGER NOT NULL, until TEXT NOT NULL)")


def m2_shares_by_user(db: sqlite3.Connection) -> None:
    """Shares are found by the user whom they are with, when a membership changes."""
    db.execute("CREATE INDEX share_user ON share (user)")


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (m1_shares, m2_shares_by_user)
