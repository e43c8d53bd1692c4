"""Kernels in handlers of other packages: the same answers as in Jupyter's own API, at any time."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

CLASS_KERNEL = "Class1234_Semester02"
LISTED = CLASS_KERNEL.lower()
REFRESH_S = 1.0
"""The policy's ``refresh``."""

PRINT_KERNEL = "import os; print('started as', os.environ.get('STARTED_AS', 'another'))"


def own_kernels(visitor: Any, **query: Any) -> set[str]:
    """Return what the handler lists, which must be the same each way."""
    answer = visitor.get("own/kernels", params=query)
    assert answer.status_code == 200, answer.text
    one, other = answer.json()
    assert set(one) == set(other)
    return set(one)


MEMBERS = ["member", "shared-server visitor, member"]
OTHERS = [
    "non-member",
    "shared-server visitor, non-member",
    "non-member, older single-user mode",
]
LATER_S = REFRESH_S + 0.5
"""After that time in a request, what was known of the visitor at its start is too old."""


@pytest.mark.parametrize("name", MEMBERS)
def test_members_are_listed_the_kernel(visitors, name):
    time.sleep(REFRESH_S + 0.1)  # what is known from the last test is too old
    assert LISTED in own_kernels(visitors[name])
    assert LISTED in own_kernels(visitors[name], after=LATER_S)


@pytest.mark.parametrize("name", OTHERS)
def test_others_are_not_listed_the_kernel(visitors, name):
    time.sleep(REFRESH_S + 0.1)
    assert own_kernels(visitors[name]) == {"python3"}
    assert own_kernels(visitors[name], after=LATER_S) == {"python3"}


def start(visitor: Any) -> Any:
    return visitor.request("POST", "own/kernels", params={"after": LATER_S}, data=CLASS_KERNEL)


@pytest.mark.parametrize("name", MEMBERS)
def test_members_start_the_kernel(visitors, name, kernel_cleanup):
    assert start(visitors[name]).status_code == 201


@pytest.mark.parametrize("name", OTHERS)
def test_others_do_not_start_the_kernel(visitors, name):
    answer = start(visitors[name])
    assert answer.status_code == 403
    assert "profx@example.edu" in answer.text


@pytest.fixture
def slow_refresh(class_hub, newcomer):
    """Let the policy's ``refresh`` be a minute."""

    def is_used(refresh: str) -> bool:
        return newcomer.context()["policy"]["document"]["refresh"] == refresh

    path = Path(class_hub.known["policy"])
    text = path.read_text()
    path.write_text(text.replace("refresh: 1s", "refresh: 60s"))
    class_hub.wait(lambda: is_used("60s"))
    yield
    path.write_text(text)
    class_hub.wait(lambda: is_used("1s"))


@pytest.mark.usefixtures("slow_refresh")
def test_an_added_member_starts_it_at_once(class_hub, newcomer, kernel_cleanup):
    """What is known of her is recent enough, but it is read again before a refusal."""
    assert own_kernels(newcomer) == {"python3"}
    time.sleep(2.1)  # for which reads of a context are shared
    class_hub.add("outsider")
    assert own_kernels(newcomer) == {"python3"}
    assert newcomer.request("POST", "own/kernels", data=CLASS_KERNEL).status_code == 201
    assert LISTED in own_kernels(newcomer)


def test_strangers_get_nothing(stranger):
    assert stranger.get("own/kernels").status_code in (302, 403)
    assert stranger.request("POST", "own/kernels", data="python3").status_code in (302, 403)
    assert stranger.handshake("own/socket") == 403


def test_another_thread_gets_the_same_answer(visitors):
    time.sleep(REFRESH_S + 0.1)
    assert LISTED in visitors["member"].get("own/thread").json()
    assert visitors["non-member"].get("own/thread").json() == ["python3"]


def test_an_open_websocket_follows_the_membership(class_hub, newcomer):
    socket = newcomer.connect("own/socket")

    def is_listed() -> bool:
        socket.send("kernels?")
        return LISTED in json.loads(socket.recv())

    assert not is_listed()
    class_hub.add("outsider")
    class_hub.known_soon(is_listed)
    class_hub.remove("outsider")
    class_hub.known_soon(lambda: not is_listed())
    socket.close()


def test_a_handler_that_lists_no_kernels_costs_the_hub_nothing(visitors):
    def hub_requests() -> float:
        metrics = visitors["member"].get("metrics").text
        found = re.search(r"^scoped_launcher_hub_requests_total (\S+)", metrics, re.M)
        assert found
        return float(found[1])

    before = hub_requests()
    for _ in range(3):
        time.sleep(REFRESH_S + 0.1)
        assert visitors["member"].get("own/other").status_code == 200
    assert hub_requests() == before


@pytest.fixture
def notebook(class_hub):
    """Write a notebook for the class kernel into the folder of the server of ``user``."""

    def write(user: str) -> str:
        cell = {
            "cell_type": "code",
            "source": PRINT_KERNEL,
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
        kernel = {"name": LISTED, "display_name": "Class 1234", "language": "python"}
        content = {
            "nbformat": 4,
            "nbformat_minor": 4,
            "metadata": {"kernelspec": kernel},
            "cells": [cell],
        }
        path = class_hub.folder / "home" / user / "class.ipynb"
        path.write_text(json.dumps(content))
        return "voila/render/class.ipynb"

    return write


def test_voila_starts_the_kernel_for_members(visitors, notebook, kernel_cleanup):
    for _ in range(2):
        time.sleep(REFRESH_S + 0.1)
        page = visitors["member"].get(notebook("student"))
        assert page.status_code == 200
        assert f"started as {CLASS_KERNEL}" in page.text


def test_voila_does_not_start_it_for_others(visitors, notebook, kernel_cleanup):
    time.sleep(REFRESH_S + 0.1)
    page = visitors["non-member"].get(notebook("outsider"))
    assert f"started as {CLASS_KERNEL}" not in page.text
