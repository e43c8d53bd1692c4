"""What mail servers do wrong: no mail is lost, and none counts as sent that was not taken."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hubs import free_ports

from jupyterlab_scoped_launcher.service.mail import outbox
from jupyterlab_scoped_launcher.service.mail.outbox import Mail

from .conftest import MailServer
from .desk import Desk

ANN, BOB = "ann@example.edu", "bob@example.edu"
PASSWORD = "a secret of the mail server"
MAIL = Mail("group:class", (ANN, BOB), "Subject", "Text", "<p>Text")


def behave(server: MailServer, **how: Any) -> None:
    """Make the mail server do as given, and else as it should."""
    well = {"problem": "", "refused": {}, "delay_s": 0.0, "drops": False}
    for name, value in {**well, **how}.items():
        setattr(server, name, value)


@pytest.fixture
def new_desk(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    made: list[Desk] = []

    def new(address: str, **settings: Any) -> Desk:
        made.append(Desk(tmp_path, address, **settings))
        return made[-1]

    yield new
    for desk in made:
        desk.database.close()


@pytest.mark.parametrize(
    ("how", "problem"),
    [
        ({"problem": "451 try later"}, "451"),
        ({"problem": "550 no"}, "550"),
        ({"refused": {ANN: "550 no", BOB: "550 no"}}, "SMTPRecipientsRefused"),
        ({"refused": {ANN: "451 later", BOB: "451 later"}}, "SMTPRecipientsRefused"),
        ({"drops": True}, "SMTPServerDisconnected"),
        ({"delay_s": 1.5}, "Timeout"),
    ],
    ids=["not now", "no", "no recipient", "no recipient now", "no answer", "slow"],
)
def test_a_mail_is_sent_when_the_mail_server_works_again(
    server: MailServer,
    new_desk: Callable[..., Desk],
    monkeypatch: pytest.MonkeyPatch,
    how: dict[str, Any],
    problem: str,
) -> None:
    monkeypatch.setattr(outbox, "TIMEOUT_S", 0.5)
    desk = new_desk(server.address)
    behave(server, **how)
    number = desk.outbox.put(MAIL)
    desk.send(lambda: "mail_delayed" in desk.events)
    assert desk.outbox.state(number) == "waiting"
    assert problem in desk.problems()
    assert "mail_sent" not in desk.events
    assert not server.mails
    behave(server)
    desk.now += datetime.timedelta(seconds=31)
    desk.send(lambda: desk.outbox.state(number) == "sent")
    assert len(server.to(ANN)) == 1


def test_an_attempt_takes_no_longer_than_a_minute(
    server: MailServer, new_desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each answer comes in time, and all of them together do not."""
    monkeypatch.setattr(outbox, "LONGEST_ATTEMPT_S", 0.5)
    desk = new_desk(server.address)
    behave(server, delay_s=1.5)
    desk.outbox.put(MAIL)
    desk.send(lambda: "mail_delayed" in desk.events)
    assert "did not take it within" in desk.problems()


def test_a_mail_server_that_is_not_there(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk(f"127.0.0.1:{free_ports(1)[0]}")
    number = desk.outbox.put(MAIL)
    desk.send(lambda: "mail_delayed" in desk.events)
    assert desk.outbox.state(number) == "waiting"
    assert "SMTPConnectError" in desk.problems()


def test_one_recipient_who_is_refused_keeps_no_mail_from_the_other(
    server: MailServer, new_desk: Callable[..., Desk]
) -> None:
    desk = new_desk(server.address)
    behave(server, refused={BOB: "550 nobody here"})
    number = desk.outbox.put(MAIL)
    desk.send(lambda: desk.outbox.state(number) == "sent")
    assert dict(desk.logged)["mail_refused"]["recipients"] == [BOB]
    assert dict(desk.logged)["mail_sent"]["recipients"] == [ANN]
    assert len(server.mails) == 1
    assert desk.waiting() == 0


def test_a_recipient_for_whom_it_is_not_taken_yet_gets_it_later(
    server: MailServer, new_desk: Callable[..., Desk]
) -> None:
    desk = new_desk(server.address)
    behave(server, refused={BOB: "450 greylisted"})
    number = desk.outbox.put(MAIL)
    desk.send(lambda: desk.outbox.state(number) == "sent")
    assert "mail_refused" not in desk.events
    assert BOB in desk.problems()
    assert desk.waiting() == 1
    behave(server)
    desk.now += datetime.timedelta(seconds=31)
    desk.send(lambda: desk.waiting() == 0)
    first, second = server.mails
    assert second["To"] == BOB
    assert first.get_content_type() == second.get_content_type()


def test_a_mail_that_was_taken_is_not_sent_again_because_that_cannot_be_noted(
    server: MailServer, new_desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "POLL_S", 0.05)
    desk = new_desk(server.address)
    number = desk.outbox.put(MAIL)
    db = desk.database.connection
    # The disk becomes full while the mail server has the mail.
    db.execute("CREATE TABLE filler (content BLOB)")
    monkeypatch.setattr(desk.database, "check_writable", lambda: None)
    db.execute("PRAGMA query_only = 1")
    desk.send(lambda: "mail_failed" in desk.events and len(server.mails) > 0)
    desk.send(lambda: desk.events.count("mail_failed") > 1)
    assert desk.outbox.state(number) == "waiting"
    db.execute("PRAGMA query_only = 0")
    desk.send(lambda: desk.outbox.state(number) == "sent")
    assert len(server.mails) == 1


def test_nothing_is_sent_that_cannot_be_noted(
    server: MailServer, new_desk: Callable[..., Desk]
) -> None:
    desk = new_desk(server.address)
    number = desk.outbox.put(MAIL)
    desk.database.connection.execute("PRAGMA query_only = 1")
    desk.send(lambda: "mail_failed" in desk.events)
    assert not server.attempts
    desk.database.connection.execute("PRAGMA query_only = 0")
    desk.send(lambda: desk.outbox.state(number) == "sent")
    assert len(server.mails) == 1


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a certificate for 127.0.0.1 that nobody else has signed, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.example.edu")])
    now = datetime.datetime.now(datetime.timezone.utc)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "certificate.pem"
    pem = serialization.Encoding.PEM
    file.write_bytes(
        signed.public_bytes(pem)
        + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return file


def checks_password(_: Any, __: Any, ___: Any, ____: str, given: Any) -> AuthResult:
    right = isinstance(given, LoginPassword) and given.login == b"hub"
    return AuthResult(success=right and given.password == PASSWORD.encode(), handled=False)


@pytest.fixture(params=["starttls", "tls"])
def safe_server(
    request: pytest.FixtureRequest, certificate: Path
) -> Iterator[tuple[MailServer, dict[str, str]]]:
    """A mail server that wants a login over an encrypted connection, and the settings for it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    options: dict[str, Any] = {"auth_required": True, "authenticator": checks_password}
    if request.param == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    else:
        options |= {"ssl_context": context, "auth_require_tls": False}
    server = MailServer(**options)
    server.start()
    yield server, {"security": request.param, "user": "hub", "password": PASSWORD}
    server.stop()


def test_a_certificate_must_be_trusted(
    safe_server: tuple[MailServer, dict[str, str]],
    new_desk: Callable[..., Desk],
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server, settings = safe_server
    desk = new_desk(server.address, **settings)
    number = desk.outbox.put(MAIL)
    desk.send(lambda: "mail_delayed" in desk.events)
    assert not server.attempts
    assert "CERTIFICATE_VERIFY_FAILED" in desk.problems()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    desk.now += datetime.timedelta(seconds=31)
    desk.send(lambda: desk.outbox.state(number) == "sent")
    assert len(server.to(ANN)) == 1
    assert PASSWORD not in str(desk.logged)


def test_a_wrong_password_delays_mails_and_is_in_no_log(
    safe_server: tuple[MailServer, dict[str, str]],
    new_desk: Callable[..., Desk],
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server, settings = safe_server
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    desk = new_desk(server.address, **{**settings, "password": "quite wrong"})
    number = desk.outbox.put(MAIL)
    desk.send(lambda: "mail_delayed" in desk.events)
    assert desk.outbox.state(number) == "waiting"
    assert "535" in desk.problems()
    assert not server.attempts
    kept = desk.database.connection.execute("SELECT * FROM mail").fetchall()
    assert "quite wrong" not in f"{desk.logged}{kept}"


def test_nothing_is_sent_without_the_encryption_that_is_set(
    server: MailServer, new_desk: Callable[..., Desk]
) -> None:
    desk = new_desk(server.address, security="starttls", user="hub", password=PASSWORD)
    number = desk.outbox.put(MAIL)
    desk.send(lambda: "mail_delayed" in desk.events)
    assert desk.outbox.state(number) == "waiting"
    assert not server.attempts
    assert PASSWORD not in str(desk.logged)
