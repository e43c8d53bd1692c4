"""The policies of docs/how-to/needs.md where a Hub and its servers decide, on a real Hub.

Their texts are the page's. Only dates are moved, so that a window is open or over today. That they
decide as the page says, at any time and in the other needs too, is tested in `test_needs.py`.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hubs import REPO, free_urls

from tests.python.enforce.conftest import ClassHub, ClassVisitor

HERE = Path(__file__).parent
PAGE = (REPO / "docs" / "how-to" / "needs.md").read_text(encoding="utf-8")


def recipe(need: str) -> dict[str, Any]:
    """Return the policy of the section ``need``."""
    section = PAGE.split(f"## {need}\n")[1].split("\n## ")[0]
    policy: dict[str, Any] = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", section, re.S)[0])
    return policy


def with_end(policy: dict[str, Any], kernel: str, days: int) -> dict[str, Any]:
    """Return the policy about one kernel, with a window that ends so many days from today."""
    (rule,) = policy["rules"]
    until = str(date.today() + timedelta(days=days))
    changed = {**rule, "id": kernel, "match": {"kernel": kernel}, "until": until}
    return {**policy, "rules": [changed]}


def together(*policies: dict[str, Any]) -> dict[str, Any]:
    """Return one policy with the entries of all."""
    whole: dict[str, Any] = {"version": 1, "refresh": "1s", "timezone": "Europe/Berlin"}
    for policy in policies:
        for key in ("roles", "cards", "rules"):
            whole.setdefault(key, []).extend(policy.get(key, []))
    return whole


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, class_kernels: Path) -> Iterator[ClassHub]:
    folder = tmp_path_factory.mktemp("hub")
    policy = together(
        recipe("Guests of a shared server run nothing"),
        with_end(recipe("A kernel until the end of the semester"), "open-today", 0),
        with_end(recipe("A kernel until the end of the semester"), "over", -1),
        recipe("A service card for whoever may enter the service"),
        recipe("Real-time collaboration"),
    )
    (installed,) = (class_kernels / "kernels").iterdir()
    policy["kernels"] = {}
    for name in ("class-1", "open-today", "over"):
        policy["kernels"][name] = str(folder / name)
        shutil.copytree(installed, folder / name / "kernels" / name)
    path = folder / "policy.yaml"
    path.write_text(json.dumps(policy, default=str))
    grades = {
        "name": "grades",
        "url": free_urls(1)[0],
        "command": [sys.executable, str(REPO / "examples/class-hub/services/class1234_web.py")],
        "environment": {"CLASS1234_WEB_FILE": str(folder / "web.json")},
        "oauth_no_confirm": True,
    }
    config = HERE / "recipes_config.py"
    with ClassHub(folder, config, policy=str(path), services=[grades]) as running:
        running.user("member", "class", "graders", "vox")
        running.start_servers("member/", "other/", "other/shared", "vox-collab/")
        running.share("other/shared", "member")
        yield running


def cards_of(visitor: ClassVisitor) -> set[str]:
    """Return the ids of the policy's cards that the visitor sees."""
    listed = visitor.get("scoped-launcher/cards").json()["cards"]
    return {card["policy_card"] for card in listed} - {None}


@pytest.fixture(scope="module")
def member(hub: ClassHub) -> ClassVisitor:
    return hub.visit("member", "member/")


@pytest.fixture(scope="module")
def other(hub: ClassHub) -> ClassVisitor:
    return hub.visit("other", "other/")


def test_a_member_starts_the_class_kernel_on_her_own_server(member):
    assert member.start_kernel("class-1").status_code == 201


def test_who_does_not_take_the_class_does_not_start_it(other):
    assert other.start_kernel("class-1").status_code == 403
    assert other.start_kernel("python3").status_code == 201


def test_a_guest_who_is_in_the_class_starts_nothing(hub):
    guest = hub.visit("member", "other/shared")
    for kernel in ("class-1", "python3"):
        assert guest.start_kernel(kernel).status_code == 403
    assert guest.kernels() == set()
    assert guest.post("api/terminals").status_code == 403


def test_a_window_includes_its_last_day_and_closes_for_everybody_afterwards(member, other):
    assert member.start_kernel("open-today").status_code == 201
    assert other.start_kernel("open-today").status_code == 403
    for visitor in (member, other):
        assert visitor.start_kernel("over").status_code == 403
        assert "over" not in visitor.kernels()


def test_whoever_may_enter_a_service_has_its_card(hub, member, other):
    for user, visitor, may_enter in (("member", member, True), ("other", other, False)):
        page = hub.log_in(user).open("/services/grades/")
        assert page.status_code == (200 if may_enter else 403)
        assert ("grades" in cards_of(visitor)) == may_enter


def test_whoever_may_enter_a_collaborations_server_has_its_card(hub, member, other):
    for user, visitor, may_enter in (("member", member, True), ("other", other, False)):
        status = hub.visit(user, "vox-collab/").get("api/kernelspecs").status_code
        assert status == (200 if may_enter else 403)
        assert ("collaboration" in cards_of(visitor)) == may_enter
