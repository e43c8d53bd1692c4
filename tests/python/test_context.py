"""The visitor's context, read at a real Hub, also when the connection to it is bad."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import time
from typing import Any

import pytest

from jupyterlab_scoped_launcher import context
from jupyterlab_scoped_launcher.changes import OwnerFacts
from jupyterlab_scoped_launcher.context import ContextError, ContextSnapshot, VisitorFacts
from jupyterlab_scoped_launcher.hub_api import MAX_ANSWER_BYTES, REQUEST_TIMEOUT_S, HubClient
from jupyterlab_scoped_launcher.server import context_cache
from jupyterlab_scoped_launcher.server.context_cache import ContextCache
from jupyterlab_scoped_launcher.server.told_facts import ToldFacts


@pytest.fixture
def quick(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every read sends a request to the Hub, which has half a second to answer."""
    monkeypatch.setattr(context_cache, "MIN_REQUEST_INTERVAL_S", 0.0)
    monkeypatch.setattr(cache.client, "_timeout_s", 0.5)


class Cache:
    """`ContextCache`, used from tests that are not asynchronous."""

    def __init__(self, api_url: str) -> None:
        self.loop = asyncio.new_event_loop()
        self.client = HubClient(api_url)
        self.cache = ContextCache(self.new_client, logging.getLogger("test.context"))

    def new_client(self, timeout_s: float) -> HubClient:
        """Return one client for all reads in this loop, and others for those outside it."""
        if timeout_s == REQUEST_TIMEOUT_S:
            return self.client
        return HubClient(self.client._api_url, timeout_s=timeout_s)

    def load_blocking(self, token: str, max_age_s: float = 0.0) -> ContextSnapshot:
        """Load as in a handler that cannot await: the event loop runs and is blocked."""

        async def load() -> ContextSnapshot:
            return self.cache.load_blocking(token, 60.0, max_age_s)

        return self.loop.run_until_complete(load())

    def load(self, token: str, max_stale_s: float = 60.0) -> ContextSnapshot:
        return self.loop.run_until_complete(self.cache.load(token, max_stale_s))

    def load_all(self, *tokens: str) -> list[ContextSnapshot]:
        async def together() -> list[ContextSnapshot]:
            return await asyncio.gather(*(self.cache.load(token, 60.0) for token in tokens))

        return self.loop.run_until_complete(together())


@pytest.fixture
def cache(hub):
    cache = Cache(f"{hub.proxy.url}/hub/api/")
    yield cache

    async def close() -> None:
        cache.cache.close()

    cache.loop.run_until_complete(close())
    cache.loop.close()


@pytest.fixture(scope="module")
def member(hub) -> str:
    return hub.token("member", "access:servers!server=member/")


HUB_HEADERS = {"Content-Type": "application/json", "X-JupyterHub-Version": "6.1.1"}


def hang_up(request: Any) -> None:
    request.connection.shutdown(socket.SHUT_RDWR)
    request.close_connection = True


def be_slow(request: Any) -> None:
    time.sleep(1)
    request.answer(200, b"{}")


def cut_off(request: Any) -> None:
    request.send_response(200)
    request.send_header("Content-Length", "1000")
    request.end_headers()
    request.wfile.write(b'{"kind": "user"')
    hang_up(request)


def redirect(request: Any) -> None:
    request.answer(302, b"", {"Location": f"{request.server.url}/elsewhere"})


def answer(status: int, body: bytes | dict[str, Any], headers: Any = HUB_HEADERS) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda request: request.answer(status, content, headers)


MODEL = {"kind": "user", "name": "member", "admin": False, "groups": [], "scopes": []}


@pytest.mark.usefixtures("quick")
class TestAfterAServiceHasToldChanges:
    """The Hub is asked seldom then, so its own answer may be older than ``max_stale``."""

    @pytest.fixture
    def told(self, cache: Cache, member: str) -> ToldFacts:
        """What is told now, 25 minutes after the Hub's answer."""
        assert cache.load(member).visitor.groups == ("Morons",)
        entry = cache.cache._entry(member)
        entry.asked_at -= 1500
        entry.loaded_at -= 1500
        entry.next_request_at = 0
        told = cache.cache._told
        told.tell(OwnerFacts("member", False, ("class",), None, None))
        return told

    def test_the_hub_is_not_asked_while_each_change_is_told(
        self, hub: Any, cache: Cache, member: str, told: ToldFacts
    ) -> None:
        with hub.proxy.with_fault(answer(500, b"")):
            snapshot = cache.load(member)
        assert (snapshot.visitor.groups, snapshot.age_s, snapshot.stale) == (("class",), 0, False)

    def test_what_was_told_last_counts_in_an_outage(
        self, hub: Any, cache: Cache, member: str, told: ToldFacts
    ) -> None:
        told.expire_in(-40.0)
        with hub.proxy.with_fault(answer(500, b"")):
            snapshot = cache.load(member)
            assert snapshot.visitor.groups == ("class",)
            assert snapshot.stale
            assert 40 <= snapshot.age_s < 60
            told.expire_in(-80.0)
            with pytest.raises(ContextError):
                cache.load(member)
        assert cache.load(member).visitor.groups == ("Morons",), "the Hub's new answer counts"


FAULTS = {
    "hangs up": (hang_up, "hub-unreachable"),
    "slow": (be_slow, "hub-timeout"),
    "cut off": (cut_off, "hub-unreachable"),
    "too long": (answer(200, b" " * (MAX_ANSWER_BYTES + 1)), "hub-unreachable"),
    "redirect": (redirect, "hub-error"),
    "500": (answer(500, b"<h1>Traceback (most recent call last)</h1>"), "hub-error"),
    "502": (answer(502, b""), "hub-error"),
    "404": (answer(404, {"message": "Not Found"}), "hub-error"),
    "204": (answer(204, b""), "hub-error"),
    "no JupyterHub": (answer(200, MODEL, {}), "malformed-response"),
    "HTML": (answer(200, b"<!doctype html><h1>Sign in</h1>"), "malformed-response"),
    "not UTF-8": (answer(200, b'{"name": "\xff"}'), "malformed-response"),
    "too deep": (answer(200, b"[" * 100_000), "malformed-response"),
    "a list": (answer(200, b"[]"), "malformed-response"),
    "null": (answer(200, b"null"), "malformed-response"),
    "no name": (answer(200, {**MODEL, "name": None}), "malformed-response"),
    "empty name": (answer(200, {**MODEL, "name": ""}), "malformed-response"),
    "neither user nor service": (answer(200, {**MODEL, "kind": "robot"}), "malformed-response"),
    "admin is text": (answer(200, {**MODEL, "admin": "false"}), "malformed-response"),
    "groups is text": (answer(200, {**MODEL, "groups": "Morons"}), "malformed-response"),
    "group is a number": (answer(200, {**MODEL, "groups": [1]}), "malformed-response"),
    "scopes missing": (answer(200, {"name": "member", "groups": []}), "malformed-response"),
}


def test_reads_what_the_hub_knows(hub, cache, member):
    snapshot = cache.load(member)
    assert snapshot == ContextSnapshot(
        VisitorFacts(
            hub=True,
            user="member",
            groups=("Morons",),
            scopes=(
                "access:servers!server=member/",
                "read:users:groups!user=member",
                "read:users:name!user=member",
            ),
        ),
        snapshot.age_s,
    )
    assert 0 <= snapshot.age_s < 1


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("name", FAULTS)
def test_a_bad_connection_gives_the_last_good_context_and_then_none(hub, cache, member, name):
    fault, code = FAULTS[name]
    good = cache.load(member)
    with hub.proxy.with_fault(fault):
        stale = cache.load(member)
        assert stale.stale
        assert stale.visitor == good.visitor
        assert stale.age_s > good.age_s
        with pytest.raises(ContextError) as closed:
            cache.load(member, max_stale_s=0.0)
    assert (closed.value.code, closed.value.status) == (code, 503)
    again = cache.load(member)
    assert (again.visitor, again.stale) == (good.visitor, False)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("name", FAULTS)
def test_a_bad_connection_from_the_start_gives_none(hub, cache, member, name):
    fault, code = FAULTS[name]
    with hub.proxy.with_fault(fault), pytest.raises(ContextError) as closed:
        cache.load(member)
    assert closed.value.code == code
    said = str(closed.value)
    assert "http" not in said
    assert member not in said + closed.value.detail


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_forgotten_at_once(hub, cache, member, status):
    cache.load(member)
    with hub.proxy.with_fault(answer(status, {"message": "Forbidden"})):
        with pytest.raises(ContextError) as refused:
            cache.load(member)
        assert (refused.value.code, refused.value.status) == ("not-authenticated", 403)
    with hub.proxy.with_fault(hang_up), pytest.raises(ContextError) as closed:
        cache.load(member)  # no last good facts
    assert closed.value.code == "hub-unreachable"


@pytest.mark.usefixtures("quick")
def test_a_redirect_is_not_followed(hub, cache, member):
    hub.proxy.asked.clear()
    with hub.proxy.with_fault(redirect), pytest.raises(ContextError):
        cache.load(member)
    assert hub.proxy.asked == ["/hub/api/user"]


def test_a_hub_that_does_not_listen_is_unreachable(member):
    cache = Cache("http://127.0.0.1:1/hub/api")
    with pytest.raises(ContextError) as closed:
        cache.load(member)
    assert closed.value.code == "hub-unreachable"


def test_many_questions_share_one_request(hub, cache, member):
    hub.proxy.asked.clear()
    first = cache.load_all(*[member] * 20)
    later = cache.load(member)
    assert hub.proxy.asked == ["/hub/api/user"]
    assert {snapshot.visitor for snapshot in [*first, later]} == {first[0].visitor}


def test_a_failure_is_shared_too(hub, cache, member, monkeypatch):
    monkeypatch.setattr(cache.client, "_timeout_s", 0.3)
    hub.proxy.asked.clear()
    with hub.proxy.with_fault(be_slow):
        for _ in range(3):
            with pytest.raises(ContextError):
                cache.load(member)
    assert hub.proxy.asked == ["/hub/api/user"]


def test_each_visitor_gets_their_own(hub, cache, member):
    hub.api("POST", "/users/other", ok=(409,))
    other = hub.token("other", "access:servers!server=other/")
    users = [r.visitor.user for r in cache.load_all(member, other, member, other)]
    assert users == ["member", "other", "member", "other"]


@pytest.mark.usefixtures("quick")
def test_remembers_a_bounded_number_of_visitors(hub, cache, member, monkeypatch):
    monkeypatch.setattr(context_cache, "MAX_VISITORS", 2)
    hub.api("POST", "/users/other", ok=(409,))
    cache.load(member)
    for _ in range(2):
        cache.load(hub.token("other", "access:servers!server=other/"))
    with hub.proxy.with_fault(hang_up), pytest.raises(ContextError):
        cache.load(member)  # forgotten, so there is nothing to use for stale


def test_a_service_is_a_visitor_in_no_group(hub, cache, caplog):
    visitor = cache.load(hub.known["token"]).visitor
    assert (visitor.service, visitor.user, visitor.groups) == ("tests", "", ())
    assert "admin:users" in visitor.scopes
    assert not caplog.messages


def test_what_cannot_await_gets_the_same_context(hub, cache, member):
    hub.proxy.asked.clear()
    first = cache.load_blocking(member)
    assert first.visitor == cache.load(member).visitor
    assert cache.load_blocking(member, max_age_s=60.0).visitor == first.visitor
    assert hub.proxy.asked == ["/hub/api/user"]


def test_what_cannot_await_waits_once_and_not_for_long(hub, cache, member, monkeypatch):
    monkeypatch.setattr(context_cache, "MIN_REQUEST_INTERVAL_S", 0.0)
    monkeypatch.setattr(context_cache, "BLOCKING_TIMEOUT_S", 0.3)
    good = cache.load(member)
    with hub.proxy.with_fault(be_slow):
        started = time.monotonic()
        for _ in range(3):
            stale = cache.load_blocking(member)
            assert (stale.visitor, stale.stale) == (good.visitor, True)
        assert 0.3 <= time.monotonic() - started < 0.6
    assert cache.load_blocking(member).stale  # it does not know that the Hub is back
    assert not cache.load(member).stale
    assert not cache.load_blocking(member).stale


@pytest.mark.usefixtures("quick")
def test_an_outage_is_logged_once_and_so_is_its_end(hub, cache, member, caplog):
    caplog.set_level(logging.INFO, logger="test.context")
    cache.load(member)
    assert not caplog.messages
    with hub.proxy.with_fault(answer(500, b"")):
        for _ in range(3):
            cache.load(member)
    assert [r.levelname for r in caplog.records] == ["WARNING"]
    assert "answered 500" in caplog.messages[0]
    cache.load(member)
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

    def test_are_read(self, cache, sharing):
        snapshot = cache.load(sharing)
        assert snapshot.visitor.shares == ("sharer/bare-1", "sharer/bare-2")
        assert snapshot.visitor.warnings == ()

    def test_are_read_page_by_page(self, hub, cache, sharing, monkeypatch):
        monkeypatch.setattr(context, "PAGE_SIZE", 1)
        hub.proxy.asked.clear()
        assert cache.load(sharing).visitor.shares == ("sharer/bare-1", "sharer/bare-2")
        assert hub.proxy.asked == [
            "/hub/api/user",
            "/hub/api/users/member/shared?offset=0&limit=1",
            "/hub/api/users/member/shared?offset=1&limit=1",
        ]

    def test_are_bounded(self, cache, sharing, monkeypatch):
        monkeypatch.setattr(context, "PAGE_SIZE", 1)
        monkeypatch.setattr(context, "MAX_SHARE_PAGES", 1)
        snapshot = cache.load(sharing)
        assert snapshot.visitor.shares == ("sharer/bare-1",)
        assert snapshot.visitor.warnings == ("Only the first 1 servers shared with you are used.",)

    def test_are_not_asked_for_without_leave(self, hub, cache, member, sharing):
        hub.proxy.asked.clear()
        assert cache.load(member).visitor.shares == ()
        assert hub.proxy.asked == ["/hub/api/user"]

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
    def test_fail_softly(self, hub, cache, sharing, fault):
        def only_shares(request: Any) -> None:
            (fault if "/shared" in request.path else type(request).forward)(request)

        with hub.proxy.with_fault(only_shares):
            snapshot = cache.load(sharing)
        assert (snapshot.visitor.groups, snapshot.visitor.shares) == (("Morons",), ())
        (warning,) = snapshot.visitor.warnings
        assert warning.startswith("The servers shared with you are unknown: ")
