"""docs/security.md names a test for each promise; they must be there."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
SECURITY = HERE.parents[2] / "docs" / "security.md"


def test_each_promise_has_its_test():
    promised = set(re.findall(r"`(test_\w+|Test\w+)`", SECURITY.read_text()))
    sources = "".join(path.read_text() for path in HERE.glob("test_*.py"))
    written = set(re.findall(r"^\s*(?:async )?(?:def|class) ((?:test_|Test)\w+)", sources, re.M))
    assert promised - written == set()
    assert len(promised) > 30
