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


def m3_requests(db: sqlite3.Connection) -> None:
    """Requests to join groups, changes of memberships, and mails that wait to be sent."""
    db.execute(
        """
        CREATE TABLE request (
            id INTEGER PRIMARY KEY,
            user TEXT NOT NULL,
            group_name TEXT NOT NULL,
            reason TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('asked', 'approved', 'declined', 'withdrawn')),
            asked_at TEXT NOT NULL,
            ended_at TEXT,
            ended_by TEXT NOT NULL DEFAULT '',
            answer TEXT NOT NULL DEFAULT '',
            told_at TEXT,
            mail_id INTEGER
        )
        """
    )
    # One at a time for each person and group.
    db.execute(
        "CREATE UNIQUE INDEX request_open ON request (user, group_name) WHERE state = 'asked'"
    )
    db.execute("CREATE INDEX request_group ON request (group_name, state)")
    db.execute(
        """
        CREATE TABLE membership_change (
            id INTEGER PRIMARY KEY,
            at TEXT NOT NULL,
            actor TEXT NOT NULL,
            subject TEXT NOT NULL,
            group_name TEXT NOT NULL,
            is_added INTEGER NOT NULL,
            reason TEXT NOT NULL
        )
        """
    )
    db.execute("CREATE INDEX membership_change_group ON membership_change (group_name)")
    db.execute(
        """
        CREATE TABLE mail (
            id INTEGER PRIMARY KEY,
            about TEXT NOT NULL,
            recipients TEXT NOT NULL,
            subject TEXT NOT NULL,
            text TEXT NOT NULL,
            html TEXT NOT NULL,
            written_at TEXT NOT NULL,
            due_at TEXT NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'given_up')),
            ended_at TEXT,
            problem TEXT NOT NULL DEFAULT ''
        )
        """
    )
    db.execute("CREATE INDEX mail_due ON mail (state, due_at)")
    db.execute("CREATE INDEX mail_about ON mail (about)")


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (
    m1_shares,
    m2_shares_by_user,
    m3_requests,
)
