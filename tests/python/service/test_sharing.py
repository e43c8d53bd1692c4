"""On a real Hub: what is shared with whom, what is revoked when, and what is left alone."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta, timezone


def grant(name: str, **more: object) -> dict[str, object]:
    """A grant of a test's own group and servers; the test's name is in all of its names."""
    return {
        "id": name,
        "to": {"groups": [f"{name}-group"]},
        "servers": f"{name}-*/dash-*",
        **more,
    }


def test_a_group_may_open_dash_servers_and_never_default_ones(hub, grants):
    hub.server("base-profx", "dash-1")
    hub.server("base-profx", "scratch")
    hub.server("base-profx", "")
    hub.user("base-profx", "base-group")
    hub.user("base-muster", "base-group")
    hub.user("base-otto")
    grants.policy(grant("base"))
    assert "1 to grant, 0 to revoke." in grants.run("--dry-run").stdout
    assert not grants.database.exists()
    assert hub.shares("base-profx") == {}

    assert grants.once().startswith("1 granted, 0 revoked, 0 refused")
    shares = hub.shares("base-profx")
    assert shares.keys() == {("base-profx/dash-1", "base-muster")}
    assert grants.once().startswith("0 granted, 0 revoked")
    assert hub.shares("base-profx") == shares  # and created only once


def test_whoever_leaves_loses_and_whoever_joins_gains(hub, grants):
    server = hub.server("move-profx", "dash-1")
    for user in ("move-a", "move-b"):
        hub.user(user, "move-group")
    grants.policy(grant("move"))
    grants.once()
    hub.leave("move-a", "move-group")
    hub.user("move-c", "move-group")
    assert grants.once().startswith("1 granted, 1 revoked")
    assert hub.shares("move-profx").keys() == {(server, "move-b"), (server, "move-c")}


def test_the_policy_ends_what_it_began(hub, grants):
    server = hub.server("end-profx", "dash-1", "course")
    hub.user("end-a", "end-group")
    hour = timedelta(hours=1)
    soon, over = (datetime.now(timezone.utc) + d for d in (hour, -hour))
    excepted = {"include": "end-*/dash-*", "except": ["*/dash-1"]}
    of_course = {"include": "end-*/dash-*", "tags": ["course"]}
    of_other = {"include": "end-*/dash-*", "tags": ["other"]}
    for having, then, reason in [
        ([grant("end")], [], "the policy has no such grant any more"),
        (
            [grant("end", until=soon.isoformat())],
            [grant("end", until=over.isoformat())],
            "the grant's time is over",
        ),
        ([grant("end")], [grant("end", servers=excepted)], "the grant no longer covers"),
        (
            [grant("end", servers=of_course)],
            [grant("end", servers=of_other)],
            "the grant no longer covers",
        ),
    ]:
        grants.policy(*having)
        grants.once()
        assert hub.shares("end-profx").keys() == {(server, "end-a")}, having
        grants.policy(*then)
        plan = json.loads(grants.run("--dry-run", "--json").stdout)
        assert [reason in change["reason"] for change in plan["revoke"]] == [True], plan
        assert grants.once().startswith("0 granted, 1 revoked")
        assert hub.shares("end-profx") == {}, then
    grants.policy(grant("end", servers=of_other), tags={"other": {"server": "end-profx/*"}})
    grants.once()
    assert hub.shares("end-profx").keys() == {(server, "end-a")}, "a tag of the policy"


def test_a_renamed_grant_changes_nothing_at_the_hub(hub, grants):
    hub.server("label-profx", "dash-1")
    hub.user("label-a", "label-group")
    grants.policy(grant("label"))
    grants.once()
    shares = hub.shares("label-profx")
    grants.policy(grant("label", id="another-name"))
    assert grants.once().startswith("0 granted, 0 revoked")
    assert hub.shares("label-profx") == shares
    grants.policy()
    plan = json.loads(grants.run("--dry-run", "--json").stdout)
    assert [change["grant"] for change in plan["revoke"]] == ["another-name"]
    assert grants.once().startswith("0 granted, 1 revoked")


def test_what_a_person_shared_stays(hub, grants):
    server = hub.server("own-profx", "dash-1")
    for user in ("own-before", "own-after", "own-more", "own-ours"):
        hub.user(user, "own-group")
    hub.share(server, "own-before")
    by_hand = hub.shares("own-profx")[server, "own-before"]
    grants.policy(grant("own"))
    assert grants.once().startswith("3 granted")
    hub.unshare(server, "own-after")  # a person ends ours, and shares again
    hub.share(server, "own-after")
    hub.share(server, "own-more", scopes=["read:servers"])  # a person adds to ours
    assert grants.once().startswith("0 granted, 0 revoked")
    grants.policy()
    assert grants.once().startswith("0 granted, 1 revoked")
    shares = hub.shares("own-profx")
    assert shares.keys() == {(server, f"own-{user}") for user in ("before", "after", "more")}
    assert shares[server, "own-before"] == by_hand


def test_what_others_end_comes_back(hub, grants):
    server = hub.server("back-profx", "dash-1")
    hub.user("back-a", "back-group")
    grants.policy(grant("back"))
    grants.start()
    shares = {(server, "back-a")}
    grants.wait_for("granted")
    # As jhub-apps does when an app is edited: stop, start, and end all shares.
    hub.stop_server(server)
    hub.server("back-profx", "dash-1")
    hub.api("DELETE", f"/shares/{server}")
    grants.wait_for("share_lost")
    grants.wait_for("granted", 2)
    assert hub.shares("back-profx").keys() == shares
    hub.stop_server(server, remove=True)
    grants.wait_for("share_lost", 2)
    hub.server("back-profx", "dash-1")
    grants.wait_for("granted", 3)
    assert hub.shares("back-profx").keys() == shares


def test_shares_follow_a_rename(hub, grants):
    server = hub.server("name-profx", "dash-1")
    hub.user("name-old", "name-group")
    grants.policy(grant("name"))
    grants.once()
    made = hub.shares("name-profx")[server, "name-old"]
    hub.api("PATCH", "/users/name-old", name="name-new")
    assert grants.once().startswith("0 granted, 0 revoked")
    assert hub.shares("name-profx") == {(server, "name-new"): made}
    grants.policy()
    assert grants.once().startswith("0 granted, 1 revoked")
    assert hub.shares("name-profx") == {}


def test_removed_users_and_servers_leave_no_trace(hub, grants):
    server = hub.server("gone-profx", "dash-1")
    other = hub.server("gone-profx", "dash-2")
    for user in ("gone-a", "gone-b"):
        hub.user(user, "gone-group")
    grants.policy(grant("gone"))
    assert grants.once().startswith("4 granted")
    hub.api("DELETE", "/users/gone-a")
    hub.stop_server(other, remove=True)
    assert grants.once().startswith("0 granted, 0 revoked")
    assert hub.shares("gone-profx").keys() == {(server, "gone-b")}


def test_names_that_need_escaping(hub, grants):
    server = hub.server("esc-a b@ü.x", "dash-1")
    hub.user("esc-m+ä", "esc-group")
    grants.policy(grant("esc"))
    assert grants.once().startswith("1 granted")
    assert hub.shares("esc-a b@ü.x").keys() == {(server, "esc-m+ä")}
    grants.policy()
    assert grants.once().startswith("0 granted, 1 revoked")


def test_who_was_active_last_need_not_wait_for_the_whole_list(hub, grants, until):
    server = hub.server("quick-profx", "dash-1")
    grants.policy(grant("quick"))
    hub.user("quick-first", "quick-group")

    def slow_and_behind(call) -> None:
        # The whole list takes longer than an interval, and does not know of the new member.
        status, body, headers = call.ask()
        if call.is_users and "sort" not in call.path:
            time.sleep(0.25)
            page = json.loads(body)
            for user in page["items"]:
                if user["name"] == "quick-new":
                    user["groups"] = []
            body = json.dumps(page).encode()
        call.answer(status, body, headers)

    grants.proxy.fault = slow_and_behind
    for number in range(8):
        hub.user(f"quick-extra-{number}")
    grants.start("--page-size", "5")
    grants.wait_for("granted")
    hub.user("quick-new", "quick-group")
    now = datetime.now(timezone.utc).isoformat()
    hub.api("POST", "/users/quick-new/activity", last_activity=now)
    until(lambda: (server, "quick-new") in hub.shares("quick-profx"), log=grants.log)
    grants.proxy.asked.clear()
    until(lambda: sum("offset=0&" in path for path in grants.proxy.asked) >= 4, log=grants.log)
    assert (server, "quick-new") in hub.shares("quick-profx")
    assert not grants.events("revoked")
