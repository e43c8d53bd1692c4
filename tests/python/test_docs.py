"""What the docs show is what the engine and the command line answer."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from jupyterlab_scoped_launcher import _core

REPO = Path(__file__).resolve().parents[2]


def test_the_schema_is_current() -> None:
    path = "docs/reference/policy.schema.json"
    hint = f"scoped-launcher schema --output {path}"
    assert (REPO / path).read_text(encoding="utf-8") == _core.schema(), hint


PAGES = [
    path
    for folder in (".", "docs", "examples")
    for path in (REPO.glob("*.md") if folder == "." else (REPO / folder).rglob("*.md"))
    if "node_modules" not in path.parts
]


def blocks_of_code(*languages: str) -> Iterator[tuple[str, str]]:
    """Yield an id and the text of each such block of all pages, without its indentation.

    Blocks of lint.md have errors on purpose; crate/core/tests/lint_docs.rs tests them.
    """
    pattern = re.compile(rf"^( *)```(?:{'|'.join(languages)})\n(.*?)^\1```", re.M | re.S)
    for page in PAGES:
        if page.name != "lint.md":
            for number, (_, block) in enumerate(pattern.findall(page.read_text("utf-8"))):
                yield f"{page.relative_to(REPO)}-{number}", textwrap.dedent(block)


@pytest.mark.parametrize(
    "block", [pytest.param(block, id=name) for name, block in blocks_of_code("yaml", "json")]
)
def test_yaml_and_json_in_the_docs_can_be_parsed(block: str) -> None:
    list(yaml.safe_load_all(block))


def policies_in_the_docs() -> list[Any]:
    """Return whole policies: the examples, and those of pages."""
    blocks = [
        pytest.param(block, id=name)
        for name, block in blocks_of_code("yaml", "json")
        if re.search(r"^[{ ]*\"?version\"?:", block, re.M)
    ]
    files = REPO.glob("examples/**/*policy*.yaml")
    return blocks + [pytest.param(file.read_text("utf-8"), id=str(file.name)) for file in files]


@pytest.mark.parametrize("policy_text", policies_in_the_docs())
def test_policies_in_the_docs_have_no_errors(policy_text: str) -> None:
    diagnostics = json.loads(_core.lint(policy_text.encode()))["diagnostics"]
    assert [entry for entry in diagnostics if entry["severity"] == "error"] == []


def commands_in_the_docs() -> list[Any]:
    """Return each command of the pages' console blocks, with the output that the page shows."""
    return [
        pytest.param(command, output, id=command.partition("scoped-launcher ")[2][:50])
        for page in ("reference/batch", "reference/cli", "reference/testing", "explanation/scopes")
        for block in re.findall(
            r"```console\n(.*?)```", (REPO / "docs" / f"{page}.md").read_text("utf-8"), re.S
        )
        for command, output in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.M)
    ]


@pytest.mark.parametrize(("command", "output"), commands_in_the_docs())
def test_commands_in_the_docs_print_what_the_docs_show(command: str, output: str) -> None:
    search_path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=REPO,
        env={**os.environ, "PATH": search_path},
    )
    assert done.stderr == ""
    assert done.stdout.rstrip() == output.rstrip()


def test_the_policy_with_ten_mistakes_has_ten() -> None:
    path = REPO / "docs" / "examples" / "ten-mistakes.yaml"
    assert len(json.loads(_core.lint(path.read_bytes()))["diagnostics"]) == 10


def test_numbers_in_the_summary_of_measurements_are_those_of_the_linked_pages() -> None:
    page = REPO / "docs" / "explanation" / "measured.md"
    rows = re.findall(
        r"^\| (.*?) \| (.*?) \| \[.*?\]\(([^)#]*).*?\) \|$", page.read_text("utf-8"), re.M
    )
    assert len(rows) > 8
    differing = [
        f"{what}: {number} is not in {target}"
        for what, result, target in rows
        for number in re.findall(r"\d[\d.,]*\d|\d", f"{what} {result}")
        if not re.search(
            rf"(?<!\d){re.escape(number)}(?!\d)", (page.parent / target).read_text("utf-8")
        )
    ]
    assert not differing
