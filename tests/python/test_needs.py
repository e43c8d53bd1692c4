"""docs/how-to: needs.md and the guides: each policy answers its cases as the page says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from shlex import quote

import pytest
import yaml

REPO = Path(__file__).resolve().parents[2]
PAGE = (REPO / "docs" / "how-to" / "needs.md").read_text(encoding="utf-8")
NEEDS = re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
GUIDES = {
    path.stem: path.read_text(encoding="utf-8")
    for path in sorted((REPO / "docs" / "how-to").glob("*.md"))
    if path.stem not in ("index", "install", "needs")
}
PARTS = ("Policy", "Cases", "What hides and what enforces", "Pitfalls")
"""Sections that every guide has."""


FILES = ("policy", "cases")


def blocks(text: str, language: str) -> list[str]:
    """Return the blocks of a page that are in this language, also those within a list."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", text, re.M | re.S)
    return [re.sub(f"^{indent}", "", block, flags=re.M) for indent, block in found]


def write_files(text: str, folder: Path) -> None:
    """Write the policy and the cases of a page, or of a section, into ``folder``."""
    found = [block for block in blocks(text, "yaml") if re.match("version:|given:|cases:", block)]
    for name, block in zip(FILES, found, strict=True):
        (folder / f"{name}.yaml").write_text(block, encoding="utf-8")


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    search_path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=folder,
        env={**os.environ, "PATH": search_path},
    )


def test_there_are_at_least_fifteen() -> None:
    assert len(NEEDS) >= 15
    assert len(GUIDES) >= 15


@pytest.mark.parametrize(
    "text", [*(section for _, section in NEEDS), *GUIDES.values()], ids=[*dict(NEEDS), *GUIDES]
)
def test_the_policy_does_what_is_needed(text: str, tmp_path: Path) -> None:
    write_files(text, tmp_path)
    done = run("scoped-launcher test policy.yaml cases.yaml", tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    reached, rules = re.search(r"cases reach (\d+) of (\d+) rules", done.stdout).groups()
    assert reached == rules, done.stdout


@pytest.mark.parametrize("guide", GUIDES)
def test_guides_have_the_same_parts_and_are_in_the_list(guide: str) -> None:
    titles = re.findall(r"^## (.*)", GUIDES[guide], re.M)
    assert [title for title in PARTS if title not in titles] == []
    assert guide in (REPO / "docs/how-to/index.md").read_text(encoding="utf-8").split()


@pytest.mark.parametrize("guide", GUIDES)
def test_policies_of_guides_have_no_warnings(guide: str, tmp_path: Path) -> None:
    """Where roles name groups, those of the cases are what the Hub has."""
    write_files(GUIDES[guide], tmp_path)
    policy, cases = (yaml.safe_load((tmp_path / f"{name}.yaml").read_text()) for name in FILES)
    contexts = [case.get("context", {}) for case in cases["cases"]]
    groups = {group for context in contexts for group in context.get("groups", ())}
    options = [f"--group={quote(group)}" for group in sorted(groups) if "roles" in policy]
    done = run(f"scoped-launcher check --strict {' '.join(options)} policy.yaml", tmp_path)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("guide", GUIDES)
def test_commands_of_guides_print_what_the_guide_shows(guide: str, tmp_path: Path) -> None:
    write_files(GUIDES[guide], tmp_path)
    commands = [
        command
        for block in blocks(GUIDES[guide], "console")
        for command in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.M)
    ]
    assert commands
    for command, output in commands:
        done = run(command, tmp_path)
        assert done.stderr == ""
        assert done.stdout.rstrip() == output.rstrip()


@pytest.mark.parametrize("guide", GUIDES)
def test_python_of_guides_can_be_read(guide: str) -> None:
    for block in blocks(GUIDES[guide], "python"):
        compile(block, guide, "exec")
