"""Puts what code knows into pages: a block of code `{generated} NAME` becomes Markdown.

It is replaced before the page is parsed, so headings, anchors and links in it are as any others.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from benchmark_summary import benchmark_summary
from policy_keys import policy_keys
from server_reference import events, metrics_of_servers, metrics_of_the_service, settings
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

PARTS: dict[str, Callable[[], str]] = {
    "benchmark-summary": benchmark_summary,
    "policy-keys": policy_keys,
    "settings": settings,
    "events": events,
    "metrics-of-servers": metrics_of_servers,
    "metrics-of-the-service": metrics_of_the_service,
}


def fill(app: Sphinx, docname: str, source: list[str]) -> None:
    """Replace the blocks of one page."""

    def part(block: re.Match[str]) -> str:
        if block[1] not in PARTS:
            raise ExtensionError(f"{docname}: there is no generated part {block[1]!r}")
        return PARTS[block[1]]()

    source[0] = re.sub(r"^```\{generated\} (\S+)\n```$", part, source[0], flags=re.M)


def setup(app: Sphinx) -> dict[str, bool]:
    """Fill pages when they are read."""
    app.connect("source-read", fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
