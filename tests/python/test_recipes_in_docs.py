"""The policies of all pages but needs.md and lint.md do what the text around them says.

Those of needs.md are tested in `test_needs.py`; `enforce/test_recipes.py` has the ones where a Hub
decides, on a real Hub.
"""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path
from typing import Any

import pytest

from jupyterlab_scoped_launcher import _core

REPO = Path(__file__).resolve().parents[2]

MEMBER = {"user": "mmuster", "groups": ["PythonForMorons101"], "server": {"owner": "mmuster"}}
OTHER = {"user": "guest", "groups": [], "server": {"owner": "guest"}}
GUEST = {**MEMBER, "server": {"owner": "profx", "name": "dash-1"}}
KERNEL = {"kind": "kernel", "name": "class1234_semester02"}
TOOLS = {"kind": "proxy", "name": "class1234-tools"}
TERMINAL = {"kind": "command", "name": "terminal:create-new"}
DASHBOARD = {"kind": "server", "owner": "profx", "name": "dash-1"}
SHARED = {**OTHER, "shares": ["profx/dash-1"]}


def in_groups(*groups: str) -> dict[str, Any]:
    return {**OTHER, "groups": [*groups]}


def profile(name: str) -> dict[str, str]:
    return {"kind": "profile", "name": name}


CLASS = [
    (MEMBER, KERNEL, True),
    (OTHER, KERNEL, False),
    (MEMBER, TOOLS, True),
    (OTHER, TOOLS, False),
]

DECISIONS: dict[tuple[str, str], list[tuple[Any, ...]]] = {
    ("README.md", "class1234-tools"): CLASS,
    ("docs/reference/policy.md", "class1234-tools"): CLASS,
    ("examples/class-hub/policy.yaml", "class1234-tools"): [
        *CLASS,
        (MEMBER, {"kind": "service", "name": "class1234-web"}, True),
        (OTHER, {"kind": "service", "name": "class1234-web"}, False),
        (SHARED, DASHBOARD, True),
        (MEMBER, DASHBOARD, False),
    ],
    ("docs/reference/policy.md", "access:servers!server"): [
        (SHARED, DASHBOARD, True),
        (OTHER, DASHBOARD, False),
    ],
    ("docs/reference/policy.md", "examinees"): [
        (in_groups("examinees"), {"kind": "kernel", "name": "exam_1"}, True),
        (OTHER, {"kind": "kernel", "name": "exam_1"}, False),
        (OTHER, {"kind": "proxy", "name": "x", "category": "Exams"}, False),
    ],
    ("docs/reference/policy.md", "id: lesson"): [
        (in_groups("exam-1"), TERMINAL, True, "2026-12-01T06:59:59Z"),
        (in_groups("exam-1"), TERMINAL, False, "2026-12-01T07:00:00Z"),
        (in_groups("exam-1"), TERMINAL, True, "2026-12-01T11:00:00Z"),
        (in_groups("class"), {"kind": "kernel", "name": "class_1"}, True, "2027-02-28T12:00:00Z"),
        (in_groups("class"), {"kind": "kernel", "name": "class_1"}, False, "2027-03-01T12:00:00Z"),
        (in_groups("pupils"), TERMINAL, False, "2026-12-08T09:30:00Z"),
        (in_groups("pupils"), TERMINAL, True, "2026-12-09T09:30:00Z"),
    ],
    ("docs/reference/policy.md", "id: own-server"): [
        (in_groups("exam-1"), TERMINAL, False, "2026-12-01T09:00:00Z"),
        (in_groups("exam-1", "examiners"), TERMINAL, True, "2026-12-01T09:00:00Z"),
        (in_groups("exam-1"), TERMINAL, True, "2026-12-01T12:00:00Z"),
        (in_groups("hpc"), {"kind": "kernel", "name": "r-gpu"}, True),
        ({**OTHER, "admin": True}, {"kind": "kernel", "name": "r-gpu"}, True),
        (OTHER, {"kind": "kernel", "name": "r-gpu"}, False),
        (MEMBER, {"kind": "command", "name": "x:y", "category": "Settings"}, True),
        (GUEST, {"kind": "command", "name": "x:y", "category": "Settings"}, False),
        (OTHER, {"kind": "service", "name": "web"}, False),
        (
            {**OTHER, "scopes": ["access:services!service=web"]},
            {"kind": "service", "name": "web"},
            True,
        ),
        ({**GUEST, "groups": ["hpc"]}, {"kind": "kernel", "name": "r-gpu"}, False),
        (MEMBER, {"kind": "kernel", "name": "python3"}, True),
        (GUEST, {"kind": "kernel", "name": "python3"}, False),
    ],
    ("docs/explanation/security.md", "guests-run-nothing"): [
        (MEMBER, KERNEL, True),
        (GUEST, KERNEL, False),
        (GUEST, TERMINAL, False),
    ],
    ("docs/reference/hub.md", "gpu-users"): [
        (in_groups("gpu-users"), profile("gpu"), True),
        (OTHER, profile("gpu"), False),
        (OTHER, profile("cpu"), True),
        (OTHER, profile("cpu/accelerator/a100"), False),
        (OTHER, profile("cpu/accelerator/none"), True),
        (OTHER, profile("cpu/image/unlisted_choice"), False),
        (in_groups("staff"), profile("cpu/image/unlisted_choice"), True),
    ],
    ("docs/reference/grants.md", 'title: "{name} of {owner}", category: Dashboards'): [
        (SHARED, DASHBOARD, True),
        (OTHER, DASHBOARD, False),
    ],
    ("docs/reference/grants.md", "category: Apps"): [
        (SHARED, DASHBOARD, True),
        (OTHER, DASHBOARD, False),
    ],
}


def policies(page: str) -> list[str]:
    """Return the policies of a page, each as a whole policy."""
    text = (REPO / page).read_text(encoding="utf-8")
    if page.endswith(".yaml"):
        return [text]
    blocks = re.findall(r"^ *```yaml\n(.*?)```", text, re.M | re.S)
    return [_whole(textwrap.dedent(block)) for block in blocks]


def _whole(block: str) -> str:
    lines = [line for line in block.splitlines() if not line.startswith("#")]
    first = lines[0] if lines else ""
    if first.startswith("version:"):
        return block
    return f"version: 1\nrules:\n{block}" if first.startswith("- ") else f"version: 1\n{block}"


@pytest.mark.parametrize(("page", "marker"), DECISIONS)
def test_policies_decide_as_the_page_says(page: str, marker: str) -> None:
    policy = next(text for text in policies(page) if marker in text)
    for context, card, visible, *now in DECISIONS[page, marker]:
        line = {
            "op": "explain",
            "policy": policy,
            "context": context,
            "cards": [{"id": "c", **card}],
            "kernelspecs": ["class1234_semester02", "python3"],
            "now": now[0] if now else "2026-11-30T12:00:00Z",
        }
        answer = json.loads(_core.batch(json.dumps(line)))
        assert "error" not in answer, answer
        (decision,) = answer["decisions"]
        assert decision["visible"] is visible, (context, card, now, decision["sentence"])


def test_grants_share_what_the_page_says() -> None:
    servers = {"": {}, "dash-1": {}, "dash-private-1": {}, "lab": {}}
    for name, tag in (("dash-1", "dashboard"), ("lab", "jhub-app")):
        servers[name] = {"user_options": {"tags": [tag]}}
    users = [
        {"name": "profx", "groups": [], "servers": servers},
        {"name": "mmuster", "groups": ["default"], "servers": {}},
        {"name": "guest", "groups": [], "servers": {}},
    ]
    shared = []
    for policy in (text for text in policies("docs/reference/grants.md") if "grants:" in text):
        line = {"op": "grants", "policy": policy, "users": users, "shares": []}
        answer = json.loads(_core.batch(json.dumps({**line, "now": "2027-02-28T12:00:00Z"})))
        assert not answer["revoke"]
        shared.append([(made["server"], made["user"]) for made in answer["create"]])
    assert shared == [[("profx/dash-1", "mmuster")]] * 2 + [[("profx/lab", "mmuster")]]
