"""What fails beneath requests loses and doubles none: the database, and the service itself."""

from __future__ import annotations

import resource
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timezone
from typing import Any

import pytest
import requests
from hubs import wait

from .conftest import SERVICE, JoiningHub, MailServer, Person


def database(hub: JoiningHub) -> closing[sqlite3.Connection]:
    """Open the service's database, beside the service."""
    return closing(sqlite3.connect(hub.folder / "service.sqlite", timeout=20))


@contextmanager
def locked(hub: JoiningHub) -> Iterator[None]:
    with database(hub) as db:
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
    with database(hub) as db, db:
        db.executemany(
            "INSERT INTO request (user, group_name, reason, state, asked_at, told_at)"
            " VALUES (?, ?, '', 'asked', ?, ?)",
            [(user, group, now, now) for user in users],
        )


def states(hub: JoiningHub, group: str) -> dict[str, int]:
    with database(hub) as db:
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
        page = profx.post_job("classes/class", action="add", names=name)
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
    with database(hub) as db, db:
        # The tests that follow wait for no mail to those who do not exist.
        db.execute("UPDATE mail SET state = 'sent' WHERE state = 'waiting'")


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


def test_the_service_is_killed_in_a_job_and_while_a_mail_waits(
    hub: JoiningHub, mail: MailServer, profx: Person
) -> None:
    """Who was added stays a member, who was not still asks, and each is added and told once."""
    names = [f"half-{number:03}" for number in range(300)]
    hub.api("POST", "/users", usernames=names)
    insert(hub, names, "large")
    student = Person(hub.url, "waits-for-mail")

    def approve_all() -> None:
        with suppress(requests.RequestException, AssertionError):  # the service ends meanwhile
            profx.post("classes/large", action="approve-all")

    mail.problem = "451 try later"
    try:
        student.post("join/class", action="ask")
        wait(lambda: "waits to be sent" in student.get("join/class"), 20, hub.log)
        process = hub.service_process()
        approving = threading.Thread(target=approve_all)
        approving.start()
        wait(lambda: states(hub, "large").get("approved", 0) > 0, 20, hub.log)
        process.kill()
        approving.join()
    finally:
        mail.problem = ""
    time.sleep(1)  # the Hub may still add those for whom it was asked last
    members = set(hub.members("large"))
    assert 0 < len(members) < 300, "this test tests something"
    asking = 300 - len(members)
    wait(lambda: f"Requests ({asking})" in profx.open(f"{SERVICE}classes/large").text, 60, hub.log)
    assert set(hub.members("large")) == members

    profx.post_job("classes/large", action="approve-all")
    assert hub.members("large") == names
    with database(hub) as db:
        ended = db.execute(
            "SELECT user, count(*) FROM request"
            " WHERE user LIKE 'half-%' AND state = 'approved' GROUP BY user"
        ).fetchall()
    assert sorted(ended) == [(name, 1) for name in names]
    wait(lambda: mails_about(mail, "waits-for-mail"), 60, hub.log)
    wait(lambda: all(mail.to(f"{name}@students.example.edu") for name in names), 60, hub.log)
    time.sleep(3)
    assert len(mails_about(mail, "waits-for-mail")) == 1
    twice = [name for name in names if len(mail.to(f"{name}@students.example.edu")) > 1]
    assert len(twice) <= 1, "only a mail that was on its way when the service ended is sent again"


def mails_about(mail: MailServer, user: str) -> list[str]:
    """Return the subjects of the mails to those who decide that name a user."""
    return [m["Subject"] for m in mail.to("desk@example.edu") if user in m.as_string()]


def test_pages_do_not_wait_for_a_slow_mail_server(
    hub: JoiningHub, mail: MailServer, profx: Person
) -> None:
    students = [Person(hub.url, f"slow-mail-{number}") for number in range(3)]
    for student in students:
        student.get("join/class")
    mail.delay_s = 8.0
    try:
        attempts = mail.attempts
        for student in students:
            began = time.monotonic()
            student.post("join/class", action="ask")
            assert time.monotonic() - began < 2
        wait(lambda: mail.attempts > attempts, 20, hub.log)
        began = time.monotonic()
        assert "slow-mail-2" in profx.get("classes/class")
        assert "waits to be sent" in students[2].get("join/class")
        assert time.monotonic() - began < 2
    finally:
        mail.delay_s = 0.0
    wait(lambda: "have been sent a mail" in students[2].get("join/class"), 60, hub.log)
