"""The parts that need no Hub: the clock, the store, and who created which share."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from traitlets.config import Config

from jupyterlab_scoped_launcher.hub import configure
from jupyterlab_scoped_launcher.service.grants.clock import STABLE_AFTER_S, JumpTolerantClock
from jupyterlab_scoped_launcher.service.grants.sharing_api import HubShare, OwnerShares
from jupyterlab_scoped_launcher.service.grants.store import (
    ShareRecord,
    ShareStore,
    StoreError,
    StoreLocked,
    approve_revocations,
)
from jupyterlab_scoped_launcher.service.grants.sync_records import sync_records

NOON = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)


def test_configure_adds_the_service(tmp_path):
    policy = tmp_path / "policy.yaml"
    policy.write_text("version: 1")
    config = Config()
    config.JupyterHub.services = [{"name": "other"}]
    configure(config, policy, grants={"records": tmp_path / "records.sqlite"})
    other, ours = config.JupyterHub.services
    assert other == {"name": "other"}
    assert ours["command"][-4:] == [
        "--policy",
        str(policy),
        "--records",
        str(tmp_path / "records.sqlite"),
    ]
    (role,) = config.JupyterHub.load_roles
    assert role["services"] == [ours["name"]]
    assert role["scopes"] == ["list:users", "read:users:groups", "read:servers", "shares"]


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
    path = tmp_path / "folder" / "records.sqlite"
    store = ShareStore(path)
    held, gone = record("held", "2026-11-22T11:00:00Z"), record("gone", "x", user="v")
    store.change(put=[held, gone, record("foreign", "y", server="o0/dash")])
    store.close()
    assert path.stat().st_mode & 0o777 == 0o600
    again = ShareStore(path)
    assert again.records("held", "gone") == [held, gone]
    assert again.records_of_owner("o") == [held, gone]
    assert again.find_gone("x") == gone
    assert again.find_gone("y") is None
    again.change(drop=[held])
    again.delete_old_gone(NOON + timedelta(days=31))
    assert again.count() == {"foreign": 1}
    again.close()


def test_one_instance_at_a_time_may_change_a_store(tmp_path):
    path = tmp_path / "records.sqlite"
    store = ShareStore(path)
    with pytest.raises(StoreLocked):
        ShareStore(path)
    ShareStore(path, read_only=True).close()
    approve_revocations(path, 7, NOON + timedelta(hours=1))
    assert store.approved_revocations(NOON) == 7
    assert store.approved_revocations(NOON + timedelta(hours=2)) == 0
    store.clear_approval()
    assert store.approved_revocations(NOON) == 0
    store.close()
    ShareStore(path).close()


def test_a_store_of_a_newer_version_is_not_changed(tmp_path):
    path = tmp_path / "records.sqlite"
    ShareStore(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="newer version"):
        ShareStore(path)
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreError, match="cannot be used"):
        ShareStore(path)
    with pytest.raises(StoreError):
        approve_revocations(tmp_path / "missing.sqlite", 1, NOON)


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
