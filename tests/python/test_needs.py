"""docs/how-to/needs.md: each policy answers its cases as the page says."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
PAGE = (REPO / "docs" / "how-to" / "needs.md").read_text(encoding="utf-8")
NEEDS = re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)


def test_there_are_at_least_fifteen() -> None:
    assert len(NEEDS) >= 15


@pytest.mark.parametrize(("need", "section"), NEEDS, ids=[need for need, _ in NEEDS])
def test_the_policy_does_what_is_needed(need: str, section: str, tmp_path: Path) -> None:
    policy, cases = re.findall(r"```yaml\n(.*?)```", section, re.S)
    files = tmp_path / "policy.yaml", tmp_path / "cases.yaml"
    for file, text in zip(files, (policy, cases), strict=True):
        file.write_text(text, encoding="utf-8")
    command = ["scoped-launcher", "test", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    reached, rules = re.search(r"cases reach (\d+) of (\d+) rules", done.stdout).groups()
    assert reached == rules, done.stdout
