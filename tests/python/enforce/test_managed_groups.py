"""What the Hub's log says at start of groups that the next login overwrites."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from hubs import Hub
from traitlets.config import Config

from jupyterlab_scoped_launcher._core import Policy
from jupyterlab_scoped_launcher.hub.managed_groups import overwritten_memberships
from jupyterlab_scoped_launcher.variables import MANAGED_GROUPS_VARIABLE, SERVICE_VARIABLE

pytestmark = pytest.mark.xdist_group("managed groups")

INSTRUCTOR = {"name": "teachers", "groups": ["staff"], "scopes": ["groups!group=class"]}
RULE = {"id": "kernel", "match": {"kernel": "x"}}


def sentences(c: Config, **policy: Any) -> list[str]:
    c.GenericOAuthenticator.manage_groups = True
    return overwritten_memberships(c, Policy(json.dumps({"version": 1, **policy})))


def test_without_managed_groups_nothing_is_said():
    c = Config()
    c.JupyterHub.load_groups = {"class": {"users": ["a"]}}
    policy = Policy(
        json.dumps({"version": 1, "rules": [{**RULE, "show_when": {"group": "class"}}]})
    )
    assert overwritten_memberships(c, policy) == []


def test_load_groups_are_named():
    c = Config()
    c.JupyterHub.load_groups = {"class": {"users": ["a"]}}
    (sentence,) = sentences(c)
    assert "c.JupyterHub.load_groups has 'class'" in sentence
    assert "does not start" in sentence


def test_an_instructors_role_is_named():
    c = Config()
    admin = {"name": "admin", "users": ["root"], "scopes": ["admin:groups"]}
    service = {"name": "sync", "services": ["sync"], "scopes": ["groups"]}
    c.JupyterHub.load_roles = [INSTRUCTOR, admin, service]
    (sentence,) = sentences(c)
    assert "the role 'teachers' in c.JupyterHub.load_roles has 'groups!group=class'" in sentence
    in_policy, decides = sentences(Config(), roles=[INSTRUCTOR])
    assert "the role 'teachers' in the policy" in in_policy
    assert "decides by 'staff'" in decides


@pytest.mark.parametrize(
    "condition",
    [{"group": ["class", "exam-*"]}, {"any": [{"group": "class"}, {"not": {"group": "exam-*"}}]}],
)
def test_the_groups_of_a_policy_are_named(condition):
    (sentence,) = sentences(Config(), rules=[{**RULE, "show_when": condition}])
    assert "the policy decides by 'class', 'exam-*'" in sentence


def test_a_request_to_join_is_named():
    rule = {**RULE, "show_when": {"group": "class"}, "request": {"group": "class"}}
    request, _ = sentences(Config(), rules=[rule])
    assert "rule 'kernel' of the policy lets people ask to join 'class'" in request


def test_a_policy_without_groups_is_fine():
    assert sentences(Config(), rules=[{**RULE, "show_when": {"admin": True}}]) == []


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    folder = tmp_path_factory.mktemp("managed-groups")
    groups, policy = folder / "groups", folder / "policy.yaml"
    groups.write_text("lab")
    policy.write_text(
        "version: 1\nrules: [{id: r, match: {kernel: x}, show_when: {group: class}}]\n"
    )
    config = Path(__file__).with_name("managed_groups_config.py")
    with Hub(folder, config, groups=str(groups), policy=str(policy)) as running:
        yield running


def test_a_real_hub_overwrites_what_an_instructor_changes(hub):
    """As docs/reference/hub.md says. The visitor's own request to the Hub refreshes the user."""
    hub.log_in("student")
    visitors = {"Authorization": f"token {hub.token('student', 'read:users:groups!user')}"}

    def groups() -> list[str]:
        answer = requests.get(f"{hub.api_url}/user", headers=visitors, timeout=30)
        return sorted(answer.json()["groups"])

    hub.api("POST", "/groups/class", ok=(400, 409))
    # As an instructor does; JupyterHub before 5.3 refuses that with 400.
    hub.api("POST", "/groups/class/users", ok=(400, 404), users=["student"])
    hub.wait(lambda: groups() == ["lab"], 10)
    Path(hub.known["groups"]).write_text("lab class")
    hub.wait(lambda: groups() == ["class", "lab"], 10)


def test_a_server_that_is_told_knows_that_groups_are_managed(hub):
    """It asks the Hub more often then, so that the Hub asks the identity provider again."""
    hub.start_servers("student/", tiny=True)
    environment = hub.server_environment("student/")
    assert environment[SERVICE_VARIABLE]
    assert environment[MANAGED_GROUPS_VARIABLE] == "1"


def test_the_start_of_a_real_hub_warns(hub):
    assert "the role 'instructors' in c.JupyterHub.load_roles has 'groups!group=class'" in hub.log()
    assert "the policy decides by 'class'" in hub.log()
