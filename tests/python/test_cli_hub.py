"""``scoped-launcher`` with data from a real Hub."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import command_line
import pytest


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
    """Run the command with a token for the Hub; standard output and error are text."""
    done = command_line.run(*args, JUPYTERHUB_API_TOKEN=token or "")
    done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
    assert not token or token not in done.stdout + done.stderr
    return done


def test_explain_reads_the_groups_of_the_user(hub: Any, policy: Path) -> None:
    for url in (hub.url, f"{hub.url}/hub/", f"{hub.url}/hub/api"):
        args = ["explain", policy, "--user", "member", "--hub", url, "--format", "json"]
        decisions = json.loads(run(hub.known["token"], *args).stdout)["decisions"]
        visible = {decision["id"]: decision["visible"] for decision in decisions}
        assert visible["kernel:Class"] is True
        assert visible["command:hub-admin"] is False


def test_explain_counts_only_shares_with_the_user(hub: Any, tmp_path: Path) -> None:
    """A share with a group opens no server: the launcher does not count it either."""
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "version: 1\n"
        "rules:\n"
        "  - id: lent\n"
        "    match: {server: lender/dash-1}\n"
        "    show_when: {scope: access:servers!server=lender/dash-1}\n"
    )
    hub.start_servers("lender/dash-1", tiny=True)
    hub.user("borrower", "Borrowers")
    args = ["explain", policy, "--user", "borrower", "--hub", hub.url, "--format", "json"]

    def is_visible() -> bool:
        done = run(hub.known["token"], *args, "--card", "server:lender/dash-1")
        return bool(json.loads(done.stdout)["decisions"][0]["visible"])

    hub.api("POST", "/shares/lender/dash-1", group="Borrowers")
    assert not is_visible()
    hub.share("lender/dash-1", "borrower")
    assert is_visible()
    scopes = ("read:users:name", "read:users:groups")
    blind = hub.token("borrower", *(f"{scope}!user=borrower" for scope in scopes))
    done = run(blind, *args, "--card", "server:lender/dash-1")
    (decision,) = json.loads(done.stdout)["decisions"]
    assert "it is not known whether you hold it" in decision["sentence"]
    assert "you do not hold it" not in decision["sentence"]


def test_check_reads_all_groups(hub: Any, policy: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(policy.read_text().replace("Morons", "Moron"))
    assert "SL506" not in run(hub.known["token"], "check", policy, "--hub", hub.url).stdout
    assert (
        "Did you mean `Morons`?" in run(hub.known["token"], "check", wrong, "--hub", hub.url).stdout
    )


def test_diff_reads_all_users(hub: Any, policy: Path, tmp_path: Path) -> None:
    hub.api("POST", "/users/stranger", ok=(409,))
    hub.api("POST", "/users/member", ok=(409,))
    new = tmp_path / "new.yaml"
    new.write_text(policy.read_text().replace("Morons", "empty"))
    done = run(hub.known["token"], "diff", policy, new, "--hub", hub.url, "--format", "json")
    answer = json.loads(done.stdout)
    assert answer["users"] == len(hub.api("GET", "/users"))
    assert answer["changes"] == [{"user": "member", "card": "kernel:Class", "change": "loses"}]


def test_refusals_of_the_hub_end_the_command(hub: Any, policy: Path) -> None:
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


def test_cards_of_a_running_server_are_listed_for_whom_the_token_may_act_for(hub: Any) -> None:
    hub.start_servers("member/")
    scopes = ("read:users:name", "read:servers", "access:servers")
    token = hub.token("member", *(f"{scope}!user=member" for scope in scopes))
    for args in ([], ["--user", "member"], ["--server", "member/"]):
        done = run(token, "cards", "--hub", hub.url, *args, "--format", "json")
        assert done.returncode == 0, done.stderr
        cards = json.loads(done.stdout)["cards"]
        ids = [card["id"] for card in cards]
        assert ids.count("kernel:python3") == 2
        assert "command:terminal:create-new" in ids
        assert {tuple(card["rules"]) for card in cards} == {()}


def test_cards_of_other_servers_are_refused(hub: Any) -> None:
    hub.start_servers("member/")
    hub.start_servers("lender/dash-1", tiny=True)
    weak = hub.token("member", "read:users:name!user=member")
    done = run(weak, "cards", "--hub", hub.url)
    assert done.returncode == 3
    assert "give it read:servers!user=member and access:servers!user=member" in done.stderr
    done = run(weak, "cards", "--hub", hub.url, "--user", "lender")
    assert done.returncode == 3
    assert "There is no such user, or the token may not see it." in done.stderr
    blind = hub.token("member", "read:users:name!user=member", "read:servers!user=member")
    done = run(blind, "cards", "--hub", hub.url)
    assert done.returncode == 3
    assert "asks for a login. Put a token that may open it into JUPYTERHUB_API_TOKEN" in done.stderr
    done = run(hub.known["token"], "cards", "--hub", hub.url, "--server", "lender/none")
    assert done.returncode == 3
    assert "The server lender/none is not running. Start it, and try again." in done.stderr
