"""The command line's questions to a real Hub."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# As installed: `python -m` would find this folder's package, which has no compiled engine, first.
COMMAND = [str(Path(sys.executable).with_name("scoped-launcher"))]


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(
        "version: 1\n"
        "rules:\n"
        "  - {id: class, match: {kernel: Class}, show_when: {group: Morons}}\n"
        "  - {id: admins, match: {command: hub-admin}, show_when: {admin: true}}\n"
    )
    return path


def run(token: str | None, *args: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "JUPYTERHUB_API_TOKEN": token or ""}
    done = subprocess.run(
        [*COMMAND, *map(str, args)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment,
    )
    assert "Traceback" not in done.stderr
    assert not token or token not in done.stdout + done.stderr
    return done


def test_explain_asks_for_groups(hub: Any, policy: Path) -> None:
    for url in (hub.url, f"{hub.url}/hub/", f"{hub.url}/hub/api"):
        args = ["explain", policy, "--user", "member", "--hub", url, "--format", "json"]
        decisions = json.loads(run(hub.known["token"], *args).stdout)["decisions"]
        assert {decision["id"]: decision["visible"] for decision in decisions} == {
            "kernel:Class": True,
            "command:hub-admin": False,
        }


def test_check_asks_for_all_groups(hub: Any, policy: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(policy.read_text().replace("Morons", "Moron"))
    assert "SL506" not in run(hub.known["token"], "check", policy, "--hub", hub.url).stdout
    assert (
        "Did you mean `Morons`?" in run(hub.known["token"], "check", wrong, "--hub", hub.url).stdout
    )


def test_diff_asks_for_all_users(hub: Any, policy: Path, tmp_path: Path) -> None:
    hub.api("POST", "/users/stranger", ok=(409,))
    hub.api("POST", "/users/member", ok=(409,))
    new = tmp_path / "new.yaml"
    new.write_text(policy.read_text().replace("Morons", "empty"))
    done = run(hub.known["token"], "diff", policy, new, "--hub", hub.url, "--format", "json")
    answer = json.loads(done.stdout)
    assert answer["users"] == len(hub.api("GET", "/users"))
    assert answer["changes"] == [{"user": "member", "card": "kernel:Class", "change": "loses"}]


def test_the_hub_says_no(hub: Any, policy: Path) -> None:
    hub.api("POST", "/users/member", ok=(409,))
    args = ["explain", policy, "--hub", hub.url, "--user"]
    nobody = run(hub.known["token"], *args, "nobody-at-all")
    assert nobody.returncode == 3
    assert "404" in nobody.stderr
    weak = hub.token("member", "read:users:name!user=member")
    refused = run(weak, "check", policy, "--hub", hub.url)
    assert refused.returncode == 3
    assert "403" in refused.stderr
    without = run(None, *args, "member")
    assert without.returncode == 2
    assert "JUPYTERHUB_API_TOKEN" in without.stderr
