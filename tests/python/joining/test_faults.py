"""What fails beneath requests loses and doubles none: the database, and the service itself."""

from __future__ import annotations

import resource
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timezone
from typing import Any

import pytest
from hubs import wait

from .conftest import JoiningHub, Person


@contextmanager
def locked(hub: JoiningHub) -> Iterator[None]:
    with closing(sqlite3.connect(hub.folder / "service.sqlite", timeout=20)) as db:
        db.isolation_level = None
        db.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            db.execute("ROLLBACK")


@contextmanager
def full(hub: JoiningHub) -> Iterator[None]:
    """No file of the service may grow."""
    process = hub.service_process()
    limits = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        yield
    finally:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, limits)


def insert(hub: JoiningHub, users: list[str], group: str) -> None:
    """Keep requests as if they had been made in the past."""
    now = datetime.now(timezone.utc).isoformat()
    with closing(sqlite3.connect(hub.folder / "service.sqlite", timeout=20)) as db, db:
        db.executemany(
            "INSERT INTO request (user, group_name, reason, state, asked_at, told_at)"
            " VALUES (?, ?, '', 'asked', ?, ?)",
            [(user, group, now, now) for user in users],
        )


def states(hub: JoiningHub, group: str) -> dict[str, int]:
    with closing(sqlite3.connect(hub.folder / "service.sqlite", timeout=20)) as db:
        return dict(
            db.execute(
                "SELECT state, count(*) FROM request WHERE group_name = ? GROUP BY state", (group,)
            )
        )


@pytest.mark.parametrize("fault", [locked, full])
def test_the_database_cannot_be_written(hub: JoiningHub, profx: Person, fault: Any) -> None:
    name = f"fault-{fault.__name__}"
    student = Person(hub.url, name)
    student.get("join/class")
    profx.get("classes/class")
    with fault(hub):
        answer = student.post("join/class", 503, action="ask")
        assert "The database of the service cannot be used" in answer.text
        assert "waits for a decision" not in student.get("join/class")
        page = profx.post("classes/class", action="add", names=name)
        while "done…" in page.text:
            time.sleep(0.2)
            page = profx.session.get(page.url, timeout=60)
        assert f"<strong>{name}</strong>: the database of the service cannot be used" in page.text
        assert name not in hub.members("class")
    assert "waits for a decision" in student.post("join/class", action="ask").text
    assert f"Added: {name}" in profx.post("classes/class", action="add", names=name).text
    assert "waits for a decision" not in student.get("join/class")


def test_ten_thousand_requests(hub: JoiningHub, profx: Person) -> None:
    insert(hub, [f"many-{number:05}" for number in range(10_000)], "bulk")
    for page in ("classes/bulk", "classes/bulk?requests=99", ""):
        began = time.monotonic()
        text = profx.get(page)
        assert time.monotonic() - began < 3, page
        assert text.count('name="request"') == (100 if page else 0)
    assert "Page 1 of 100" in profx.get("classes/bulk")
    assert "many-09999" in profx.get("classes/bulk?requests=99")
    profx.post("classes/bulk", action="decline-all")
    assert states(hub, "bulk") == {"declined": 10_000}


def test_the_service_is_killed_while_it_adds_users(hub: JoiningHub, profx: Person) -> None:
    names = [f"killed-{number:03}" for number in range(300)]
    hub.api("POST", "/users", usernames=names)
    insert(hub, names, "strict")
    page = profx.get("classes/strict")
    assert "Requests (300)" in page
    process = hub.service_process()
    process.suspend()  # what the Hub tells meanwhile is not heard
    hub.api("POST", "/groups/strict/users", users=names[:20])
    process.kill()
    wait(
        lambda: "Requests (280)" in profx.open("/services/scoped-launcher/classes/strict").text, 60
    )
    assert states(hub, "strict") == {"asked": 280, "approved": 20}
    assert hub.members("strict") == names[:20]
