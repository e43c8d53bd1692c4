"""A Hub whose database is PostgreSQL: roles, requests and grants."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from postgresql import postgresql, query
from service_hub import ServiceHub

from tests.python.joining.conftest import Person

TESTS = "access:services!service=tests"
STUDENTS = {"name": "students", "groups": ["class"], "scopes": [TESTS]}
TEACHERS = {"name": "teachers", "groups": ["teachers"], "scopes": ["groups!group=class"]}
RULE = {
    "id": "class",
    "match": {"kernel": "class_1"},
    "show_when": {"group": "class"},
    "request": {"group": "class"},
}
GRANT = {"id": "dashboards", "to": {"groups": "class"}, "servers": "profx/dash-*"}
POLICY = {"version": 1, "roles": [STUDENTS, TEACHERS], "rules": [RULE], "grants": [GRANT]}

FOLLOWS_S = 20.0


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceHub]:
    folder, config = (
        tmp_path_factory.mktemp("hub"),
        Path(__file__).with_name("jupyterhub_config.py"),
    )
    with (
        postgresql() as url,
        ServiceHub(folder, config, json.dumps(POLICY), db_url=url) as running,
    ):
        running.wait_for_service()
        yield running


def scopes_of(hub: ServiceHub, user: str) -> set[str]:
    """What the Hub says that the user may do."""
    headers = {"Authorization": f"token {hub.token(user, 'inherit')}"}
    return set(requests.get(f"{hub.api_url}/user", headers=headers, timeout=10).json()["scopes"])


def members(hub: ServiceHub) -> set[str]:
    """The members of the class, as the database has them."""
    statement = """
        select users.name from users
        join user_group_map on user_group_map.user_id = users.id
        join groups on groups.id = user_group_map.group_id
        where groups.name = %s"""
    return {name for (name,) in query(hub.known["db_url"], statement, "class")}


def write(hub: ServiceHub, policy: dict[str, Any]) -> None:
    temporary = hub.policy.with_suffix(".new")
    temporary.write_text(json.dumps(policy))
    temporary.replace(hub.policy)


def test_roles_follow_the_policy_and_the_groups(hub: ServiceHub) -> None:
    assert TESTS not in scopes_of(hub, hub.user("ann"))
    hub.user("ann", "class")
    assert TESTS in scopes_of(hub, "ann")
    write(hub, {**POLICY, "roles": [TEACHERS]})
    hub.wait(lambda: TESTS not in scopes_of(hub, "ann"), FOLLOWS_S)
    assert query(hub.known["db_url"], "select id from roles where name = %s", "students") == []
    write(hub, POLICY)
    hub.wait(lambda: TESTS in scopes_of(hub, "ann"), FOLLOWS_S)
    hub.leave("ann", "class")
    assert TESTS not in scopes_of(hub, "ann")


def test_whoever_asks_is_let_in(hub: ServiceHub) -> None:
    student, profx = Person(hub.url, "mmuster"), Person(hub.url, "profx")
    assert "waits for a decision" in student.post("join/class", action="ask").text
    number = re.search(r'value="(\d+)" aria-label="Select mmuster"', profx.get("classes/class"))
    assert number
    assert "mmuster" not in members(hub)
    done = profx.post("classes/class", action="approve", request=number[1])
    assert "Added: mmuster" in done.text
    assert "mmuster" in members(hub)
    student.get("classes/class", 403)


def test_grants_share_and_end_with_the_membership(hub: ServiceHub) -> None:
    hub.start_servers("profx/dash-1", "profx/", tiny=True)
    hub.user("bob", "class")

    def shared() -> set[str]:
        items = hub.api("GET", "/users/bob/shared")["items"]
        return {f"{item['server']['user']['name']}/{item['server']['name']}" for item in items}

    hub.wait(lambda: shared() == {"profx/dash-1"}, FOLLOWS_S)
    hub.leave("bob", "class")
    hub.wait(lambda: shared() == set(), FOLLOWS_S)


def test_a_hub_that_is_started_again_has_what_it_had(hub: ServiceHub) -> None:
    hub.user("eve", "class")
    with hub.gone():
        assert "eve" in members(hub)
    hub.wait_for_service()
    assert TESTS in scopes_of(hub, "eve")
    assert not (hub.folder / "hub.sqlite").exists()
