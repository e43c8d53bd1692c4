"""What a user's server reads from the service, on a real Hub, and who reads nothing."""

from __future__ import annotations

import threading
import time

import pytest
import requests
from hubs import wait

LIVE_S = 2.0
"""Within this time a change at the Hub is with the server, on a busy machine."""


def set_admin(hub, user: str, *, admin: bool) -> None:
    """Only an admin may do that."""
    headers = {"Authorization": f"token {hub.token('root', 'admin:users')}"}
    url = f"{hub.api_url}/users/{user}"
    assert requests.patch(url, json={"admin": admin}, headers=headers, timeout=10).ok


def test_a_server_has_its_owners_facts_and_each_change(hub, subscribe):
    stream = subscribe("ann/")
    stream.wait_for(lambda facts: facts["scopes"] is not None)
    facts = stream.facts
    assert (facts["user"], facts["admin"], facts["groups"]) == ("ann", False, [])
    assert facts["shares"] == []
    assert "access:servers!user=ann" in facts["scopes"]

    hub.user("ann", "class")
    stream.wait_for(lambda facts: facts["groups"] == ["class"], LIVE_S)
    hub.user("ann", "staff")
    stream.wait_for(lambda f: "access:services!service=tests" in f["scopes"], LIVE_S)
    hub.leave("ann", "staff")
    stream.wait_for(lambda f: "access:services!service=tests" not in f["scopes"], LIVE_S)
    set_admin(hub, "ann", admin=True)
    stream.wait_for(lambda facts: facts["admin"] and "admin:users" in facts["scopes"], LIVE_S)
    set_admin(hub, "ann", admin=False)
    stream.wait_for(lambda facts: not facts["admin"], LIVE_S)
    hub.user("ann", "for-a-while")
    stream.wait_for(lambda facts: "for-a-while" in facts["groups"], LIVE_S)
    hub.api("DELETE", "/groups/for-a-while")
    stream.wait_for(lambda facts: facts["groups"] == ["class"], LIVE_S)


def test_shares(hub, subscribe):
    hub.start_servers("profx/dash-1", tiny=True)
    hub.share("profx/dash-1", "sam")
    stream = subscribe("sam/")
    stream.wait_for(lambda facts: facts["shares"] == ["profx/dash-1"])
    hub.api("PATCH", "/shares/profx/dash-1", user="sam")
    stream.wait_for(lambda facts: facts["shares"] == [], LIVE_S)
    hub.share("profx/dash-1", "sam")
    stream.wait_for(lambda facts: facts["shares"] == ["profx/dash-1"], LIVE_S)
    hub.api("DELETE", "/users/profx/servers/dash-1", remove=True)
    stream.wait_for(lambda facts: facts["shares"] == [], 10)


def test_only_the_owners_changes_are_told(hub, subscribe):
    mine, others = subscribe("bob/"), subscribe("eve/")
    mine.wait_for(lambda _: True)
    others.wait_for(lambda facts: facts["scopes"] is not None)
    before = len(others.events)
    hub.user("bob", "class")
    mine.wait_for(lambda facts: facts["groups"] == ["class"], LIVE_S)
    time.sleep(0.5)
    assert len(others.events) == before
    assert all(data.get("user") in ("eve", None) for *_, data in others.events)


def test_all_servers_of_an_owner_are_told(hub, subscribe):
    streams = [subscribe("multi/"), subscribe("multi/second")]
    hub.user("multi", "class")
    for stream in streams:
        stream.wait_for(lambda facts: facts["groups"] == ["class"], LIVE_S)


def test_a_server_that_has_read_the_last_event_gets_no_new_one(hub, subscribe):
    first = subscribe("late/")
    first.wait_for(lambda facts: facts["scopes"] is not None)
    token = hub.server_token("late/")
    again = subscribe("late/", token, **{"Last-Event-ID": first.last_id})
    wait(lambda: again.events)
    assert again.events[0][1:] == ("current", first.last_id, {})
    wait(lambda: first.has_ended)  # a server has one connection
    old_id = again.last_id
    hub.user("late", "class")
    again.wait_for(lambda facts: facts["groups"] == ["class"], LIVE_S)
    assert subscribe("late/", token, **{"Last-Event-ID": old_id}).status == 200
    behind = subscribe("late/", token, **{"Last-Event-ID": old_id})
    behind.wait_for(lambda facts: facts["groups"] == ["class"])
    unknown = subscribe("late/", token, **{"Last-Event-ID": "another-1"})
    unknown.wait_for(lambda facts: facts["groups"] == ["class"])


@pytest.mark.parametrize(
    ("whose", "scopes", "server"),
    [
        ("mallory", None, "ann/"),  # the server of somebody else
        ("mallory", None, "mallory/other"),
        ("mallory", None, "mallory"),
        ("mallory", None, ""),
        # as the token of a page, which the owner of a visited server can use
        ("root", ["access:servers!server=mallory/", "read:users!user=root"], "mallory/"),
        ("mallory", ["access:servers!server=mallory/", "read:users:groups!user"], "mallory/"),
        ("mallory", ["users:activity!user"], "mallory/"),
    ],
)
def test_other_tokens_and_other_servers_are_refused(hub, subscribe, whose, scopes, server):
    own = hub.tiny("mallory/")
    hub.user(whose)
    token = own if scopes is None else hub.token(whose, *scopes)
    assert subscribe(server, token).status == 403


def test_without_a_valid_token_nobody_subscribes(hub, subscribe):
    assert subscribe("ann/", "no-token").status == 403
    assert subscribe("ann/", hub.known["token"]).status == 403  # a service
    url = f"{hub.service_url}api/changes?server=ann/"
    assert requests.get(url, timeout=10).status_code == 403
    browser = hub.log_in("root")
    browser.open("/services/scoped-launcher/")
    assert browser.session.get(url, timeout=10).status_code == 403  # cookies do not count


def test_a_token_that_is_revoked_ends_the_stream(hub, subscribe):
    token = hub.tiny("revoked/")
    stream = subscribe("revoked/", token)
    stream.wait_for(lambda _: True)
    (found,) = (
        one
        for one in hub.api("GET", "/users/revoked/tokens")["api_tokens"]
        if "server at" in str(one.get("note")).lower()
    )
    hub.api("DELETE", f"/users/revoked/tokens/{found['id']}")
    wait(lambda: stream.has_ended, LIVE_S, hub.log)
    assert subscribe("revoked/", token).status == 403


def test_the_end_of_a_server_ends_its_stream(hub, subscribe):
    stream = subscribe("stopped/")
    stream.wait_for(lambda _: True)
    hub.api("DELETE", "/users/stopped/server")
    wait(lambda: stream.has_ended, 10, hub.log)


def test_only_the_hub_tells_changes(hub, subscribe):
    stream = subscribe("target/")
    stream.wait_for(lambda facts: facts["scopes"] is not None)
    change = {"kind": "membership", "user": "target", "group": "admins", "held": True}
    body = {"run": "x", "first": 0, "lost": False, "changes": [change]}
    url = f"{hub.service_url}api/hub-changes"
    for headers in (
        {},
        {"Authorization": "Bearer "},
        {"Authorization": f"Bearer {hub.known['token']}"},
        {"Authorization": f"token {hub.server_token('target/')}"},
    ):
        assert requests.post(url, json=body, headers=headers, timeout=10).status_code == 403
    key = hub.service_process().environ()["SCOPED_LAUNCHER_HUB_KEY"]
    headers = {"Authorization": f"Bearer {key}"}
    for wrong in ([], {"run": 1}, {**body, "changes": [{"kind": "odd"}]}, {**body, "first": None}):
        assert requests.post(url, json=wrong, headers=headers, timeout=10).status_code == 400
    assert key not in hub.log()
    time.sleep(0.3)
    assert stream.facts["groups"] == []


def test_changes_in_quick_succession_end_in_the_last_state(hub, subscribe):
    hub.user("quick")
    hub.api("POST", "/groups/quick-0", ok=(409,))
    stream = subscribe("quick/")
    stream.wait_for(lambda _: True)

    def toggle(times: int) -> None:
        for _ in range(times):
            hub.api("POST", "/groups/quick-0/users", users=["quick"])
            hub.api("DELETE", "/groups/quick-0/users", users=["quick"])

    toggle(20)
    hub.api("POST", "/groups/quick-0/users", users=["quick"])
    stream.wait_for(lambda facts: facts["groups"] == ["quick-0"], LIVE_S)
    time.sleep(0.3)
    assert stream.facts["groups"] == ["quick-0"]


def test_changes_while_servers_subscribe_are_not_missed(hub, subscribe):
    """What the Hub answers about the owner may be older than a change that was told before it."""
    token = hub.tiny("racer/")
    hub.api("POST", "/groups/race", ok=(409,))
    stop = threading.Event()
    last: list[bool] = []

    def change() -> None:
        while not stop.is_set():
            for method, held in (("POST", True), ("DELETE", False)):
                hub._api.request(
                    method, f"{hub.api_url}/groups/race/users", json={"users": ["racer"]}
                )
                last[:] = [held]

    worker = threading.Thread(target=change)
    worker.start()
    streams = [subscribe("racer/", token) for _ in range(15)]
    stop.set()
    worker.join()
    expected = ["race"] if last[0] else []
    streams[-1].wait_for(lambda facts: facts["groups"] == expected, LIVE_S)
    time.sleep(0.3)
    assert streams[-1].facts["groups"] == expected


def test_the_service_works_with_the_least_scopes(hub):
    environment = hub.service_process().environ()
    answer = requests.get(
        f"{hub.api_url}/user",
        headers={"Authorization": f"token {environment['JUPYTERHUB_API_TOKEN']}"},
        timeout=10,
    ).json()
    assert {scope for scope in answer["scopes"] if "!" not in scope} == {
        "list:users",
        "read:users:groups",
        "read:users:name",
        "read:users:shares",
    }
