"""Grants follow changes at once: here a whole pass is made every ten minutes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

LIVE_S = 3.0

POLICY = """
version: 1
grants:
  - {id: class, to: {groups: [class]}, servers: "*/dash-*"}
  - {id: crowd, to: {groups: [crowd]}, servers: "popular/talk"}
  - {id: tagged, to: {groups: [tagged]}, servers: {include: "*/?*", tags: [open]}}
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from .conftest import ChangesHub

    folder = tmp_path_factory.mktemp("grants-hub")
    with ChangesHub(folder, POLICY, options=["--interval", "600"]) as running:
        running.wait_for_service()
        running.wait(lambda: running.health()["grants"]["status"] == "ok", 60)
        yield running


def shares(hub: Any, owner: str) -> set[tuple[str, str]]:
    items = hub.api("GET", f"/shares/{quote(owner)}", ok=(404,)).get("items", [])
    return {(item["server"]["name"], item["user"]["name"]) for item in items if item["user"]}


def test_a_new_member_and_a_new_server(hub):
    hub.start_servers("profx/dash-1", tiny=True)
    hub.user("mmuster", "class")
    hub.wait(lambda: shares(hub, "profx") == {("dash-1", "mmuster")}, LIVE_S)
    hub.user("second", "class")
    hub.wait(lambda: len(shares(hub, "profx")) == 2, LIVE_S)
    hub.start_servers("profx/dash-2", "profx/scratch", "profx/", tiny=True)
    hub.wait(lambda: len(shares(hub, "profx")) == 4, LIVE_S)
    assert {name for name, _ in shares(hub, "profx")} == {"dash-1", "dash-2"}


def test_who_leaves_loses(hub):
    hub.start_servers("leaving/dash-1", tiny=True)
    hub.user("a-member", "class")
    hub.wait(lambda: ("dash-1", "a-member") in shares(hub, "leaving"), LIVE_S)
    hub.leave("a-member", "class")
    hub.wait(lambda: ("dash-1", "a-member") not in shares(hub, "leaving"), LIVE_S)
    hub.user("a-member", "class")
    hub.wait(lambda: ("dash-1", "a-member") in shares(hub, "leaving"), LIVE_S)


def test_tags_of_a_server_that_starts(hub):
    hub.user("reader", "tagged")
    hub.start_servers("author/app", tiny=True, tags=["closed"])
    time.sleep(0.5)
    assert shares(hub, "author") == set()
    hub.api("DELETE", "/users/author/servers/app")
    hub.wait(lambda: not hub.model_of("author/app").get("ready"))
    hub.start_servers("author/app", tiny=True, tags=["open"])
    hub.wait(lambda: shares(hub, "author") == {("app", "reader")}, LIVE_S)


def test_a_share_that_somebody_ends_comes_back(hub):
    hub.start_servers("editor/dash-1", tiny=True)
    hub.user("viewer", "class")
    hub.wait(lambda: ("dash-1", "viewer") in shares(hub, "editor"), LIVE_S)
    hub.api("DELETE", "/shares/editor/dash-1")
    hub.wait(lambda: ("dash-1", "viewer") in shares(hub, "editor"), LIVE_S)


def test_what_a_person_shares_stays(hub):
    hub.start_servers("person/dash-1", tiny=True)
    hub.share("person/dash-1", "friend")
    hub.user("friend", "class")
    time.sleep(1)
    hub.leave("friend", "class")
    time.sleep(1.5)
    assert ("dash-1", "friend") in shares(hub, "person")


def test_many_who_leave_at_once_are_left_to_a_pass(hub):
    """A directory of groups that is empty today must not end all shares."""
    hub.start_servers("popular/talk", tiny=True)
    hub.user("popular", "crowd")
    names = [f"crowd-{number}" for number in range(60)]
    for name in names:
        hub.user(name)
    hub.api("POST", "/groups/crowd/users", users=names)
    held = {("talk", name) for name in names}
    hub.wait(lambda: held <= shares(hub, "popular"), 30)
    hub.api("DELETE", "/groups/crowd/users", users=names)
    time.sleep(3)
    assert held <= shares(hub, "popular")
    hub.leave("crowd-0", "crowd")  # nothing new
    for name in names[:3]:
        hub.user(name, "crowd")
    hub.leave(names[0], "crowd")
    hub.wait(lambda: ("talk", names[0]) not in shares(hub, "popular"), LIVE_S)


def test_nothing_happens_when_users_and_groups_end(hub):
    hub.start_servers("final/dash-1", tiny=True)
    hub.user("gone-soon", "class")
    hub.wait(lambda: ("dash-1", "gone-soon") in shares(hub, "final"), LIVE_S)
    hub.api("DELETE", "/users/gone-soon")
    hub.api("DELETE", "/users/final/servers/dash-1", remove=True)
    time.sleep(1)
    assert '"pass_failed"' not in hub.log()
    assert '"changes_failed"' not in hub.log()
