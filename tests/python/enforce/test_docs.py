"""docs/explanation/security.md names a test for each promise; they must be there."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
SECURITY = HERE.parents[2] / "docs" / "explanation" / "security.md"


def test_each_promise_has_its_test():
    promised = set(re.findall(r"`(test_\w+|Test\w+)`", SECURITY.read_text()))
    files = HERE.parent.rglob("test_*.py")
    sources = "".join(path.read_text(encoding="utf-8") for path in files)
    written = set(re.findall(r"^\s*(?:async )?(?:def|class) ((?:test_|Test)\w+)", sources, re.M))
    assert promised - written == set()
    assert len(promised) > 30
