"""The parts that need no Hub: the clock, the store, and who created which share."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from traitlets.config import Config

from jupyterlab_scoped_launcher._core import Policy
from jupyterlab_scoped_launcher.hub import configure
from jupyterlab_scoped_launcher.service.database import Database, DatabaseError, DatabaseLocked
from jupyterlab_scoped_launcher.service.entry import everybodys_role, needed_parts
from jupyterlab_scoped_launcher.service.grants.clock import STABLE_AFTER_S, JumpTolerantClock
from jupyterlab_scoped_launcher.service.grants.sharing_api import HubShare, OwnerShares
from jupyterlab_scoped_launcher.service.grants.store import (
    ShareRecord,
    ShareStore,
    approve_revocations,
)
from jupyterlab_scoped_launcher.service.grants.sync_records import sync_records
from jupyterlab_scoped_launcher.service.migrations import MIGRATIONS

NOON = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)


GRANT = {"id": "g", "to": {"groups": ["default"]}, "servers": "*/dash-*"}
SHARED_CARD = {
    "id": "r",
    "match": {"server": "*/dash-*"},
    "show_when": {"scope": "access:servers!server={owner}/{name}"},
}
FOLLOWS = ["list:users", "read:users:groups"]
SHARES = [*FOLLOWS, "read:servers", "shares"]


@pytest.mark.parametrize(
    ("policy", "scopes"),
    [
        ({}, FOLLOWS),
        ({"rules": [SHARED_CARD]}, [*FOLLOWS, "read:users:shares"]),
        ({"grants": [GRANT]}, SHARES),
    ],
)
def test_the_service_has_the_least_scopes_that_the_policy_needs(tmp_path, policy, scopes):
    path = tmp_path / "policy.json"
    path.write_text(json.dumps({"version": 1, **policy}))
    config = Config()
    config.JupyterHub.services = [{"name": "other"}]
    configure(config, path, service={"database": tmp_path / "service.sqlite"})
    other, ours = config.JupyterHub.services
    assert other == {"name": "other"}
    assert ours["command"][-4:] == [
        "--policy",
        str(path),
        "--database",
        str(tmp_path / "service.sqlite"),
    ]
    everybody, role = config.JupyterHub.load_roles
    assert everybody["name"] == "user"
    assert everybody["scopes"] == ["self", "access:services!service=scoped-launcher"]
    assert ours["oauth_client_allowed_scopes"] == ["shares", "groups"]
    assert role["services"] == [ours["name"]]
    assert role["scopes"] == scopes


def test_what_everybody_may_do_already_stays():
    other = {"name": "other", "scopes": ["list:users"]}
    own = {"name": "user", "description": "Ours", "scopes": ["self", "list:services"]}
    assert everybodys_role([other, own]) == {
        "name": "user",
        "description": "Ours",
        "scopes": ["self", "list:services", "access:services!service=scoped-launcher"],
    }
    assert own["scopes"] == ["self", "list:services"]


def test_the_service_may_end_shares_that_are_left_of_earlier_grants(tmp_path):
    path = tmp_path / "service.sqlite"
    database = Database(path)
    store = ShareStore(database)
    policy = Policy('{"version": 1}')
    for state, is_left in (("gone", False), ("foreign", False), ("revoking", True)):
        store.change(put=[record(state)])
        assert ("grants" in needed_parts(policy, path)) == is_left, state
    database.close()
    assert needed_parts(policy, tmp_path / "missing.sqlite") == ["changes"]
    path.write_bytes(b"no database")
    assert needed_parts(policy, path) == ["changes"]


def text(at: datetime) -> str:
    """A time as the Hub writes it."""
    return at.isoformat().replace("+00:00", "Z")


def record(state: str, created_at: str = "", **more: object) -> ShareRecord:
    known = ShareRecord("o/dash", "u", "g", state, created_at, NOON)  # type: ignore[arg-type]
    return replace(known, **more)  # type: ignore[arg-type]


def share(at: datetime, user: str = "u", server: str = "o/dash", *more: str) -> HubShare:
    return HubShare(server, user, text(at), (f"access:servers!server={server}", *more))


class Ticks:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def test_an_even_clock_is_used():
    ticks = Ticks()
    clock = JumpTolerantClock(ticks)
    for _ in range(5):
        ticks.at += 15
        now = NOON + timedelta(seconds=ticks.at + 2)
        assert clock.now(now) == now
        assert not clock.jumped


@pytest.mark.parametrize("jump", [timedelta(days=365), timedelta(days=-1)])
def test_a_jump_is_accepted_when_the_clock_is_stable_again(jump):
    ticks = Ticks()
    clock = JumpTolerantClock(ticks)
    clock.now(NOON)
    for ticks.at in range(15, int(STABLE_AFTER_S), 15):
        then = NOON + timedelta(seconds=ticks.at)
        assert clock.now(then + jump) == then
        assert clock.jumped
    ticks.at = STABLE_AFTER_S + 30
    then = NOON + timedelta(seconds=ticks.at)
    assert clock.now(then + jump) == then + jump
    assert not clock.jumped


def test_a_jump_that_is_taken_back_is_ignored():
    ticks = Ticks()
    clock = JumpTolerantClock(ticks)
    clock.now(NOON)
    for ticks.at in range(100, 5000, 100):
        then = NOON + timedelta(seconds=ticks.at)
        away = timedelta(days=30) if ticks.at % 400 == 0 else timedelta(0)
        assert clock.now(then + away) == then


def test_the_store_keeps_records_across_restarts(tmp_path):
    path = tmp_path / "folder" / "service.sqlite"
    database = Database(path)
    held, gone = record("held", "2026-11-22T11:00:00Z"), record("gone", "x", user="v")
    ShareStore(database).change(put=[held, gone, record("foreign", "y", server="o0/dash")])
    database.close()
    assert path.stat().st_mode & 0o777 == 0o600
    again = Database(path)
    store = ShareStore(again)
    assert store.records("held", "gone") == [held, gone]
    assert store.records_of_owner("o") == [held, gone]
    assert store.find_gone("x") == gone
    assert store.find_gone("y") is None
    store.change(drop=[held])
    store.delete_old_gone(NOON + timedelta(days=31))
    assert store.count() == {"foreign": 1}
    again.close()


def test_one_process_at_a_time_may_change_a_database(tmp_path):
    path = tmp_path / "service.sqlite"
    database = Database(path)
    store = ShareStore(database)
    with pytest.raises(DatabaseLocked):
        Database(path)
    Database(path, read_only=True).close()
    approve_revocations(path, 7, NOON + timedelta(hours=1))
    assert store.approved_revocations(NOON) == 7
    assert store.approved_revocations(NOON + timedelta(hours=2)) == 0
    store.clear_approval()
    assert store.approved_revocations(NOON) == 0
    database.close()
    Database(path).close()


def test_a_change_is_made_whole_or_not_at_all(tmp_path):
    database = Database(tmp_path / "service.sqlite")
    store = ShareStore(database)
    with pytest.raises(sqlite3.IntegrityError):
        store.change(put=[record("held"), record("unknown state", user="v")])
    assert store.count() == {}
    database.close()


def test_a_database_of_a_newer_version_is_not_changed(tmp_path):
    path = tmp_path / "service.sqlite"
    Database(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(DatabaseError, match="newer version"):
        Database(path)
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(DatabaseError, match="cannot be used"):
        Database(path)
    with pytest.raises(DatabaseError):
        approve_revocations(tmp_path / "missing.sqlite", 1, NOON)


@pytest.mark.parametrize("version", range(len(MIGRATIONS)))
def test_a_database_of_each_older_version_is_migrated(tmp_path, version):
    path = tmp_path / "service.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for migration in MIGRATIONS[:version]:
            migration(db)
        db.execute(f"PRAGMA user_version = {version}")
    with pytest.raises(DatabaseError, match="older version"):
        Database(path, read_only=True)
    database = Database(path)
    ShareStore(database).change(put=[record("held")])
    assert ShareStore(database).count() == {"held": 1}
    database.close()


def synced(
    known: list[ShareRecord], *shares: HubShare, gone: ShareRecord | None = None
) -> list[ShareRecord]:
    """Return the records after the Hub's shares were read."""
    records = {(r.server, r.user): r for r in known}
    if gone:
        records[gone.server, gone.user] = gone
    found = {gone.created_at: gone} if gone else {}
    changes = sync_records(known, OwnerShares(shares, NOON + timedelta(hours=1)), found.get)
    records |= {(r.server, r.user): r for r in changes.put}
    for r in changes.drop:
        del records[r.server, r.user]
    return list(records.values())


OURS = record("held", text(NOON))


@pytest.mark.parametrize(
    ("known", "shares", "states"),
    [
        ([OURS], [share(NOON)], ["held"]),
        ([OURS], [], ["gone"]),
        ([OURS], [share(NOON + timedelta(hours=1))], ["foreign"]),
        ([OURS], [share(NOON, "u", "o/dash", "read:servers!server=o/dash")], ["foreign"]),
        ([record("creating")], [], []),
        ([record("creating")], [share(NOON + timedelta(seconds=5))], ["held"]),
        ([record("creating")], [share(NOON + timedelta(hours=1))], ["foreign"]),
        ([record("creating")], [share(NOON - timedelta(hours=1))], ["foreign"]),
        ([record("revoking", text(NOON))], [], []),
        ([record("revoking", text(NOON))], [share(NOON)], ["held"]),
        ([record("revoking", text(NOON))], [share(NOON + timedelta(seconds=1))], ["foreign"]),
        ([record("gone", text(NOON))], [], ["gone"]),
        ([record("gone", text(NOON))], [share(NOON)], ["held"]),
        ([record("foreign", text(NOON))], [], []),
        ([record("foreign", text(NOON))], [share(NOON)], ["foreign"]),
        ([], [share(NOON)], ["foreign"]),
        ([OURS], [share(NOON, "renamed")], ["held"]),
        ([OURS], [share(NOON, "a"), share(NOON, "b")], ["gone", "foreign", "foreign"]),
    ],
)
def test_who_created_a_share(known, shares, states):
    assert [r.state for r in synced(known, *shares)] == states


def test_a_gone_share_that_comes_back_under_another_name_is_ours():
    gone = record("gone", text(NOON), server="old/dash")
    assert synced([], share(NOON), gone=gone) == [replace(gone, server="o/dash", state="held")]


STATES = ("creating", "held", "revoking", "gone", "foreign")
TIMES = st.sampled_from([NOON + timedelta(minutes=m) for m in (-90, -1, 0, 1, 90)])
USERS = st.sampled_from("uvw")


@given(
    st.lists(st.tuples(st.sampled_from(STATES), USERS, TIMES), unique_by=lambda r: r[1]),
    st.lists(st.tuples(USERS, TIMES), unique_by=lambda s: s[0]),
)
def test_syncing_twice_is_the_same_as_once(known, there):
    records = [
        record(state, "" if state == "creating" else text(at), user=user)
        for state, user, at in known
    ]
    shares = [share(at, user) for user, at in there]
    once = synced(records, *shares)
    assert synced(once, *shares) == once
    held = {r.user for r in once if r.state == "held"}
    assert held <= {s.user for s in shares}, "nothing is held that the Hub does not have"
    assert {s.user for s in shares} == {r.user for r in once if r.state in ("held", "foreign")}
