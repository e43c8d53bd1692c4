"""The code of the pages in docs/upstream, which the tests run as it is."""

from __future__ import annotations

import re
from pathlib import Path

PAGES = Path(__file__).resolve().parents[2] / "docs" / "upstream"


def configuration(page: str, file: str) -> str:
    """Return the code block of `page` whose first line is a comment with the name of the file."""
    text = (PAGES / page).read_text("utf-8")
    (block,) = re.findall(rf"^```python\n(# {re.escape(file)}\n.*?)^```$", text, re.M | re.S)
    return block
