"""Options that take names take every name, and say what to write for what is none."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from command_line import run

NAMES = [
    "a,b",
    "a=b",
    "a = b, c",
    'say "hi"',
    "it's",
    "-x",
    "--group",
    "Übung 1:2",
    "*",
    r"EXAMPLE\Domain Users",
    "  ",
    "/exams/phys-exam",
    "a\nb",
    "$HOME;`id`",
]


def literal(name: str) -> str:
    """Write a name as a glob that matches nothing else."""
    return "".join("\\" + c if c in "*?[]\\" else c for c in name)


def policy_of(*rules: tuple[dict[str, Any], dict[str, Any]]) -> bytes:
    """Write a policy with a rule for each matcher and its condition."""
    written = [
        {"id": f"r{number}", "match": match, "show_when": condition}
        for number, (match, condition) in enumerate(rules)
    ]
    return yaml.safe_dump({"version": 1, "rules": written}, allow_unicode=True).encode()


def shown(*args: str | Path, stdin: bytes) -> set[str]:
    """The ids of the cards that are visible, of those that were asked for."""
    done = run("decide", "-", *args, "--format", "json", stdin=stdin)
    assert done.returncode == 0, done.stderr
    return {entry["id"] for entry in json.loads(done.stdout)["decisions"] if entry["visible"]}


def test_groups_are_one_name_each() -> None:
    groups = [*NAMES, "a", "b"]
    policy = policy_of(
        *(({"proxy": f"p{i}"}, {"group": literal(group)}) for i, group in enumerate(groups))
    )
    cards = [f"--card=proxy:p{i}" for i in range(len(groups))]
    options = [text for name in NAMES for text in ("--group", name)]
    found = shown("--user", "u", *options, *cards, stdin=policy)
    assert found == {f"proxy:p{i}" for i in range(len(NAMES))}
    without = shown("--user", "u", "--group", ",".join(NAMES), *cards, stdin=policy)
    assert without == set()


@pytest.mark.parametrize("name", ["a,b", "-x", 'say "hi"', "a=b"])
def test_a_user_is_one_name(name: str) -> None:
    policy = policy_of(({"proxy": "p"}, {"user": literal(name)}))
    assert shown("--user", name, "--card", "proxy:p", stdin=policy) == {"proxy:p"}


@pytest.mark.parametrize("kind", ["proxy", "service", "command"])
def test_cards_have_such_names(kind: str) -> None:
    policy = policy_of(*(({kind: literal(name)}, {"group": "g"}) for name in NAMES))
    cards = [f"--card={kind}:{name}" for name in NAMES]
    found = shown("--user", "u", "--group", "g", *cards, stdin=policy)
    assert found == {f"{kind}:{name}" for name in NAMES}
    assert shown("--user", "u", *cards, stdin=policy) == set()


def test_kernels_have_such_names() -> None:
    names = [name for name in NAMES if literal(name) == name]
    policy = policy_of(
        *(({"proxy": f"p{i}"}, {"kernel": name}) for i, name in enumerate(names)),
        ({"proxy": "other"}, {"kernel": "a"}),
    )
    cards = [f"--card=proxy:p{i}" for i in range(len(names))]
    options = [text for name in names for text in ("--kernel", name)]
    found = shown("--user", "u", *options, *cards, "--card=proxy:other", stdin=policy)
    assert found == {f"proxy:p{i}" for i in range(len(names))}


def test_several_users_have_groups_of_such_names() -> None:
    policy = policy_of(({"kernel": "k"}, {"group": [literal(name) for name in NAMES]}))
    args = ["--user", "outside"]
    for name in NAMES:
        args += ["--user-group", f"in {name}", name, "--user-group", name, "other"]
    done = run("preview", "-", *args, "--card", "kernel:k", "--format", "json", stdin=policy)
    cards = json.loads(done.stdout)["cards"]
    assert [card["category"] for card in cards] == ["Console", "Notebook"]
    inside, others = {f"in {name}" for name in NAMES}, {"outside", *NAMES}
    for card in cards:
        assert {name for name, is_visible in card["visible"].items() if is_visible} == inside
        assert {name for name, is_visible in card["visible"].items() if not is_visible} == others


def test_check_takes_groups_of_such_names() -> None:
    names = [name for name in NAMES if literal(name) == name]
    policy = policy_of(({"kernel": "k"}, {"group": names}))
    options = [text for name in names for text in ("--group", name)]
    assert b"SL506" not in run("check", "-", *options, stdin=policy).stdout


def test_diff_takes_users_as_preview_does(tmp_path: Path) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_bytes(policy_of(({"kernel": "k"}, {"group": "a,b"})))
    new.write_bytes(policy_of(({"kernel": "k"}, {"group": "a"})))
    args = ["--user-group", "x", "a,b", "--user-group", "y", "a", "--user", "z"]
    done = run("diff", old, new, *args, "--format", "json")
    assert json.loads(done.stdout)["changes"] == [
        {"user": "x", "card": "kernel:k", "change": "loses"},
        {"user": "y", "card": "kernel:k", "change": "gains"},
    ]
    done = run("diff", old, new, *args, "--users", old)
    assert done.returncode == 2
    assert b"in one way" in done.stderr


def test_the_name_of_a_server_begins_after_the_first_slash() -> None:
    policy = policy_of(({"server": "profx/a/b"}, {"owner": True}))
    card = ["--card", "server:profx/a/b"]
    assert shown("--user", "profx", *card, stdin=policy) == {"server:profx/a/b"}
    assert shown("--user", "guest", "--server", "profx/a/b", *card, stdin=policy) == set()


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (["--card", "terminal:create-new"], "write command:terminal:create-new."),
        (["--card", "python3"], "Write KIND:NAME, where KIND is one of kernel, proxy"),
        (["--card", "kernel:"], "Write kernel:NAME."),
        (["--card", "server:dash-1"], "Write server:OWNER/NAME; the default server of mmuster is"),
        (["--server", "dash-1"], "write OWNER/NAME"),
        (["--share", "dash-1"], "write OWNER/NAME"),
        (["--group", b"caf\xe9"], "is not UTF-8. Write it as UTF-8."),
        (["--now", "2026-12-01T08:00:00"], "write 2026-12-01T08:00:00+01:00; or add an offset"),
        (["--now", "2026-07-01 08:00"], "write 2026-07-01T08:00:00+02:00; or add an offset"),
        (["--now", "2026-07-01"], "has no zone"),
        (["--now", "tomorrow"], "Write one with a zone, such as 2026-12-01T08:00:00+01:00."),
    ],
)
def test_wrong_values_are_wrong_usage(args: list[str | bytes], hint: str) -> None:
    policy = b"version: 1\ntimezone: Europe/Berlin\n"
    texts = [os.fsdecode(arg) for arg in args]
    for command in ("explain", "decide", "preview"):
        done = run(command, "-", "--user", "u", *texts, stdin=policy)
        assert done.returncode == 2
        assert hint in " ".join(done.stderr.decode().split())


def test_now_with_a_zone_is_used(tmp_path: Path) -> None:
    policy = (
        b"version: 1\nrules:\n"
        b"  - {id: r, match: {kernel: k}, show_when: {always: true}, from: 2026-12-01T08:00:00Z}\n"
    )
    card = ["--user", "u", "--card", "kernel:k", "--now"]
    done = run("explain", "-", *card, "2026-12-01T08:59:59+01:00", stdin=policy)
    assert b"outside its time window" in done.stdout
    done = run("explain", "-", *card, "2026-12-01T09:00:00+01:00", stdin=policy)
    assert b"outside its time window" not in done.stdout
    users = tmp_path / "users.json"
    users.write_text("[]")
    (tmp_path / "p.yaml").write_bytes(policy)
    bare = ["--users", users, "--now", "2026-12-01 08:00"]
    done = run("diff", tmp_path / "p.yaml", tmp_path / "p.yaml", *bare)
    assert done.returncode == 2
    assert b"2026-12-01T08:00:00+01:00, or Z for UTC" in done.stderr
