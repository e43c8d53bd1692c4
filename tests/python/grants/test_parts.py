"""The parts that need no Hub: clock, records, and whose share is whose."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from traitlets.config import Config

from jupyterlab_scoped_launcher.grants.clock import SETTLED_AFTER_S, SteadyClock
from jupyterlab_scoped_launcher.grants.hub_client import Listing, Share
from jupyterlab_scoped_launcher.grants.records import (
    Records,
    RecordsError,
    RecordsLocked,
    Row,
    approve,
)
from jupyterlab_scoped_launcher.grants.settle import settle
from jupyterlab_scoped_launcher.hub import configure

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


def row(state: str, created_at: str = "", **more: object) -> Row:
    known = Row("o/dash", "u", "g", state, created_at, NOON)  # type: ignore[arg-type]
    return replace(known, **more)  # type: ignore[arg-type]


def share(at: datetime, user: str = "u", server: str = "o/dash", *more: str) -> Share:
    return Share(server, user, text(at), (f"access:servers!server={server}", *more))


class Ticks:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def test_a_steady_clock_is_believed():
    ticks = Ticks()
    clock = SteadyClock(ticks)
    for _ in range(5):
        ticks.at += 15
        now = NOON + timedelta(seconds=ticks.at + 2)
        assert clock.now(now) == now
        assert not clock.jumped


@pytest.mark.parametrize("jump", [timedelta(days=365), timedelta(days=-1)])
def test_a_jump_is_believed_when_it_lasts(jump):
    ticks = Ticks()
    clock = SteadyClock(ticks)
    clock.now(NOON)
    for ticks.at in range(15, int(SETTLED_AFTER_S), 15):
        then = NOON + timedelta(seconds=ticks.at)
        assert clock.now(then + jump) == then
        assert clock.jumped
    ticks.at = SETTLED_AFTER_S + 30
    then = NOON + timedelta(seconds=ticks.at)
    assert clock.now(then + jump) == then + jump
    assert not clock.jumped


def test_a_jump_there_and_back_is_never_believed():
    ticks = Ticks()
    clock = SteadyClock(ticks)
    clock.now(NOON)
    for ticks.at in range(100, 5000, 100):
        then = NOON + timedelta(seconds=ticks.at)
        away = timedelta(days=30) if ticks.at % 400 == 0 else timedelta(0)
        assert clock.now(then + away) == then


def test_records_outlive_a_restart(tmp_path):
    path = tmp_path / "folder" / "records.sqlite"
    records = Records(path)
    held, gone = row("held", "2026-11-22T11:00:00Z"), row("gone", "x", user="v")
    records.change(put=[held, gone, row("foreign", "y", server="o0/dash")])
    records.close()
    assert path.stat().st_mode & 0o777 == 0o600
    again = Records(path)
    assert again.rows("held", "gone") == [held, gone]
    assert again.of_owner("o") == [held, gone]
    assert again.gone_since("x") == gone
    assert again.gone_since("y") is None
    again.change(drop=[held])
    again.forget_gone(NOON + timedelta(days=31))
    assert again.count() == {"foreign": 1}
    again.close()


def test_records_have_one_user_at_a_time(tmp_path):
    path = tmp_path / "records.sqlite"
    records = Records(path)
    with pytest.raises(RecordsLocked):
        Records(path)
    Records(path, read_only=True).close()
    approve(path, 7, NOON + timedelta(hours=1))
    assert records.approved(NOON) == 7
    assert records.approved(NOON + timedelta(hours=2)) == 0
    records.end_approval()
    assert records.approved(NOON) == 0
    records.close()
    Records(path).close()


def test_records_of_a_newer_version_are_left_alone(tmp_path):
    path = tmp_path / "records.sqlite"
    Records(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(RecordsError, match="newer version"):
        Records(path)
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(RecordsError, match="cannot be used"):
        Records(path)
    with pytest.raises(RecordsError):
        approve(tmp_path / "missing.sqlite", 1, NOON)


def settled(known: list[Row], *shares: Share, gone: Row | None = None) -> list[Row]:
    """The rows after a look at the Hub's shares."""
    rows = {(r.server, r.user): r for r in known}
    if gone:
        rows[gone.server, gone.user] = gone
    found = {gone.created_at: gone} if gone else {}
    changes = settle(known, Listing(shares, NOON + timedelta(hours=1)), found.get)
    rows |= {(r.server, r.user): r for r in changes.put}
    for r in changes.drop:
        del rows[r.server, r.user]
    return list(rows.values())


OURS = row("held", text(NOON))


@pytest.mark.parametrize(
    ("known", "shares", "states"),
    [
        ([OURS], [share(NOON)], ["held"]),
        ([OURS], [], ["gone"]),
        ([OURS], [share(NOON + timedelta(hours=1))], ["foreign"]),
        ([OURS], [share(NOON, "u", "o/dash", "read:servers!server=o/dash")], ["foreign"]),
        ([row("creating")], [], []),
        ([row("creating")], [share(NOON + timedelta(seconds=5))], ["held"]),
        ([row("creating")], [share(NOON + timedelta(hours=1))], ["foreign"]),
        ([row("creating")], [share(NOON - timedelta(hours=1))], ["foreign"]),
        ([row("revoking", text(NOON))], [], []),
        ([row("revoking", text(NOON))], [share(NOON)], ["held"]),
        ([row("revoking", text(NOON))], [share(NOON + timedelta(seconds=1))], ["foreign"]),
        ([row("gone", text(NOON))], [], ["gone"]),
        ([row("gone", text(NOON))], [share(NOON)], ["held"]),
        ([row("foreign", text(NOON))], [], []),
        ([row("foreign", text(NOON))], [share(NOON)], ["foreign"]),
        ([], [share(NOON)], ["foreign"]),
        ([OURS], [share(NOON, "renamed")], ["held"]),
    ],
)
def test_whose_share_it_is(known, shares, states):
    assert [r.state for r in settled(known, *shares)] == states


def test_a_gone_share_that_comes_back_under_another_name_is_ours():
    gone = row("gone", text(NOON), server="old/dash")
    assert settled([], share(NOON), gone=gone) == [replace(gone, server="o/dash", state="held")]


STATES = ("creating", "held", "revoking", "gone", "foreign")
TIMES = st.sampled_from([NOON + timedelta(minutes=m) for m in (-90, -1, 0, 1, 90)])
USERS = st.sampled_from("uvw")


@given(
    st.lists(st.tuples(st.sampled_from(STATES), USERS, TIMES), unique_by=lambda r: r[1]),
    st.lists(st.tuples(USERS, TIMES), unique_by=lambda s: s[0]),
)
def test_looking_twice_says_the_same_as_once(known, there):
    rows = [
        row(state, "" if state == "creating" else text(at), user=user) for state, user, at in known
    ]
    shares = [share(at, user) for user, at in there]
    once = settled(rows, *shares)
    assert settled(once, *shares) == once
    held = {r.user for r in once if r.state == "held"}
    assert held <= {s.user for s in shares}, "nothing is held that the Hub does not have"
    assert {s.user for s in shares} == {r.user for r in once if r.state in ("held", "foreign")}
