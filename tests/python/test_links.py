"""Links and paths to files of this repository lead to something, in pages and in code.

MyST checks the links between pages of the site when it builds them. This is about the rest: pages
that are read in the repository, such as README.md, and the paths of pages in comments and messages.
"""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
from mdit_py_plugins.anchors.index import slugify

REPO = Path(__file__).resolve().parents[2]
FILES = subprocess.run(
    ["git", "ls-files"], cwd=REPO, check=True, capture_output=True, text=True
).stdout.splitlines()
PAGES = [name for name in FILES if name.endswith(".md") and (REPO / name).is_file()]
IMAGES = (".png", ".svg")


def text_of(page: Path) -> str:
    """Return the text without blocks of code, in which nothing is a link or a heading."""
    return re.sub(r"^( *)```.*?^\1```", "", page.read_text("utf-8"), flags=re.M | re.S)


@cache
def anchors_of(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)", text_of(page), re.M)
    plain = (re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading) for heading in headings)
    return {slugify(re.sub(r"[`*]", "", heading)) for heading in plain}


def has_anchor(page: Path, anchor: str) -> bool:
    """MyST alone knows the headings that are generated."""
    is_known = page.suffix == ".md" and "```{generated}" not in page.read_text("utf-8")
    return not is_known or anchor in anchors_of(page)


@pytest.mark.parametrize("name", PAGES)
def test_links_of_pages_lead_to_something(name: str) -> None:
    page = REPO / name
    broken = []
    for target in re.findall(r"\]\(<?([^)\s>]+)", re.sub(r"`[^`\n]*`", "", text_of(page))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and not has_anchor(file, anchor)):
            broken.append(target)
    assert not broken


def test_paths_of_pages_in_code_and_texts_are_right() -> None:
    wrong = []
    for name in FILES:
        file = REPO / name
        if file.suffix in IMAGES or not file.is_file():
            continue
        for path in re.findall(r"(?<![\w/.-])docs/[\w/.-]+\.\w+", file.read_text("utf-8")):
            if not (REPO / path).exists():
                wrong.append(f"{name}: {path}")
    assert not wrong
