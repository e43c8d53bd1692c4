"""A Hub whose answers can be repeated, and a closing line that says how many were compared."""

from __future__ import annotations

from collections.abc import Iterator

import jupyterhub
import pytest

from . import reference

COMPARED = pytest.StashKey[str]()


@pytest.fixture(autouse=True, scope="package")
def repeatable_hub() -> Iterator[None]:
    with reference.repeatable():
        yield


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if COMPARED in config.stash:
        terminalreporter.write_line(
            f"{config.stash[COMPARED]} compared with jupyterhub {jupyterhub.__version__}"
        )
