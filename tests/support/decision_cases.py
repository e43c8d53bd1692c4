"""Reads the decision cases of ``tests/cases``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

CASES = Path(__file__).resolve().parents[1] / "cases"

DELIBERATE_ERRORS = {"SL105", "SL112", "SL202", "SL301"}
"""Empty globs, role names that the Hub refuses, kernels in a circle, scopes that do not exist.

Cases have them on purpose, because the engine must decide on anything that can be read."""


class Loader(yaml.SafeLoader):
    """YAML as the engine reads it: dates stay text."""

    yaml_implicit_resolvers = {  # noqa: RUF012  as in the base class
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def load() -> list[tuple[str, dict[str, Any]]]:
    """Read all cases: name and the case with what is given for its file."""
    cases = []
    for path in sorted(CASES.glob("*.yaml")):
        document = yaml.load(path.read_text(encoding="utf-8"), Loader)
        given = document.get("given", {})
        cases += [(f"{path.name}: {case['name']}", {**given, **case}) for case in document["cases"]]
    return cases
