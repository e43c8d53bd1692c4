"""What goes wrong around the service loses and doubles nothing, and never revokes at large."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from contextlib import closing, suppress
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime, parsedate_to_datetime
from http.client import HTTPException

import jupyterhub
import pytest
from wrong_answers import WRONG_ANSWERS


def grant(name: str, **more: object) -> dict[str, object]:
    return {
        "id": name,
        "to": {"groups": [f"{name}-group"]},
        "servers": f"{name}-*/dash-*",
        **more,
    }


def class_of(hub, name: str, size: int = 3) -> dict[tuple[str, str], None]:
    """A server and a group for it; return the shares that are wanted."""
    server = hub.server(f"{name}-profx", "dash-1")
    return {(server, hub.user(f"{name}-{n}", f"{name}-group")): None for n in range(size)}


def states(grants) -> list[str]:
    """The states of all rows in the database."""
    with closing(sqlite3.connect(grants.database)) as db:
        return sorted(state for (state,) in db.execute("SELECT state FROM share"))


class Stop:
    """Holds the requests that ``which`` chooses: before the Hub sees them, or before the answer."""

    def __init__(self, which, *, after: bool) -> None:
        self.which, self.after = which, after
        self.reached, self.go_on = threading.Event(), threading.Event()

    def __call__(self, call) -> None:
        if not self.which(call):
            call.forward()
            return
        answer = call.ask() if self.after else None
        self.reached.set()
        self.go_on.wait(60)
        if answer is not None:
            call.answer(*answer)
        call.close_connection = True


PHASES = {
    "reading users": lambda call: call.is_users,
    "looking at shares": lambda call: (
        call.path.startswith("/hub/api/shares/") and not call.is_change
    ),
    "creating": lambda call: call.command == "POST",
    "revoking": lambda call: call.command == "PATCH",
}


@pytest.mark.parametrize("after", [False, True], ids=["before the Hub", "after the Hub"])
@pytest.mark.parametrize("phase", PHASES)
def test_killed_in_any_phase(hub, grants, phase, after):
    name = f"kill{list(PHASES).index(phase)}{int(after)}"
    wanted = class_of(hub, name)
    grants.policy(grant(name))
    if phase == "revoking":
        grants.once()
        grants.policy()
        wanted = {}
    stop = grants.proxy.fault = Stop(PHASES[phase], after=after)
    grants.start()
    assert stop.reached.wait(30), grants.log()
    grants.kill()
    grants.proxy.fault = None
    stop.go_on.set()
    made = hub.shares(f"{name}-profx")

    grants.once()
    now = hub.shares(f"{name}-profx")
    assert now.keys() == wanted.keys()
    assert all(made.get(pair, at) == at for pair, at in now.items()), "shared once, not again"
    assert states(grants) == ["held"] * len(wanted), "all of them are known to be ours"


def in_vain(ask) -> None:
    """Ask a Hub that may not live to answer."""
    with suppress(OSError, HTTPException):
        ask()


def lists_asked(grants) -> int:
    """How often the service has asked for the users."""
    return sum(path.startswith("/hub/api/users?") for path in grants.proxy.asked)


@pytest.mark.parametrize("phase", PHASES)
def test_the_hub_is_killed_in_any_phase(hub, grants, phase, until):
    name = f"hub{list(PHASES).index(phase)}"
    wanted = class_of(hub, name)
    profx = f"{name}-profx"
    grants.policy(grant(name))
    for _, user in list(wanted)[1:]:  # so that one share is there before, which must not change
        hub.leave(user, f"{name}-group")
    grants.once()
    for _, user in wanted:
        hub.user(user, f"{name}-group")
    if phase == "revoking":
        grants.once()
        grants.policy()
        wanted = {}
    before = hub.shares(profx)
    killed = threading.Event()

    def kill_meanwhile(call) -> None:
        if not PHASES[phase](call) or killed.is_set():
            call.forward()
            return
        killed.set()
        asking = threading.Thread(target=in_vain, args=[call.ask])
        asking.start()
        time.sleep(0.005)  # the Hub is at it
        hub.kill()
        asking.join()
        call.close_connection = True

    grants.proxy.fault = kill_meanwhile
    grants.start("--interval", "0.2")
    grants.wait_for("pass_failed")
    grants.proxy.fault = None
    hub.start()
    until(lambda: hub.shares(profx).keys() == wanted.keys(), 60, grants.log)
    if phase == "revoking":
        grants.wait_for("pass_ended")
        lists = lists_asked(grants)
        time.sleep(1)
        assert lists_asked(grants) == lists, "without grants and shares, the Hub is not asked"
    else:
        lists = lists_asked(grants)
        until(lambda: lists_asked(grants) >= lists + 2, 60, grants.log)

    now = hub.shares(profx)
    assert now.keys() == wanted.keys()
    assert all(now.get(pair, at) == at for pair, at in before.items()), "shared once, not again"
    assert len(grants.events("revoked")) == (3 if phase == "revoking" else 0)
    assert states(grants) == ["held"] * len(wanted), "all of them are known to be ours"


def test_the_service_of_a_killed_hub_makes_way_for_that_of_the_next(hub, until):
    wanted = class_of(hub, "next", 2)
    hub.policy.write_text(json.dumps({"version": 1, "grants": [grant("next")]}))
    until(lambda: hub.shares("next-profx").keys() == wanted.keys(), 60, hub.log)
    before = hub.shares("next-profx")
    service = hub.service_process()
    hub.kill()
    until(lambda: not service.is_running())
    hub.start()
    server = next(iter(wanted))[0]
    wanted[(server, hub.user("next-new", "next-group"))] = None
    until(lambda: hub.shares("next-profx").keys() == wanted.keys(), 60, hub.log)
    assert hub.shares("next-profx").items() >= before.items()
    hub.policy.write_text('{"version": 1}')
    until(lambda: not hub.shares("next-profx"), 60, hub.log)


def test_a_person_shared_while_the_service_was_dead(hub, grants):
    wanted = class_of(hub, "dead", 1)
    grants.policy(grant("dead"))
    stop = grants.proxy.fault = Stop(PHASES["creating"], after=False)
    grants.start()
    assert stop.reached.wait(30)
    grants.kill()
    grants.proxy.fault = None
    stop.go_on.set()
    ((server, user),) = wanted
    with closing(sqlite3.connect(grants.database)) as db, db:  # it died long ago
        long_ago = datetime.now(timezone.utc) - timedelta(days=1)
        db.execute("UPDATE share SET changed_at = ?", (long_ago.isoformat(),))
    hub.share(server, user)
    grants.once()
    assert states(grants) == ["foreign"]
    grants.policy()
    grants.once()
    assert hub.shares("dead-profx").keys() == wanted.keys()


@pytest.fixture(scope="module")
def followed(hub, new_grants):
    """A service that follows a policy, with all that is wanted shared."""
    wanted = class_of(hub, "fault", 3)
    ours = new_grants()
    ours.policy(grant("fault"))
    ours.start("--interval", "0.2", "--max-revocations", "2")
    ours.wait_for("granted", 3)
    assert hub.shares("fault-profx").keys() == wanted.keys()
    return ours


def alarms_of(grants) -> list[int]:
    return [
        len(grants.events(name))
        for name in ("pass_failed", "revocations_held_back", "revocations_not_confirmed")
    ]


@pytest.mark.parametrize("fault", WRONG_ANSWERS)
def test_no_fault_revokes_anything(hub, followed, fault, until):
    before = hub.shares("fault-profx")
    alarms = alarms_of(followed)
    followed.proxy.fault = WRONG_ANSWERS[fault]
    try:
        until(
            lambda: alarms_of(followed) != alarms,
            log=followed.log,
        )
    finally:
        followed.proxy.fault = None
    followed.proxy.asked.clear()
    until(lambda: lists_asked(followed) >= 3, log=followed.log)  # it has made two whole passes
    assert hub.shares("fault-profx") == before
    assert not followed.events("revoked")
    assert len(followed.events("granted")) == len(before)
    assert states(followed) == ["held"] * len(before)


def test_a_list_that_moves_while_it_is_read(hub, grants):
    wanted = class_of(hub, "shift", 3)
    grants.policy(grant("shift"))
    grants.once()
    names = [hub.user(f"shift-extra-{n}") for n in range(3)]
    hub.user("shift-last", "shift-group")
    wanted[("shift-profx/dash-1", "shift-last")] = None

    def fault(call) -> None:
        # Between two pages, users of the pages before are removed.
        if call.is_users and "offset=0" not in call.path and names:
            hub.api("DELETE", f"/users/{names.pop(0)}")
        call.forward()

    grants.proxy.fault = fault
    grants.once("--page-size", "5")
    assert not names
    assert hub.shares("shift-profx").keys() == wanted.keys()


def test_more_than_the_cap_waits_for_somebody(hub, grants):
    wanted = class_of(hub, "cap", 4)
    grants.policy(grant("cap"))
    grants.once()
    for _, user in wanted:
        hub.leave(user, "cap-group")
    done = grants.run("--once", "--max-revocations", "3")
    assert done.returncode == 3
    assert "--allow-revocations 4" in done.stderr
    assert hub.shares("cap-profx").keys() == wanted.keys()

    grants.start("--max-revocations", "3")
    grants.wait_for("revocations_held_back", 2)
    assert hub.shares("cap-profx").keys() == wanted.keys()
    assert "may make 4 revocations" in grants.run("--allow-revocations", "4").stdout
    grants.wait_for("revoked", 4)
    assert hub.shares("cap-profx") == {}


def test_what_the_policy_ends_needs_nobody_but_passes(hub, grants):
    class_of(hub, "drain", 4)
    grants.policy(grant("drain"))
    grants.once()
    grants.policy()
    for left in (1, 0):
        assert grants.run("--once", "--max-revocations", "3").returncode == 0
        assert len(hub.shares("drain-profx")) == left


def test_two_services_with_the_same_records(hub, grants):
    wanted = class_of(hub, "two", 2)
    grants.policy(grant("two"))
    grants.start()
    grants.wait_for("granted", 2)
    done = grants.run("--once")
    assert done.returncode == 3
    assert "Another scoped-launcher service" in done.stderr
    grants.start()
    grants.wait_for("standby")
    assert hub.shares("two-profx").keys() == wanted.keys()


def test_two_services_with_their_own_records_do_no_harm(hub, grants, tmp_path):
    wanted = class_of(hub, "twin", 2)
    grants.policy(grant("twin"))
    grants.once()
    other = ("--database", str(tmp_path / "others.sqlite"))
    assert grants.once(*other).startswith("0 granted, 0 revoked")
    grants.policy()
    assert grants.once(*other).startswith("0 granted, 0 revoked")
    assert hub.shares("twin-profx").keys() == wanted.keys()
    assert grants.once().startswith("0 granted, 2 revoked")


def test_a_bad_policy_never_replaces_a_good_one(hub, grants):
    wanted = class_of(hub, "bad", 1)
    grants.policy(grant("bad"))
    grants.start()
    grants.wait_for("granted")
    grants.policy_file.write_text('{"version": 1, "grants": [{"id": "bad"')
    time.sleep(3)
    assert hub.shares("bad-profx").keys() == wanted.keys()
    assert not grants.events("revoked")
    done = grants.run("--dry-run")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_the_hub_goes_and_comes_back(hub, grants):
    wanted = class_of(hub, "away", 2)
    grants.policy(grant("away"))
    grants.start()
    grants.wait_for("granted", 2)
    before = hub.shares("away-profx")
    grants.proxy.fault = lambda call: call.connection.close()
    hub.leave("away-0", "away-group")
    hub.user("away-new", "away-group")
    grants.wait_for("pass_failed")
    assert hub.shares("away-profx") == before
    grants.proxy.fault = None
    grants.wait_for("revoked", seconds=60)
    grants.wait_for("granted", 3, seconds=60)
    server = next(iter(wanted))[0]
    assert hub.shares("away-profx").keys() == {(server, "away-1"), (server, "away-new")}


def test_a_jump_of_the_clock_ends_nothing(hub, grants):
    wanted = class_of(hub, "jump", 2)
    end = datetime.now(timezone.utc) + timedelta(days=30)
    grants.policy(grant("jump", until=end.isoformat()))
    grants.start()
    grants.wait_for("granted", 2)

    def a_year_ahead(call) -> None:
        code, body, headers = call.ask()
        at = parsedate_to_datetime(headers["Date"]) + timedelta(days=365)
        call.answer(code, body, {**headers, "Date": format_datetime(at, usegmt=True)})

    grants.proxy.fault = a_year_ahead
    grants.wait_for("clock_jumped", 3)
    hub.user("jump-new", "jump-group")
    grants.wait_for("granted", 3)  # the rest of the work goes on
    grants.proxy.fault = None
    jumps = len(grants.events("clock_jumped"))
    time.sleep(2.5)
    assert len(grants.events("clock_jumped")) <= jumps + 1
    assert not grants.events("revoked")
    server = next(iter(wanted))[0]
    assert hub.shares("jump-profx").keys() == {*wanted, (server, "jump-new")}
    grants.kill()
    grants.policy()
    grants.once()
    assert hub.shares("jump-profx") == {}


def test_an_incompatible_hub_is_refused(hub, grants):
    grants.policy()

    def old(call) -> None:
        code, body, headers = call.ask()
        call.answer(code, body.replace(jupyterhub.__version__.encode(), b"5.5.0"), headers)

    grants.proxy.fault = old
    done = grants.run("--once")
    grants.proxy.fault = None
    assert done.returncode == 3
    assert "This is JupyterHub 5.5.0. Grants need 5.5.1 or newer" in done.stderr

    done = grants.run("--once", token=hub.known["little_token"])
    assert done.returncode == 3
    assert "lacks the scopes read:users:groups, shares" in done.stderr
