"""Fixtures: a Hub whose answers can be repeated, and how to ask the engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from . import reference


@pytest.fixture(autouse=True, scope="package")
def repeatable_hub() -> Iterator[None]:
    with reference.repeatable():
        yield
