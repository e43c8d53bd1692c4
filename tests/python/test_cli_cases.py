"""``scoped-launcher test``: an admin's cases, as a process in continuous integration runs them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from command_line import REPO, run

POLICY = """\
version: 1
rules:
  - id: class
    match: {kernel: Class1234}
    show_when: {any: [{group: students}, {admin: true}]}
  - {id: tools, match: {proxy: tools}, show_when: {kernel: Class1234}}
  - {id: exam, match: {command: "terminal:*"}, hide_when: {admin: true}, from: 2030-01-01T08:00:00Z}
  - {id: gpu, match: {kernel: "*-gpu"}, show_when: {group: hpc}}
"""

CASES = """\
given:
  now: 2026-12-01T08:00:00Z
cases:
  - name: a student
    context: {user: mmuster, groups: [students]}
    expect:
      kernel:Class1234: shown show_when class
      proxy:tools: shown
      command:terminal:create-new: shown
  - name: somebody else
    context: {user: eexter}
    cards:
      - {id: card, kind: kernel, name: class1234, category: Notebook}
    expect: {card: hidden not_shown class}
    sentences:
      card: "Hidden: shown only to members of group students or Hub admins; \
you are in none of its groups; you are not an admin."
"""


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY)
    return path


def cases(tmp_path: Path, text: str | bytes = CASES) -> Path:
    path = tmp_path / "cases.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_cases_pass_and_the_gaps_are_listed(policy: Path, tmp_path: Path) -> None:
    done = run("test", policy, cases(tmp_path))
    assert done.returncode == 0, done.stdout
    assert done.stdout.decode() == (
        "2 cases: 2 passed, 0 failed.\n"
        f"{policy}: cases reach 3 of 4 rules, and 6 of 8 outcomes of their conditions.\n"
        "  class: `show_when.any[1].admin true` is never true\n"
        "  tools: `show_when.kernel Class1234` is never false\n"
        "  exam: no case is within its time window\n"
        "  gpu: no case has a card that it matches\n"
    )


def test_a_failed_case_says_where_what_and_why(policy: Path, tmp_path: Path) -> None:
    wrong = CASES.replace("groups: [students]", "groups: [Student]").replace(
        "hidden not_shown class", "hidden not_shown other"
    )
    path = cases(tmp_path, wrong)
    done = run("test", policy, path)
    assert done.returncode == 1
    lines = done.stdout.decode().splitlines()
    assert lines[0] == f"FAILED {path}:4: a student"
    assert lines[1] == (
        "  kernel:Class1234: expected shown show_when class, but decided hidden not_shown class"
    )
    assert lines[2].startswith("    Hidden: shown only to members of group students or Hub admins;")
    assert lines[3] == "  proxy:tools: expected shown, but decided hidden not_shown tools"
    assert f"FAILED {path}:10: somebody else" in lines
    assert "2 cases: 0 passed, 2 failed." in lines


def test_a_sentence_is_compared(policy: Path, tmp_path: Path) -> None:
    done = run("test", policy, cases(tmp_path, CASES.replace("Hub admins", "admins")))
    assert done.returncode == 1
    assert "card: expected “Hidden: shown only to members of group students or admins;" in (
        done.stdout.decode()
    )


def test_results_are_written_as_junit_xml(policy: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(CASES.replace("name: a student", 'name: "<&\\u0007"'))
    wrong = cases(tmp_path, CASES.replace("shown show_when class", "hidden"))
    xml = tmp_path / "results.xml"
    done = run("test", policy, wrong, other, "--junit", xml)
    assert done.returncode == 1
    root = ElementTree.parse(xml).getroot()
    assert root.tag == "testsuites"
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("4", "1", "0")
    suites = {suite.get("name"): suite for suite in root}
    assert [case.get("name") for case in suites[str(other)]] == ["<&\ufffd", "somebody else"]
    (failure,) = suites[str(wrong)].iter("failure")
    assert failure.get("message") == (
        "kernel:Class1234: expected hidden, but decided shown show_when class"
    )
    unwritable = run("test", policy, wrong, "--junit", tmp_path / "no" / "such" / "folder.xml")
    assert unwritable.returncode == 3
    assert b"cannot be written" in unwritable.stderr


def test_results_as_json(policy: Path, tmp_path: Path) -> None:
    wrong = cases(tmp_path, CASES.replace("shown show_when class", "hidden"))
    done = run("test", policy, wrong, "--format", "json")
    assert done.returncode == 1
    answer: dict[str, Any] = json.loads(done.stdout)
    assert answer["cases"] == 2
    (failed,) = answer["failed"]
    assert (failed["line"], failed["name"]) == (4, "a student")
    assert failed["cards"][0]["card"] == "kernel:Class1234"
    assert answer["coverage"]["rules_met"] == 3
    assert {"rule": "gpu", "missing": "no case has a card that it matches"} in (
        answer["coverage"]["gaps"]
    )


def test_both_cards_of_a_kernel_must_be_as_expected(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "version: 1\nrules: [{id: r, match: {category: Console}, show_when: {admin: true}}]\n"
    )
    path = cases(tmp_path, "cases: [{name: a, context: {user: u}, expect: {kernel:k: shown}}]")
    done = run("test", policy, path)
    assert done.returncode == 1
    assert b"kernel:k: expected shown, but decided hidden not_shown r\n" in done.stdout


def test_the_cards_of_the_policy_are_expected_by_their_ids(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "version: 1\n"
        "cards: [{id: web, service: class-web, title: Web, category: Class}]\n"
        "rules: [{id: r, match: {category: Class}, show_when: {group: class}}]\n"
    )
    text = "cases: [{name: a, context: {user: u, groups: [class]}, expect: {web: shown}}]"
    assert run("test", policy, cases(tmp_path, text)).returncode == 0
    text = text.replace("{web: shown}", "{service:class-web: hidden}")
    assert run("test", policy, cases(tmp_path, text)).returncode == 1


def test_the_kernels_that_the_policy_names_are_installed(policy: Path, tmp_path: Path) -> None:
    text = (
        "cases: [{name: a, context: {user: u, groups: [students]}, expect: {proxy:tools: shown}}]"
    )
    assert run("test", policy, cases(tmp_path, text)).returncode == 0
    text = text.replace("{name: a,", "{name: a, kernelspecs: [],")
    assert run("test", policy, cases(tmp_path, text)).returncode == 1


def test_the_shared_cases_of_the_engine_pass(tmp_path: Path) -> None:
    """The format is that of tests/cases, whose cases have their own policies."""
    policy = tmp_path / "policy.yaml"
    policy.write_text("version: 1\n")
    done = run("test", policy, *sorted((REPO / "tests" / "cases").glob("*.yaml")))
    assert done.returncode == 0, done.stdout + done.stderr
    assert b" passed, 0 failed." in done.stdout


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ":1:1: a case file needs `cases`: write cases: [{name: "),
        ("cases: []", ":1:8: there are no cases: write [{name: "),
        ("cases: [1]", ":1:9: this is not a case: write {name: "),
        (
            "given: {contxt: {}}\ncases: [{}]",
            ":1:17: unknown key `contxt`. Did you mean 'context'?",
        ),
        ("cases:\n- {name: a}", ":2:3: a case needs `expect`: write expect: {"),
        ("cases:\n- expect: {kernel:k: shown}", ":2:3: a case needs a `name`: write what"),
        (
            "cases:\n- {name: a, expect: {kernel:k: Shown}}",
            ":2:32: 'Shown' is not known: write shown or hidden, and if you like the reason",
        ),
        (
            "cases:\n- {name: a, expect: {kernel:k: hidden not_show}}",
            "Did you mean 'not_shown'?",
        ),
        (
            "cases:\n- {name: a, cards: [{id: one, kind: kernel, name: k}], expect: {on: shown}}",
            "no card of this case has the id 'on'. Did you mean 'one'?",
        ),
        ("cases:\n- {name: a, expect: [b]}", ":2:21: `expect` must be a mapping such as {"),
        (
            "cases:\n- {name: a, expect: {b: shown}}",
            ":2:3: the case 'a' cannot be decided: 'b' is not",
        ),
        (
            "cases:\n- {name: a, context: {user: 5}, expect: {kernel:k: shown}}",
            ":2:3: the case 'a' cannot be decided: context cannot be read: invalid type: integer",
        ),
        (
            "cases:\n- {name: a, policy: {version: 1, ruls: []}, expect: {kernel:k: shown}}",
            ":2:3: the case 'a' cannot be decided: ",
        ),
        ("cases:\n- {name: a, now: noon, expect: {kernel:k: shown}}", "“noon” is not a time"),
        ("cases: [", ":2:1: this is not YAML: did not find expected node content."),
        ("cases: &a [*a]", ":1:12: this alias contains itself"),
        ("cases: !!set {}", "is not known: remove it"),
        ("cases: []\ncases: []", ":2:1: the key 'cases' is here twice: keep one."),
        ("a: 1\n---\nb: 2", ":2:1: a second document begins here: write one."),
        ("? [a]\n: b", "this key is no text: write a text."),
        ("[" * 100_000, ":1:102: this is nested deeper than 100 levels: write fewer."),
        (b"a: b\n# \xe9", ":2:1: this is not UTF-8: write the file as UTF-8."),
        (b"a: b\nc: \x01", ":2:1: this line has a control character: remove it."),
        ("cases: [" + "1" * 5_000 + "]", "this number is too long: write it in quotes."),
    ],
)
def test_mistakes_in_a_case_file_are_named(
    policy: Path, tmp_path: Path, text: str | bytes, message: str
) -> None:
    path = cases(tmp_path, text)
    done = run("test", policy, path)
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.decode().startswith(f"{path}:")
    assert message in done.stderr.decode()


def test_dates_and_yes_are_text_as_in_policies(policy: Path, tmp_path: Path) -> None:
    text = "cases: [{name: 2026-01-01, context: {user: yes}, expect: {kernel:a: shown}}]"
    assert run("test", policy, cases(tmp_path, text)).returncode == 0


def test_a_policy_with_errors_and_wrong_usage(policy: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("version: 1\nrulez: []\n")
    done = run("test", bad, cases(tmp_path))
    assert done.returncode == 1
    assert b"SL101" in done.stderr
    assert run("test", policy).returncode == 2
    assert run("test", policy, tmp_path / "none.yaml").returncode == 2
