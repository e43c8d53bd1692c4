"""Lists of words that Python, the documentation and the engine share: codes, kinds and reasons."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import yaml

from jupyterlab_scoped_launcher import _core
from jupyterlab_scoped_launcher.context import ErrorCode
from jupyterlab_scoped_launcher.hub_api.errors import SUMMARIES
from jupyterlab_scoped_launcher.server.audit import SCHEMA_FILE
from jupyterlab_scoped_launcher.server.explain_handlers import EXPLAIN_ROUTES
from jupyterlab_scoped_launcher.server.handlers import ROUTES

DOCS = Path(__file__).parents[2] / "docs"
ROUTES_PAGE = (DOCS / "reference" / "routes.md").read_text(encoding="utf-8")
CODES = set(get_args(ErrorCode))
"""The codes that Python answers: mypy allows no others."""


def test_the_engine_has_each_error_code_of_python() -> None:
    assert CODES - set(_core.ERROR_CODES) == set()


def test_errors_of_the_hub_have_these_codes() -> None:
    assert set(SUMMARIES) - CODES == set()


def test_the_documentation_has_each_error_code_of_the_routes() -> None:
    section = ROUTES_PAGE.partition("\n## Errors\n")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`.*?`) \|", section, re.M)
    assert set(re.findall(r"`([^`]+)`", " ".join(cells))) == CODES


def test_the_documentation_has_each_route_with_its_method() -> None:
    described = re.findall(r"^### `([A-Z]+) (scoped-launcher/[\w-]+)[\w/]*`$", ROUTES_PAGE, re.M)
    served = [
        (method, pattern.removeprefix("/").removesuffix("/([^/]+)"))
        for pattern, handler in (*ROUTES, *EXPLAIN_ROUTES)
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if method.lower() in vars(handler)
    ]
    assert sorted(described) == sorted(served)


def test_the_event_schema_has_the_engines_kinds_and_reasons() -> None:
    properties = yaml.safe_load(SCHEMA_FILE.read_text(encoding="utf-8"))["properties"]
    assert properties["kind"]["enum"] == list(_core.CARD_KINDS)
    assert properties["reason"]["enum"] == list(_core.DECISION_REASONS)
