"""The visitor's facts, read at a real Hub, also when the line to it is bad."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import time
from typing import Any

import pytest

from jupyterlab_scoped_launcher import facts
from jupyterlab_scoped_launcher.facts import Facts, FactsError, HubClient, HubFacts, Reading


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting: every question goes to the Hub, which has half a second."""
    monkeypatch.setattr(facts, "COALESCE_S", 0.0)
    monkeypatch.setattr(facts, "HUB_TIMEOUT_S", 0.5)


class Reader:
    """`HubFacts` at the end of the line, asked from tests that are not asynchronous."""

    def __init__(self, api_url: str) -> None:
        self.loop = asyncio.new_event_loop()
        self.facts = HubFacts(HubClient(api_url), logging.getLogger("test.facts"))

    def read(self, token: str, max_stale_s: float = 60.0) -> Reading:
        return self.loop.run_until_complete(self.facts.read(token, max_stale_s))

    def read_all(self, *tokens: str) -> list[Reading]:
        async def together() -> list[Reading]:
            return await asyncio.gather(*(self.facts.read(token, 60.0) for token in tokens))

        return self.loop.run_until_complete(together())


@pytest.fixture
def reader(hub):
    reader = Reader(f"{hub.line.url}/hub/api/")
    yield reader

    async def close() -> None:
        reader.facts.close()

    reader.loop.run_until_complete(close())
    reader.loop.close()


@pytest.fixture(scope="module")
def member(hub) -> str:
    return hub.token("member", "access:servers!server=member/")


def hang_up(line: Any) -> None:
    line.connection.shutdown(socket.SHUT_RDWR)
    line.close_connection = True


def be_slow(line: Any) -> None:
    time.sleep(1)
    line.answer(200, b"{}")


def cut_off(line: Any) -> None:
    line.send_response(200)
    line.send_header("Content-Length", "1000")
    line.end_headers()
    line.wfile.write(b'{"kind": "user"')
    hang_up(line)


def redirect(line: Any) -> None:
    line.answer(302, b"", {"Location": f"{line.server.url}/elsewhere"})


def answer(status: int, body: bytes | dict[str, Any]) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda line: line.answer(status, content)


MODEL = {"kind": "user", "name": "member", "admin": False, "groups": [], "scopes": []}

FAULTS = {
    "hangs up": (hang_up, "hub-unreachable"),
    "slow": (be_slow, "hub-timeout"),
    "cut off": (cut_off, "hub-unreachable"),
    "too long": (answer(200, b" " * (facts.MAX_ANSWER_BYTES + 1)), "hub-unreachable"),
    "redirect": (redirect, "hub-error"),
    "500": (answer(500, b"<h1>Traceback (most recent call last)</h1>"), "hub-error"),
    "502": (answer(502, b""), "hub-error"),
    "404": (answer(404, {"message": "Not Found"}), "hub-error"),
    "204": (answer(204, b""), "hub-error"),
    "HTML": (answer(200, b"<!doctype html><h1>Sign in</h1>"), "hub-garbage"),
    "not UTF-8": (answer(200, b'{"name": "\xff"}'), "hub-garbage"),
    "too deep": (answer(200, b"[" * 100_000), "hub-garbage"),
    "a list": (answer(200, b"[]"), "hub-garbage"),
    "null": (answer(200, b"null"), "hub-garbage"),
    "no name": (answer(200, {**MODEL, "name": None}), "hub-garbage"),
    "empty name": (answer(200, {**MODEL, "name": ""}), "hub-garbage"),
    "admin is text": (answer(200, {**MODEL, "admin": "false"}), "hub-garbage"),
    "groups is text": (answer(200, {**MODEL, "groups": "Morons"}), "hub-garbage"),
    "group is a number": (answer(200, {**MODEL, "groups": [1]}), "hub-garbage"),
    "scopes missing": (answer(200, {"name": "member", "groups": []}), "hub-garbage"),
}


def test_reads_what_the_hub_knows(hub, reader, member):
    reading = reader.read(member)
    assert reading == Reading(
        Facts(
            hub=True,
            user="member",
            groups=("Morons",),
            scopes=(
                "access:servers!server=member/",
                "read:users:groups!user=member",
                "read:users:name!user=member",
            ),
        ),
        reading.age_s,
    )
    assert 0 <= reading.age_s < 1


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("name", FAULTS)
def test_a_bad_line_gives_the_last_good_facts_and_then_none(hub, reader, member, name):
    fault, code = FAULTS[name]
    good = reader.read(member)
    with hub.line.disturbed(fault):
        stale = reader.read(member)
        assert stale.stale
        assert stale.facts == good.facts
        assert stale.age_s > good.age_s
        with pytest.raises(FactsError) as closed:
            reader.read(member, max_stale_s=0.0)
    assert (closed.value.code, closed.value.status) == (code, 503)
    again = reader.read(member)
    assert (again.facts, again.stale) == (good.facts, False)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("name", FAULTS)
def test_a_bad_line_from_the_start_gives_nothing(hub, reader, member, name):
    fault, code = FAULTS[name]
    with hub.line.disturbed(fault), pytest.raises(FactsError) as closed:
        reader.read(member)
    assert closed.value.code == code
    said = str(closed.value)
    assert "http" not in said
    assert member not in said + closed.value.detail


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_forgotten_at_once(hub, reader, member, status):
    reader.read(member)
    with hub.line.disturbed(answer(status, {"message": "Forbidden"})):
        with pytest.raises(FactsError) as refused:
            reader.read(member)
        assert (refused.value.code, refused.value.status) == ("logged-out", 403)
    with hub.line.disturbed(hang_up), pytest.raises(FactsError) as closed:
        reader.read(member)  # no last good facts
    assert closed.value.code == "hub-unreachable"


@pytest.mark.usefixtures("quick")
def test_a_redirect_is_not_followed(hub, reader, member):
    hub.line.asked.clear()
    with hub.line.disturbed(redirect), pytest.raises(FactsError):
        reader.read(member)
    assert hub.line.asked == ["/hub/api/user"]


def test_nobody_listens(member):
    reader = Reader("http://127.0.0.1:1/hub/api")
    with pytest.raises(FactsError) as closed:
        reader.read(member)
    assert closed.value.code == "hub-unreachable"


def test_many_questions_share_one_request(hub, reader, member):
    hub.line.asked.clear()
    first = reader.read_all(*[member] * 20)
    later = reader.read(member)
    assert hub.line.asked == ["/hub/api/user"]
    assert {reading.facts for reading in [*first, later]} == {first[0].facts}


def test_a_failure_is_shared_too(hub, reader, member, monkeypatch):
    monkeypatch.setattr(facts, "HUB_TIMEOUT_S", 0.3)
    hub.line.asked.clear()
    with hub.line.disturbed(be_slow):
        for _ in range(3):
            with pytest.raises(FactsError):
                reader.read(member)
    assert hub.line.asked == ["/hub/api/user"]


def test_each_visitor_gets_their_own(hub, reader, member):
    hub.api("POST", "/users/other", ok=(409,))
    other = hub.token("other", "access:servers!server=other/")
    users = [r.facts.user for r in reader.read_all(member, other, member, other)]
    assert users == ["member", "other", "member", "other"]


@pytest.mark.usefixtures("quick")
def test_remembers_a_bounded_number_of_visitors(hub, reader, member, monkeypatch):
    monkeypatch.setattr(facts, "MAX_VISITORS", 2)
    hub.api("POST", "/users/other", ok=(409,))
    reader.read(member)
    for _ in range(2):
        reader.read(hub.token("other", "access:servers!server=other/"))
    with hub.line.disturbed(hang_up), pytest.raises(FactsError):
        reader.read(member)  # forgotten, so there is nothing to use for stale


def test_a_service_is_no_visitor(hub, reader):
    with pytest.raises(FactsError) as refused:
        reader.read(hub.known["token"])
    assert (refused.value.code, refused.value.status) == ("not-a-user", 403)


@pytest.mark.usefixtures("quick")
def test_an_outage_is_logged_once_and_so_is_its_end(hub, reader, member, caplog):
    caplog.set_level(logging.INFO, logger="test.facts")
    reader.read(member)
    assert not caplog.messages
    with hub.line.disturbed(answer(500, b"")):
        for _ in range(3):
            reader.read(member)
    assert [r.levelname for r in caplog.records] == ["WARNING"]
    assert "answered 500" in caplog.messages[0]
    reader.read(member)
    assert [r.levelname for r in caplog.records] == ["WARNING", "INFO"]
    assert member not in caplog.text


@pytest.fixture(scope="module")
def sharing(hub) -> str:
    """Share two servers with ``member``; return a token of theirs that may list shares."""
    servers = ("sharer/bare-1", "sharer/bare-2")
    hub.start_servers(*servers, tiny=True)
    for server in servers:
        hub.share(server, "member")
    hub.api("POST", "/shares/sharer/bare-1", group="empty")
    return hub.token("member", "access:servers!server=member/", "read:users:shares!user")


class TestShares:
    """Servers shared with the visitor, where the token may read them."""

    def test_are_read(self, reader, sharing):
        reading = reader.read(sharing)
        assert reading.facts.shares == ("sharer/bare-1", "sharer/bare-2")
        assert reading.facts.warnings == ()

    def test_are_read_page_by_page(self, hub, reader, sharing, monkeypatch):
        monkeypatch.setattr(facts, "SHARES_PER_PAGE", 1)
        hub.line.asked.clear()
        assert reader.read(sharing).facts.shares == ("sharer/bare-1", "sharer/bare-2")
        assert hub.line.asked == [
            "/hub/api/user",
            "/hub/api/users/member/shared?offset=0&limit=1",
            "/hub/api/users/member/shared?offset=1&limit=1",
        ]

    def test_are_bounded(self, reader, sharing, monkeypatch):
        monkeypatch.setattr(facts, "SHARES_PER_PAGE", 1)
        monkeypatch.setattr(facts, "MAX_SHARE_PAGES", 1)
        reading = reader.read(sharing)
        assert reading.facts.shares == ("sharer/bare-1",)
        assert reading.facts.warnings == ("Only the first 1 servers shared with you are used.",)

    def test_are_not_asked_for_without_leave(self, hub, reader, member, sharing):
        hub.line.asked.clear()
        assert reader.read(member).facts.shares == ()
        assert hub.line.asked == ["/hub/api/user"]

    @pytest.mark.usefixtures("quick")
    @pytest.mark.parametrize(
        "fault",
        [
            answer(500, b""),
            answer(403, b"{}"),
            answer(200, b"[]"),
            answer(200, {"items": [{"server": None}], "_pagination": {"next": None}}),
            answer(200, {"items": [], "_pagination": {"next": {"offset": "many"}}}),
            be_slow,
        ],
    )
    def test_fail_softly(self, hub, reader, sharing, fault):
        def only_shares(line: Any) -> None:
            (fault if "/shared" in line.path else type(line).forward)(line)

        with hub.line.disturbed(only_shares):
            reading = reader.read(sharing)
        assert (reading.facts.groups, reading.facts.shares) == (("Morons",), ())
        (warning,) = reading.facts.warnings
        assert warning.startswith("The servers shared with you are unknown: ")
