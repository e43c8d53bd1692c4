"""No Python file is long without a reason."""

from __future__ import annotations

from pathlib import Path

REPO = Path(__file__).resolve().parents[2]

FOLDERS = ("jupyterlab_scoped_launcher", "tests", "scripts", "examples", "bench")

MAX_LINES = 400
"""A longer file needs a reason."""

REASON = "Long because "
"""How one of the first ten lines of a file gives the reason why it is longer."""


def test_files_are_short_or_say_why_not() -> None:
    files = [path for folder in FOLDERS for path in (REPO / folder).rglob("*.py")]
    assert files
    long = []
    for path in files:
        lines = path.read_text(encoding="utf-8").splitlines()
        if len(lines) > MAX_LINES and not any(REASON in line for line in lines[:10]):
            long.append(f"{path.relative_to(REPO)}: {len(lines)} lines")
    assert not long, f"split these files, or write “{REASON}…” in their first lines: {long}"
