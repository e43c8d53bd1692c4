"""The client for the Hub's REST API, with a real Hub, also when the answers are wrong."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from jupyterlab_scoped_launcher.hub_api import (
    HubClient,
    HubError,
    HubRefused,
    HubUnavailable,
    SharedServers,
    TokenRejected,
    has_safe_shares,
    is_supported,
    opened_by,
)

Run = Callable[[Callable[[HubClient], Awaitable[Any]]], Any]

HEADERS = {"Content-Type": "application/json", "X-JupyterHub-Version": "6.1.1"}


@pytest.fixture
def run(hub) -> Iterator[Run]:
    """Runs what is given a client with the Hub's token."""

    def run_with_client(use: Callable[[HubClient], Awaitable[Any]]) -> Any:
        async def with_client() -> Any:
            client = HubClient(hub.proxy.api_url, hub.known["token"], timeout_s=1.0)
            try:
                return await use(client)
            finally:
                client.close()

        return asyncio.run(with_client())

    return run_with_client


def answer(status: int, body: Any = None, **headers: str) -> Callable[[Any], None]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda call: call.answer(status, content, {**HEADERS, **headers})


def test_it_reads_an_answer_and_the_clock_of_the_hub(run, hub):
    async def use(client: HubClient) -> tuple[Any, float, int]:
        model = await client.get("/user")
        assert client.hub_time is not None
        return model, client.hub_time.timestamp(), client.request_count

    model, hub_time, requests = run(use)
    assert model["kind"] == "service"
    assert abs(hub_time - time.time()) < 60
    assert requests == 1


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        (answer(500), HubUnavailable, "hub-error"),
        (answer(429), HubUnavailable, "hub-error"),
        (answer(302, Location="/elsewhere"), HubUnavailable, "hub-error"),
        (answer(204, b""), HubUnavailable, "hub-error"),
        (answer(401), TokenRejected, "not-authenticated"),
        (answer(403), TokenRejected, "not-authenticated"),
        (answer(404), HubRefused, "hub-error"),
        (answer(409), HubRefused, "hub-error"),
        (answer(200, b"<!doctype html>"), HubUnavailable, "malformed-response"),
        (answer(200, b"[" * 100_000), HubUnavailable, "malformed-response"),
        (lambda call: call.answer(200, b"{}", {}), HubUnavailable, "malformed-response"),
        (lambda call: call.answer(404, b"{}", {}), HubUnavailable, "hub-error"),
        (lambda call: call.connection.close(), HubUnavailable, "hub-unreachable"),
        (lambda call: time.sleep(2), HubUnavailable, "hub-timeout"),
        (answer(200, b" " * (4 * 1024 * 1024 + 1)), HubUnavailable, "hub-unreachable"),
    ],
)
def test_every_failure_has_a_code_and_hides_the_token(run, hub, fault, kind, code):
    with hub.proxy.with_fault(fault), pytest.raises(HubError) as failed:
        run(lambda client: client.get("/user"))
    assert type(failed.value) is kind
    assert failed.value.code == code
    assert "http" not in failed.value.summary
    assert hub.known["token"] not in str(failed.value)


def test_it_says_when_to_try_again(run, hub):
    with (
        hub.proxy.with_fault(answer(429, **{"Retry-After": "7"})),
        pytest.raises(HubUnavailable) as failed,
    ):
        run(lambda client: client.get("/user"))
    assert failed.value.retry_after_s == 7


def test_a_list_is_read_in_overlapping_pages(run, hub):
    names = [f"paged-{number}" for number in range(5)]
    for name in names:
        hub.api("POST", f"/users/{name}", ok=(409,))
    hub.proxy.asked.clear()
    models = run(lambda client: client.whole_list("/users", page_size=2))
    assert set(names) <= {model["name"] for model in models}
    assert hub.proxy.asked[:2] == [
        "/hub/api/users?offset=0&limit=2",
        "/hub/api/users?offset=1&limit=2",
    ]


def test_a_list_that_keeps_changing_is_given_up(run, hub):
    def other_first_item(call: Any) -> None:
        status, body, headers = call.ask()
        page = json.loads(body)
        page["items"][0]["name"] = str(time.monotonic())
        call.answer(status, json.dumps(page).encode(), headers)

    for name in ("paged-0", "paged-1", "paged-2"):
        hub.api("POST", f"/users/{name}", ok=(409,))
    with hub.proxy.with_fault(other_first_item), pytest.raises(HubUnavailable, match="changed 4"):
        run(lambda client: client.whole_list("/users", page_size=2))


def test_the_token_of_a_request_goes_before_the_token_of_the_client(run, hub):
    token = hub.token("member", "read:users:name!user=member")
    model = run(lambda client: client.get("/user", token=token))
    assert model["name"] == "member"


def share(**changes: Any) -> dict[str, Any]:
    return {
        "server": {"user": {"name": "profx"}, "name": "dash-1"},
        "kind": "user",
        "scopes": ["access:servers!server=profx/dash-1"],
        **changes,
    }


def test_only_a_user_share_with_the_access_scope_opens_a_server():
    assert opened_by(share()) == "profx/dash-1"
    assert opened_by(share(kind="group")) is None
    assert opened_by(share(scopes=["read:servers!server=profx/dash-1"])) is None
    with pytest.raises(HubUnavailable) as failed:
        opened_by(share(server=None))
    assert failed.value.code == "malformed-response"


def test_shared_servers_are_read_page_by_page_up_to_a_limit(run, hub):
    def three_shares(call: Any) -> None:
        offset = int(call.path.partition("offset=")[2].partition("&")[0])
        kind = "group" if offset == 1 else "user"
        place = {"offset": offset, "limit": 1, "total": 3, "next": None}
        answer(200, {"items": [share(kind=kind)], "_pagination": place})(call)

    def read(**options: int) -> SharedServers:
        return run(lambda client: client.servers_shared_with("me/you", page_size=1, **options))

    with hub.proxy.with_fault(three_shares):
        assert read() == SharedServers(("profx/dash-1",) * 2, complete=True)
        assert read(max_pages=2) == SharedServers(("profx/dash-1",), complete=False)
    assert hub.proxy.asked[-1] == "/hub/api/users/me%2Fyou/shared?offset=1&limit=1"


def test_the_minimum_versions():
    assert is_supported("5.0.0")
    assert not is_supported("4.1.6")
    assert has_safe_shares("5.5.1")
    assert has_safe_shares("6.1.1")
    assert not has_safe_shares("5.5.0")
