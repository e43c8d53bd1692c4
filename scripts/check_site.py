"""Checks the links within a built site: every page, file, image and anchor must be there.

usage: python scripts/check_site.py FOLDER          (the site that sphinx-build has made)

MyST checks the links that are written in Markdown. This looks at the pages as they are served: what
directives, autodoc and the theme have made, too. Addresses of other hosts are not looked at.
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The ids and the addresses of one page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect `id`, `href` and `src`."""
        for name, value in attrs:
            if name == "id" and value:
                self.ids.add(value)
            elif name in ("href", "src") and value:
                self.addresses.append(value)


def broken_links(site: Path) -> list[str]:
    """Return a line for each address that leads to nothing."""
    site = site.resolve()
    paths = [path for path in sorted(site.rglob("*.html")) if site / "_static" not in path.parents]
    pages = {path: Page(path.read_text("utf-8")) for path in paths}
    broken = []
    for path, page in pages.items():
        for address in page.addresses:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target = target / "index.html"
            anchor = unquote(parts.fragment)
            known = pages.get(target)
            if not target.is_relative_to(site) or not target.is_file():
                broken.append(f"{path.relative_to(site)}: {address}: no such file")
            elif anchor and known and anchor not in known.ids:
                broken.append(f"{path.relative_to(site)}: {address}: no such anchor")
    return broken if pages else [f"{site}: no page"]


if __name__ == "__main__":
    found = broken_links(Path(sys.argv[1]))
    print("\n".join(found) or "every link leads to something")
    sys.exit(1 if found else 0)
