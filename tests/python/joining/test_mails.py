"""When mails are written and sent: a real database and mail server, and a clock of the test's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from jupyterlab_scoped_launcher.cli.errors import CliError
from jupyterlab_scoped_launcher.cli.mail_options import mail_from
from jupyterlab_scoped_launcher.service.mail.outbox import Mail
from jupyterlab_scoped_launcher.service.mail.settings import MailSettings, mail_address

from .conftest import MailServer
from .desk import Desk

OPTIONS: dict[str, Any] = {
    "smtp": "mail.example.edu",
    "smtp_security": "starttls",
    "smtp_user": "",
    "smtp_password_file": None,
    "mail_from": "hub@example.edu",
    "mail_users": "",
    "digest_s": 300.0,
    "public_url": "https://hub.example.edu",
}


@pytest.fixture
def desk(tmp_path: Path, server: MailServer) -> Iterator[Desk]:
    made = Desk(tmp_path, server.address)
    yield made
    made.database.close()


def test_five_hundred_requests_in_ten_minutes_are_three_mails(desk: Desk) -> None:
    told = 0
    for number in range(500):
        desk.requests.store.ask(f"u-{number}", "class", "", desk.now)
        desk.notices.tell_due()
        desk.now += timedelta(seconds=1.2)
    desk.now += timedelta(seconds=300)
    desk.notices.tell_due()
    rows = desk.database.connection.execute("SELECT subject, text FROM mail").fetchall()
    within = desk.database.connection.execute(
        "SELECT count(*) FROM mail WHERE written_at <= ?",
        (datetime(2026, 10, 1, 0, 10, tzinfo=timezone.utc).isoformat(),),
    ).fetchone()[0]
    assert within <= 3
    assert rows[0][0] == "u-0 asks to join class"
    told = sum(int(subject.split()[0]) for subject, _ in rows[1:]) + 1
    assert told == 500
    assert all(text.count("\n- u-") <= 50 for _, text in rows)


def test_a_mail_that_was_not_taken_is_sent_after_a_restart(desk: Desk, server: MailServer) -> None:
    number = desk.outbox.put(Mail("group:x", ("restart@example.edu",), "S\nBcc: x", "T", "<p>"))
    server.problem = "451 try later"
    try:
        desk.send(lambda: "mail_delayed" in desk.events)
    finally:
        server.problem = ""
    assert desk.outbox.state(number) == "waiting"
    again = desk.new_outbox()
    desk.now += timedelta(seconds=29)
    desk.send(lambda: True, again)
    assert not server.to("restart@example.edu")
    desk.now += timedelta(seconds=2)
    desk.send(lambda: again.state(number) == "sent", again)
    (sent,) = server.to("restart@example.edu")
    assert sent["Subject"] == "S Bcc: x"
    assert sent["Bcc"] is None
    kept = desk.database.connection.execute("SELECT text, html FROM mail").fetchone()
    assert kept == ("", "")


def test_a_mail_to_those_who_decide_does_not_wait_for_many_others(
    desk: Desk, server: MailServer
) -> None:
    for number in range(100):
        desk.outbox.put(Mail(f"request:{number}", ("asked@example.edu",), "S", "T", "<p>"))
    desk.outbox.put(Mail("group:class", ("decides@example.edu",), "S", "T", "<p>"))
    desk.send(lambda: bool(server.to("decides@example.edu")))
    assert len(server.to("asked@example.edu")) < 10
    desk.send(lambda: len(server.mails) > 30)
    desk.outbox.put(Mail("group:class", ("decides@example.edu",), "S", "T", "<p>"))
    desk.send(lambda: len(server.to("decides@example.edu")) == 2)
    assert desk.waiting() > 20, "the others wait"


def test_a_mail_is_given_up_after_days(desk: Desk, server: MailServer) -> None:
    number = desk.outbox.put(Mail("group:y", ("never@example.edu",), "S", "T", "<p>"))
    server.problem = "550 no"
    try:
        for _ in range(12):
            before = desk.events.count("mail_delayed")
            desk.send(
                lambda before=before: (
                    desk.events.count("mail_delayed") > before  # type: ignore[misc]
                    or "mail_given_up" in desk.events
                )
            )
            desk.now += timedelta(hours=7)
    finally:
        server.problem = ""
    assert desk.outbox.state(number) == "given_up"
    assert desk.outbox.has_given_up("group:y")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("a@b.edu", "a@b.edu"),
        ("MAILTO:a@b.edu?subject=x", "a@b.edu"),
        ("Prof. X <a@b.edu>", None),
        ("a@b.edu, c@d.edu", None),
        ("a@b.edu\nBcc: c@d.edu", None),
        ("https://example.edu", None),
        ("room 5", None),
    ],
)
def test_only_one_address_is_an_address(text: str, address: str | None) -> None:
    assert mail_address(text) == address


def test_users_have_addresses_by_the_template_or_their_names() -> None:
    settings = MailSettings("h", 25, "s@e.edu", user_address="{user}@example.edu")
    assert settings.address_of("ann") == "ann@example.edu"
    assert settings.address_of("ann@other.edu") == "ann@other.edu"
    assert settings.address_of("ann smith") is None
    assert MailSettings("h", 25, "s@e.edu").address_of("ann") is None


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"smtp": "mail:port"}, "HOST:PORT"),
        ({"mail_from": None}, "--mail-from"),
        ({"mail_from": "hub"}, "--mail-from"),
        ({"mail_users": "example.edu"}, "{user}@"),
        ({"public_url": None}, "--public-url"),
        ({"public_url": "hub.example.edu"}, "https://"),
        ({"smtp_password_file": Path("/nowhere/password")}, "/nowhere/password"),
    ],
)
def test_options_that_make_no_mail_are_explained(given: dict[str, Any], named: str) -> None:
    with pytest.raises(CliError, match=named):
        mail_from(**{**OPTIONS, **given})


def test_the_password_comes_from_the_environment_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCOPED_LAUNCHER_SMTP_PASSWORD", "of the environment")
    settings, url, _ = mail_from(**OPTIONS)
    assert settings is not None
    assert (settings.password, settings.port) == ("of the environment", 587)
    assert "of the environment" not in repr(settings)
    assert url == "https://hub.example.edu/services/scoped-launcher/"
    file = tmp_path / "password"
    file.write_text("of the file\n")
    settings, _, _ = mail_from(**{**OPTIONS, "smtp_password_file": file})
    assert settings is not None
    assert settings.password == "of the file"
