"""``scoped-launcher scopes``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jupyterlab_scoped_launcher.cli.scopes import scopes


def run(*arguments: str) -> Result:
    return CliRunner().invoke(scopes, arguments)


def test_expand_lists_one_scope_a_line() -> None:
    result = run("expand", "list:users", "access:servers!server", "--server", "ann/")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "access:servers!server=ann/",
        "list:users",
        "read:users:name",
    ]


def test_expand_replaces_self_by_the_owner_or_warns() -> None:
    assert "tokens!user=ann" in run("expand", "self", "--user", "ann").stdout.splitlines()
    service = run("expand", "self", "read:services!service", "--service", "web")
    assert "read:services!service=web" in service.stdout.splitlines()
    assert "Warning: `self`" in service.stderr


def test_expand_answers_as_batch_does() -> None:
    answer = json.loads(run("expand", "proxy", "--json").stdout)
    assert answer == {"scopes": ["proxy"], "warnings": []}


@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        (["expand", "all"], 1, "write `inherit`"),
        (["expand", "users!user="], 1, "names nothing"),
        (["expand"], 2, "Missing argument"),
        (["expand", "proxy", "--server", "ann"], 2, "OWNER/NAME"),
        (["expand", "self", "--user", "ann", "--service", "web"], 2, "--user or --service"),
        (["has", "proxy", "nonsense"], 1, "no scope `nonsense`"),
        (["has", "proxy", "shutdown", "--group", "class"], 2, "--user"),
        (["describe", "users!tag=x"], 1, "filter that does not exist"),
    ],
)
def test_errors_are_reported(arguments: list[str], exit_code: int, message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == exit_code
    assert message in result.stderr
    assert "Traceback" not in result.output


def test_has_answers_in_its_output_and_exit_code() -> None:
    arguments = ("has", "access:servers!server=ann/lab", "access:servers!group=class")
    for more, answer in (
        ((), ("no\n", 1)),
        (("--user", "ann", "--group", "class"), ("yes\n", 0)),
        (("--user", "ann", "--group", "other"), ("no\n", 1)),
        (("--user", "bob", "--group", "class"), ("no\n", 1)),
    ):
        result = run(*arguments, *more)
        assert (result.stdout, result.exit_code) == answer
    assert run("has", "users", "users!user=ann").stdout == "no\n"
    assert run("has", "users", "users!user=ann", "--any").stdout == "yes\n"


def test_describe_prints_the_descriptions() -> None:
    result = run("describe", "access:servers!group=course7", "shutdown")
    assert result.stdout.splitlines() == [
        "access:servers!group=course7  access servers of users in group course7",
        "shutdown                      shut down the Hub",
    ]


def test_custom_scopes_are_those_of_the_policy(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "version: 1\n"
        "custom_scopes:\n"
        "  custom:class:all: {description: Run the class, subscopes: [custom:class:use]}\n"
        "  custom:class:use: {description: Use the tools}\n"
    )
    known = ("--policy", str(policy))
    assert run("has", "custom:class:use", "custom:class:all", *known).stdout == "yes\n"
    assert run("describe", "custom:class:use", *known).stdout == "custom:class:use  Use the tools\n"
    assert run("expand", "custom:class:all", *known).stdout.splitlines() == [
        "custom:class:all",
        "custom:class:use",
    ]
    assert run("describe", "custom:class:use").exit_code == 1
