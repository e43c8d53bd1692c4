"""The roles of a changed policy are applied to the running Hub, and no card is shown before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from command_line import run
from hubs import Visitor

from jupyterlab_scoped_launcher._core import Policy

LIVE_S = 8.0
TESTS = "access:services!service=tests"
DESK = "access:services!service=desk"
PAGES = "access:services!service=scoped-launcher"

ROLE = {"name": "class-roles", "groups": ["class"], "scopes": [TESTS]}
RULES = [
    {"id": "tests", "match": {"service": "tests"}, "show_when": {"scope": TESTS}},
    {"id": "other", "match": {"service": "desk"}, "show_when": {"scope": DESK}},
]
CARDS = [
    {"id": "tests", "kind": "service", "name": "tests"},
    {"id": "other", "kind": "service", "name": "desk"},
]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from .conftest import ChangesHub

    folder = tmp_path_factory.mktemp("roles-hub")
    with ChangesHub(folder, json.dumps({"version": 1, "rules": RULES})) as running:
        running.wait_for_service()
        running.user("mmuster", "class")
        running.start_servers("mmuster/")
        yield running


@pytest.fixture(scope="module")
def visitor(hub: Any) -> Visitor:
    found = hub.log_in("mmuster").enter("mmuster/")
    hub.wait(lambda: found.context()["page"]["refresh_s"], 30)
    return found


def write(hub: Any, *roles: dict[str, Any], **more: Any) -> None:
    temporary = hub.policy.with_suffix(".new")
    temporary.write_text(json.dumps({"version": 1, "rules": RULES, "roles": roles, **more}))
    temporary.replace(hub.policy)


def scopes_of(hub: Any, user: str) -> set[str]:
    """What the Hub says that the user may do."""
    token = hub.api("POST", f"/users/{user}/tokens", scopes=["inherit"])["token"]
    headers = {"Authorization": f"token {token}"}
    return set(requests.get(f"{hub.api_url}/user", headers=headers, timeout=10).json()["scopes"])


def shown(visitor: Visitor) -> set[str]:
    """The cards that the visitor's launcher shows."""
    context = visitor.context()
    policy = Policy(json.dumps(context.pop("policy")["document"]))
    for key in ("page", "cards", "sections"):
        context.pop(key, None)
    decided = json.loads(policy.decide(json.dumps(context), json.dumps(CARDS)))["decisions"]
    return {made["id"] for made in decided if made["visible"]}


def status(hub: Any) -> tuple[int, dict[str, Any]]:
    token = hub.token("root", PAGES, "read:metrics")
    done = run("hub", "status", "--hub", hub.url, "--json", JUPYTERHUB_API_TOKEN=token)
    return done.returncode, json.loads(done.stdout or "{}")


def test_a_new_role_a_changed_one_and_its_end(hub, visitor):
    assert shown(visitor) == set()
    write(hub, ROLE)
    hub.wait(lambda: TESTS in scopes_of(hub, "mmuster"), LIVE_S)
    hub.wait(lambda: shown(visitor) == {"tests"}, LIVE_S)
    write(hub, {**ROLE, "scopes": [TESTS, DESK]})
    hub.wait(lambda: DESK in scopes_of(hub, "mmuster"), LIVE_S)
    hub.wait(lambda: shown(visitor) == {"tests", "other"}, LIVE_S)
    write(hub, {**ROLE, "groups": ["nobody-yet"]})
    hub.wait(lambda: TESTS not in scopes_of(hub, "mmuster"), LIVE_S)
    hub.wait(lambda: shown(visitor) == set(), LIVE_S)
    hub.user("mmuster", "nobody-yet")
    assert TESTS in scopes_of(hub, "mmuster")
    write(hub)
    hub.wait(lambda: TESTS not in scopes_of(hub, "mmuster"), LIVE_S)
    code, found = status(hub)
    assert (code, found["problems"]) == (0, [])


def test_roles_of_others_stay(hub):
    hub.user("clerk", "staff")
    assert TESTS in scopes_of(hub, "clerk")
    write(hub, {**ROLE, "name": "desk", "groups": ["class"]})
    hub.wait(lambda: status(hub)[0] == 1, LIVE_S)
    _, found = status(hub)
    assert "'desk' is defined differently in c.JupyterHub.load_roles" in found["problems"][0]
    assert TESTS in scopes_of(hub, "clerk")
    assert TESTS not in scopes_of(hub, "mmuster")
    write(hub)
    hub.wait(lambda: status(hub)[0] == 0, LIVE_S)
    assert TESTS in scopes_of(hub, "clerk")


def test_a_role_that_cannot_be_applied_shows_no_card_and_keeps_the_last_ones(hub, visitor):
    write(hub, ROLE)
    hub.wait(lambda: shown(visitor) == {"tests"}, LIVE_S)
    broken = {"name": "more", "groups": ["class"], "services": ["missing"], "scopes": [DESK]}
    write(hub, ROLE, broken)
    hub.wait(lambda: status(hub)[0] == 1, LIVE_S)
    _, found = status(hub)
    assert "names 'missing' among its services" in found["problems"][0]
    assert "keeps the last ones" in hub.log()
    assert TESTS in scopes_of(hub, "mmuster"), "the last good roles stay"
    assert DESK not in scopes_of(hub, "mmuster")
    for _ in range(3):
        assert shown(visitor) == {"tests"}
    write(hub, ROLE, {**broken, "services": []})
    hub.wait(lambda: shown(visitor) == {"tests", "other"}, LIVE_S)
    assert DESK in scopes_of(hub, "mmuster")
    assert status(hub)[0] == 0
    write(hub)
    hub.wait(lambda: shown(visitor) == set(), LIVE_S)


def test_custom_scopes(hub, visitor):
    scope = "custom:class:use"
    definition = {scope: {"description": "Use the class"}}
    role = {**ROLE, "scopes": [scope]}
    write(hub, role, custom_scopes=definition)
    hub.wait(lambda: scope in scopes_of(hub, "mmuster"), LIVE_S)
    more = {**definition, "custom:class:read": {"description": "Read"}}
    more[scope] = {"description": "Use the class now", "subscopes": ["custom:class:read"]}
    write(hub, role, custom_scopes=more)
    hub.wait(lambda: status(hub)[0] == 1, LIVE_S)
    assert "restart the Hub" in status(hub)[1]["problems"][0]
    assert scope in scopes_of(hub, "mmuster")
    assert "custom:class:read" not in scopes_of(hub, "mmuster")
    write(hub)
    hub.wait(lambda: status(hub)[0] == 0, LIVE_S)
    assert scope not in scopes_of(hub, "mmuster")


def test_the_hub_does_the_same_at_its_next_start(hub):
    hub.user("clerk", "staff")
    roles = [ROLE, {"name": "of-a-user", "users": ["somebody-new"], "scopes": [DESK]}]
    write(hub, *roles)
    hub.wait(lambda: TESTS in scopes_of(hub, "mmuster"), LIVE_S)
    hub.wait(lambda: DESK in scopes_of(hub, "somebody-new"), LIVE_S)
    before = {user: scopes_of(hub, user) for user in ("mmuster", "somebody-new", "clerk")}
    with hub.gone():
        pass
    hub.wait_for_service()
    assert {user: scopes_of(hub, user) for user in before} == before
    assert status(hub)[0] == 0


def test_a_token_without_scopes_reads_no_status(hub):
    token = hub.token("mmuster", "read:users!user")
    done = run("hub", "status", "--hub", hub.url, JUPYTERHUB_API_TOKEN=token)
    assert done.returncode == 3
    assert b"access:services!service=scoped-launcher" in done.stderr
    answer = requests.get(f"{hub.service_url}api/status", timeout=10)
    assert answer.status_code == 403
