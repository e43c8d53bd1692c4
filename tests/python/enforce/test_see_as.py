"""Looking at the launcher as somebody else: the same as that user's own server answers.

On a real Hub that `configure` has set up with ``preview_users``, for random users.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyterlab_scoped_launcher import _core
from jupyterlab_scoped_launcher.context import (
    ContextSnapshot,
    context_model,
    current_time,
    load_visitor,
)
from jupyterlab_scoped_launcher.hub_api import HubClient

GROUPS = ["PythonForMorons101", "staff", "exam-1", "exam-2", "Staff", "ünï"]
NAMES = [f"u-{number}" for number in range(200)]
ADMINS = NAMES[7::20]

MORE_POLICY = """
  - id: people
    match: {command: "a:*"}
    show_when: {group: [staff, "exam-*"]}
    contact: x@y.example
  - {id: exam, match: {command: ["a:2", "b:*"]}, hide_when: {group: "exam-*"}}
  - {id: admins, match: {command: "c:*"}, show_when: {admin: true}, request: {group: staff}}
  - id: mixed
    match: {command: "d:*"}
    show_when: {any: [{user: "u-1*"}, {all: [{group: ünï}, {not: {group: staff}}]}]}
    locked: true
  - {id: role, match: {command: "e:*"}, show_when: {scope: "access:services!service=class1234-web"}}
  - {id: other, match: {command: "f:*"}, show_when: {scope: "access:services!service=tests"}}
  - {id: own, match: {command: "g:*"}, show_when: {owner: true, kernel: Class1234_Semester02}}
  - {id: shared, match: {server: "*/dash-*"}, hide_when: {group: exam-2}}
cards:
  - {id: dashboards, category: Dashboards, servers: "*/dash-*"}
  - {id: pages, title: Pages, category: Pages, page: tree, show_when: {group: Staff}}
preview: {admin: true}
"""

PAGE_CARDS = [
    {"id": f"command:{name}:{number}", "kind": "command", "name": f"{name}:{number}"}
    for name in ("a", "b", "c", "d", "e", "f", "g", "desk", "staff", "terminal", "free")
    for number in (1, 2)
]

Decisions = dict[tuple[str, str | None], tuple[Any, ...]]


@pytest.fixture(scope="module")
def hub(new_hub: Callable[..., Any]) -> Iterator[Any]:
    with new_hub(policy=MORE_POLICY, admins=ADMINS, preview_users=True) as running:
        yield running


@pytest.fixture(scope="module")
def users(hub) -> list[str]:
    """Random users: in random groups, some are admins, and with some a server is shared."""
    seeded = random.Random(11)
    for group in GROUPS:
        hub.api("POST", f"/groups/{group}", ok=(409,))
    hub.api("POST", "/users", usernames=NAMES)
    for group in GROUPS:
        members = [name for name in NAMES if seeded.random() < 0.3]
        hub.api("POST", f"/groups/{group}/users", users=members)
    hub.start_servers("profx/dash-1", "profx/dash-2", "root/")
    for server in ("profx/dash-1", "profx/dash-2"):
        for name in seeded.sample(NAMES, 40):
            hub.share(server, name)
    return NAMES


@pytest.fixture(scope="module")
def viewer(hub, users):
    return hub.visit("root", "root/")


def access(visitor: Any, **body: Any) -> Any:
    answer = visitor.post("scoped-launcher/access", {"cards": PAGE_CARDS, **body})
    assert answer.status_code == 200, answer.text
    return answer.json()


def decisions_of(answer: Any) -> Decisions:
    """What was decided on each card, and what is said of it.

    Whether a user holds a scope that is hidden from a server is known to them and to nobody else.
    """
    keys = ("visible", "locked", "rule", "reason", "contact", "request", "title")
    return {
        (card["id"], card["category"]): (
            *(card[key] for key in keys),
            card["sentence"].replace("it is not known whether you hold it", "you do not hold it"),
        )
        for card in answer
    }


def test_is_what_the_users_own_server_answers(hub, users, viewer):
    """Real servers of a member, of an admin, and of a user in the older single-user mode."""
    hub.user("mixin", "staff", "ünï")
    names = ["u-3", "u-17", ADMINS[0], "mixin"]
    hub.start_servers(*(f"{name}/" for name in names))
    for name in names:
        own = access(hub.visit(name, f"{name}/"))
        seen = access(viewer, **{"as": {"user": name}})
        assert seen["visitor"] == own["visitor"]
        assert seen["visitor"]["user"] == name
        listed, shown = decisions_of(own["cards"]), decisions_of(seen["cards"])
        assert {key: shown.get(key) for key in listed} == listed
        hidden = {key for key, (visible, *_) in shown.items() if not visible}
        assert set(shown) - set(listed) <= hidden


def test_is_what_the_users_own_token_gives(hub, users, viewer):
    """For each of the users, whose servers need not run: the facts that their token reads."""
    policy = _core.Policy(Path(hub.known["policy"]).read_bytes())
    asked = policy.token_scopes()
    assert "read:users:shares!user" in asked

    async def own_context(name: str) -> dict[str, Any]:
        scopes = [
            f"access:servers!server={name}/",
            "read:users:name!user",
            "read:users:groups!user",
        ]
        # An admin may share servers, so the token gets no other scope for which the policy asks,
        # and nobody else here holds one.
        scopes += ["read:users:shares!user"]
        client = HubClient(hub.api_url)
        try:
            facts = await load_visitor(client, hub.token(name, *scopes))
        finally:
            client.close()
        snapshot = ContextSnapshot(facts)
        return context_model(snapshot, server_owner=name, server_name="", now=current_time())

    differing = {}
    for name in users:
        seen = access(viewer, **{"as": {"user": name}})
        context = json.dumps(asyncio.run(own_context(name)))
        cards = [{**card, "icon": None} for card in seen["cards"]]
        kernelspecs = json.dumps([{"name": n} for n in ("python3", "class1234_semester02")])
        explained = json.loads(policy.explain(context, json.dumps(cards), kernelspecs))["decisions"]
        own = [{**card, **made} for card, made in zip(cards, explained, strict=True)]
        if decisions_of(own) != decisions_of(seen["cards"]):
            differing[name] = decisions_of(own).items() ^ decisions_of(seen["cards"]).items()
        own_cards = {card["id"] for card in json.loads(policy.cards(context))}
        assert own_cards == {card["id"] for card in seen["cards"] if card["policy_card"]}
    assert differing == {}


def test_a_scope_of_another_role_is_said_to_be_unknown(hub, viewer):
    """`student` holds custom:desk:use by a role that is not in the policy."""
    seen = access(viewer, **{"as": {"user": "student"}})
    (warning,) = seen["warnings"]
    assert warning.startswith("It is not known whether student holds ")
    assert "custom:desk:use" in warning
    assert "class1234-web" not in warning


def test_names_are_completed(hub, users, viewer):
    answer = viewer.get("scoped-launcher/visitors", params={"prefix": "u-19"}).json()
    assert answer == {"users": ["u-19", *(f"u-19{n}" for n in range(10))], "complete": True}
    answer = viewer.get("scoped-launcher/visitors", params={"prefix": "u-"}).json()
    assert len(answer["users"]) == 20
    assert not answer["complete"]


def test_others_may_neither_look_nor_list(hub, users):
    hub.start_servers("u-3/")
    visitor = hub.visit("u-3", "u-3/")
    for answer in (
        visitor.post("scoped-launcher/access", {"cards": [], "as": {"user": "u-4"}}),
        visitor.get("scoped-launcher/visitors"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "not-allowed")


def test_nothing_is_done_as_the_other(hub, users, viewer):
    before = hub.api("GET", "/users/u-5")
    tokens = hub.api("GET", "/users/u-5/tokens")
    access(viewer, **{"as": {"user": "u-5"}})
    assert hub.api("GET", "/users/u-5/tokens") == tokens
    assert hub.api("GET", "/users/u-5") == before
    assert viewer.context()["user"] == "root"


def test_an_admins_token_at_a_students_server_reads_nobody(hub, users):
    """Although `preview_users` is set: the student could use it."""
    hub.start_servers("u-3/")
    at_student = hub.visit("root", "u-3/")
    assert at_student.context()["user"] == "root"
    answer = at_student.post("scoped-launcher/access", {"cards": [], "as": {"user": "u-4"}})
    assert (answer.status_code, answer.json()["code"]) == (403, "not-allowed")
    assert at_student.get("scoped-launcher/visitors").json() == {"users": [], "complete": False}
