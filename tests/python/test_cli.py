"""The command line as its users run it: a process with arguments, files and pipes."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from pathlib import Path

import pytest
from command_line import COMMAND, REPO, run

from jupyterlab_scoped_launcher import _core

CLASS_HUB = REPO / "examples" / "class-hub" / "policy.yaml"
POLICY = """\
version: 1
kernels: {Class1234: /srv/kernels/class1234}
rules:
  - id: class
    match: {kernel: Class1234}
    show_when: {group: students}
    contact: profx@example.edu
  - id: class-tools
    match: {proxy: class1234-tools}
    show_when: {kernel: Class1234}
"""


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """Write a good policy."""
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY)
    return path


def test_a_good_policy_has_no_diagnostics(policy: Path) -> None:
    done = run("check", policy)
    assert done.returncode == 0
    assert done.stdout.decode() == f"{policy}: no problems\n"


def test_the_caret_is_under_the_key(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(
        "version: 1\nrules:\n  - {id: '日本é', show_when: {admin: true}, match: {kernal: x}}\n",
        encoding="utf-8",
    )
    done = run("check", path)
    assert done.returncode == 1
    lines = done.stdout.decode().splitlines()
    shown = next(i for i, line in enumerate(lines) if " | " in line and "kernal" in line)
    caret = lines[shown + 1]
    # Two of the characters before the key take two columns of a terminal each.
    assert caret.index("^") == lines[shown].index("kernal") + 2
    assert caret.count("^") == len("kernal")
    assert "Did you mean `kernel`?" in done.stdout.decode()


def test_a_long_line_is_cropped_around_the_key(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps({"version": 1, "kernels": {"k" * 500: "/k"}, "rulez": []}))
    lines = run("check", path).stdout.decode().splitlines()
    shown = next(i for i, line in enumerate(lines) if "rulez" in line and " | " in line)
    assert len(lines[shown]) < 120
    assert lines[shown + 1].index("^") == lines[shown].index('"rulez"')


def test_control_characters_of_a_policy_are_not_printed(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(b'version: 1\n"\\e[31mrulez": []\n# \x1b[2J\n')
    assert b"\x1b" not in run("check", path).stdout


def test_diagnostics_as_json_are_those_of_the_batch_op(tmp_path: Path) -> None:
    text = "version: 1\nrulez: []\ndefault: hide\n"
    path = tmp_path / "p.yaml"
    path.write_text(text)
    done = run("check", "--format", "json", path)
    answer = json.loads(done.stdout)
    request = {"op": "lint", "policy": text, "file": str(path)}
    assert answer == json.loads(_core.batch(json.dumps(request)))
    assert done.returncode == 1
    assert [entry["code"] for entry in answer["errors"]] == ["SL101"]
    assert [entry["code"] for entry in answer["warnings"]] == ["SL514"]


def test_diagnostics_for_github_are_escaped(tmp_path: Path) -> None:
    path = tmp_path / "a,b:c%.yaml"
    path.write_text("version: 1\nrulez: []\n")
    done = run("check", "--format", "github", path)
    assert re.fullmatch(
        r"::error file=\S+a%2Cb%3Ac%25\.yaml,line=2,col=1,endLine=2,endColumn=5,title=SL101::"
        r"Unknown key `rulez`\. Did you mean `rules`\?\n",
        done.stdout.decode(),
    )


def test_standard_input_and_several_files(policy: Path) -> None:
    done = run("check", policy, "-", stdin=b"version: 2\n")
    assert done.returncode == 1
    assert f"{policy}: no problems\nstdin: 1 error\n" in done.stdout.decode()


def test_warnings_fail_only_with_strict(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text("version: 1\ndefault: hide\n")
    assert run("check", path).returncode == 0
    assert run("check", "--strict", path).returncode == 1


def test_groups_of_the_hub_are_checked(policy: Path) -> None:
    assert b"SL506" not in run("check", policy).stdout
    done = run("check", policy, "--group", "student")
    assert b"SL506" in done.stdout
    assert b"Did you mean `student`?" in done.stdout


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"version: 1 # caf\xe9\n", "SL002"),
        (b"version: 1\0\n", "SL003"),
        (b"version: [1\n", "SL004"),
        (b"version: 1\nrules: " + b"[" * 10_000, "SL005"),
        (b"#" * (10 << 20), "SL001"),
        (b"\xff\xfev\0", "SL002"),
        (b"", "SL009"),
    ],
)
def test_unreadable_files_have_diagnostics(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(content)
    done = run("check", path)
    assert done.returncode == 1
    assert code in done.stdout.decode()


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["check"],
        ["check", "no-such-file.yaml"],
        ["check", "--format", "xml", str(CLASS_HUB)],
        ["explain", str(CLASS_HUB)],
        ["explain", str(CLASS_HUB), "--user", "a", "--card", "kernal:x"],
        ["preview", str(CLASS_HUB)],
        ["diff", str(CLASS_HUB), str(CLASS_HUB)],
        ["explain", str(CLASS_HUB), "--user", "a", "--hub", "ftp://example.edu"],
        ["explain", str(CLASS_HUB), "--user", "a", "--now", "tomorrow"],
        ["launch"],
    ],
)
def test_wrong_usage_exits_with_2(args: list[str]) -> None:
    done = run(*args)
    assert done.returncode == 2
    assert done.stderr


@pytest.mark.parametrize(
    "args",
    [
        ["explain", str(CLASS_HUB), "--context", __file__],
        ["diff", str(CLASS_HUB), str(CLASS_HUB), "--users", __file__],
        ["explain", str(CLASS_HUB), "--user", "a", "--hub", "http://127.0.0.1:9"],
    ],
)
def test_external_errors_exit_with_3(args: list[str]) -> None:
    done = run(*args, JUPYTERHUB_API_TOKEN="not-a-token")
    assert done.returncode == 3
    assert done.stderr.startswith(b"Error: ")
    assert b"not-a-token" not in done.stderr + done.stdout


def test_a_policy_with_errors_prints_only_its_errors(tmp_path: Path, policy: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("version: 1\nrulez: []\n")
    for args in (
        ["explain", bad, "--user", "a"],
        ["decide", bad, "--user", "a"],
        ["preview", bad, "--user", "a"],
        ["diff", policy, bad, "--users", policy],
    ):
        done = run(*args)
        assert done.returncode == 1
        assert done.stdout == b""
        assert b"SL101" in done.stderr


def test_explain_says_why_and_whom_to_ask(policy: Path) -> None:
    hidden = run("explain", policy, "--user", "mmuster", "--group", "others").stdout.decode()
    assert "hidden  kernel:Class1234\n" in hidden
    assert "shown only to members of group students; you are in none of its groups." in hidden
    assert "Ask profx@example.edu." in hidden
    assert "show_when.group students: no" in hidden
    shown = run("explain", policy, "--user", "mmuster", "--group", "students").stdout.decode()
    assert "shown   kernel:Class1234\n" in shown
    assert "shown   proxy:class1234-tools\n" in shown


def test_explain_takes_a_saved_context(policy: Path, tmp_path: Path) -> None:
    context = tmp_path / "context.json"
    context.write_text(json.dumps({"hub": True, "user": "mmuster", "groups": ["students"]}))
    args = ["explain", policy, "--context", context, "--card", "kernel:class1234"]
    done = run(*args, "--format", "json")
    decisions = json.loads(done.stdout)["decisions"]
    assert [decision["category"] for decision in decisions] == ["Notebook", "Console"]
    for decision in decisions:
        assert decision["visible"] is True
        assert decision["rule"] == "class"
        assert decision["trace"]


def test_decide_without_a_hub_and_with_other_kernels(policy: Path) -> None:
    done = run("decide", policy, "--no-hub")
    assert "shown   kernel:Class1234  (no_hub, rule class)" in done.stdout.decode()
    args = ["decide", policy, "--user", "a", "--group", "students", "--kernel", "python3"]
    assert (
        "hidden  proxy:class1234-tools  (not_shown, rule class-tools)" in run(*args).stdout.decode()
    )


def test_preview_shows_users_side_by_side() -> None:
    args = [
        "preview",
        CLASS_HUB,
        "--user-group",
        "mmuster",
        "PythonForMorons101",
        "--user-group",
        "profx",
        "instructors",
    ]
    answer = json.loads(run(*args, "--format", "json").stdout)
    seen = {card["id"]: card["visible"] for card in answer["cards"]}
    assert seen["kernel:Class1234_Semester02"] == {"mmuster": True, "profx": False}
    assert seen["class1234-web"] == {"mmuster": True, "profx": False}
    table = run(*args).stdout.decode().splitlines()
    assert table[0].split() == ["mmuster", "profx"]
    assert table[1] == "Class 1234"
    assert table[2].split() == ["class1234-web", "yes", "-"]


def test_users_are_read_as_the_hub_lists_them(policy: Path, tmp_path: Path) -> None:
    users = tmp_path / "users.json"
    model = {"name": "mmuster", "groups": ["students"], "server": "/user/mmuster/", "servers": {}}
    users.write_text(json.dumps([model]))
    args = ["preview", policy, "--users", users, "--format", "json"]
    cards = json.loads(run(*args).stdout)["cards"]
    seen = {card["id"]: card["visible"] for card in cards}
    assert seen["kernel:Class1234"] == seen["proxy:class1234-tools"] == {"mmuster": True}
    users.write_text(json.dumps([{**model, "groups": "students"}]))
    done = run(*args)
    assert done.returncode == 3
    assert b"must be a list of text" in done.stderr


def test_diff_lists_gains_and_losses(policy: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    new.write_text(POLICY.replace("group: students", "group: tutors"))
    users = tmp_path / "users.json"
    users.write_text(
        json.dumps(
            [
                {"name": "mmuster", "groups": ["students"]},
                {"name": "tut", "groups": ["tutors"]},
                {"name": "profx", "groups": []},
            ]
        )
    )
    done = run("diff", policy, new, "--users", users, "--format", "json")
    answer = json.loads(done.stdout)
    assert answer["users"] == 3
    kernel = [change for change in answer["changes"] if change["card"] == "kernel:Class1234"]
    assert kernel == [
        {"user": "mmuster", "card": "kernel:Class1234", "change": "loses"},
        {"user": "tut", "card": "kernel:Class1234", "change": "gains"},
    ]
    assert run("diff", policy, new, "--users", users, "--exit-code").returncode == 1
    same = run("diff", policy, policy, "--users", users, "--exit-code")
    assert same.returncode == 0
    assert same.stdout.startswith(b"0 of 3 users see a change.\nTried 7 cards: ")


def on_terminal(*args: str | Path, **environment: str) -> bytes:
    """Run the command with a terminal for standard output; return what it shows."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *map(str, args)], stdout=theirs, env={**os.environ, **environment}
    )
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 65536):
            shown += chunk
    except OSError:  # Linux: the other end is closed
        pass
    finally:
        os.close(ours)
        process.wait(timeout=60)
    return shown


def test_colours_are_for_terminals(policy: Path) -> None:
    args = ["explain", policy, "--user", "a"]
    assert b"\x1b[" not in run(*args).stdout
    assert b"\x1b[" in on_terminal(*args, TERM="xterm", NO_COLOR="")
    assert b"\x1b[" not in on_terminal(*args, TERM="xterm", NO_COLOR="1")


def test_batch_answers_every_line_in_order() -> None:
    lines = [
        b'{"op": "parse", "scopes": ["users"]}',
        b"",
        b"\xff\xfe",
        b"not json",
        b'"\\ud800"',
        b'{"op": "parse", "scopes": ["groups"]}\r',
        b'{"op": "lint", "policy": {"version": 1, "version": 1}}',
        b"[" * 100_000,
        b'{"op": "parse", "scopes": []}',  # the last one, without a line end
    ]
    done = run("batch", stdin=b"\n".join(lines))
    assert done.returncode == 0
    assert done.stderr == b""
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(lines)
    assert answers[0] == {"parsed": {"users": True}}
    assert [answer["error"]["code"] for answer in answers[1:5]] == [
        "bad-json",
        "bad-utf8",
        "bad-json",
        "bad-json",
    ]
    assert answers[5] == {"parsed": {"groups": True}}
    assert answers[6]["errors"][0]["code"] == "SL007"
    assert "error" in answers[7]
    assert answers[8] == {"parsed": {}}


def test_batch_answers_each_line_at_once() -> None:
    with subprocess.Popen(
        [*COMMAND, "batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        for scope in ("users", "groups"):
            process.stdin.write(json.dumps({"op": "parse", "scopes": [scope]}).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline()) == {"parsed": {scope: True}}
        process.stdin.close()
        assert process.wait(timeout=60) == 0


def test_a_closed_output_is_no_error() -> None:
    with subprocess.Popen(
        [*COMMAND, "batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        process.stdout.close()
        _, stderr = process.communicate(b'{"op": "parse", "scopes": []}\n' * 10_000, timeout=60)
        assert stderr == b""
        assert process.returncode == 0
