"""docs/upstream/allowed-kernelspecs.md: what is not allowed is hidden, and starts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from hubs import Visitor

MENDED = "mended: see docs/upstream/allowed-kernelspecs.md, and docs/explanation/security.md"


@pytest.fixture(scope="module")
def owner(start: Callable[[str], AbstractContextManager[Visitor]]) -> Iterator[Visitor]:
    with start("allowed-kernelspecs.md") as visitor:
        yield visitor


def test_a_kernel_that_is_not_allowed_is_hidden(owner: Visitor) -> None:
    assert "python3" not in owner.get("api/kernelspecs").json()["kernelspecs"]


def test_its_kernelspec_can_be_read(owner: Visitor) -> None:
    assert owner.get("api/kernelspecs/python3").status_code == 200, MENDED


def test_it_can_be_started(owner: Visitor) -> None:
    answer = owner.request("POST", "api/kernels", json={"name": "python3"})
    assert answer.status_code == 201, MENDED
    owner.request("DELETE", f"api/kernels/{answer.json()['id']}")


def test_a_kernel_that_is_not_installed_cannot(owner: Visitor) -> None:
    answer = owner.request("POST", "api/kernels", json={"name": "class"})
    assert not answer.ok
