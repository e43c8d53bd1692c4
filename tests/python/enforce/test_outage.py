"""The guards of users' servers while the Hub is unavailable or its answers are malformed."""

from __future__ import annotations

import threading
import time

import pytest
import requests
import websocket
from hub_proxy import HubProxy

CLASS_KERNEL = "Class1234_Semester02"
MAX_STALE_S = 8.0
UNKNOWN = "Your permissions cannot be checked right now."


@pytest.fixture(scope="module")
def hub(new_hub):
    """A Hub whose users' servers use its API through a proxy that can answer with faults."""
    hub = new_hub(policy=f"max_stale: {MAX_STALE_S:.0f}s\n")
    hub.proxy = HubProxy(hub.hub_url, fault_path="/hub/api/user")
    hub.known["api_proxy_url"] = hub.proxy.url
    with hub:
        hub.start_servers("student/", "outsider/")
        yield hub
    hub.proxy.shutdown()


@pytest.fixture(scope="module")
def member(hub):
    return hub.visit("student", "student/")


@pytest.fixture(scope="module")
def outsider(hub):
    return hub.visit("outsider", "outsider/")


@pytest.fixture
def new_token(hub, member):
    """Makes a token of the member's whose context is not cached; sends a request with it."""

    def make():
        token = hub.token("student", "access:servers!server=student/", "read:users!user")
        url = f"{member.base}/api/kernelspecs/{CLASS_KERNEL}"
        headers = {"Authorization": f"token {token}"}
        # The server itself caches for minutes whose token it is; the guards do not use that.
        assert requests.get(f"{member.base}/api/me", headers=headers, timeout=30).ok
        return lambda: requests.get(url, headers=headers, timeout=30)

    return make


def start_and_end(visitor) -> int:
    """Start the class kernel, and end it; return the answer's status."""
    answer = visitor.start_kernel(CLASS_KERNEL)
    if answer.status_code == 201:
        visitor.request("DELETE", f"api/kernels/{answer.json()['id']}")
    return answer.status_code


def enters(visitor) -> bool:
    return visitor.get("class-fixed/").status_code == 200


def assert_only_the_governed_is_refused(visitor, why: str) -> None:
    """Each refusal says that the Hub is why; what no rule matches works."""
    start = visitor.start_kernel(CLASS_KERNEL)
    assert start.status_code == 403
    assert f"{UNKNOWN} {why}" in start.json()["message"]
    assert "Traceback" not in start.text
    page = visitor.get("class-fixed/")
    assert page.status_code == 403
    assert UNKNOWN in page.text
    assert "Traceback" not in page.text
    assert visitor.handshake("class-fixed/ws") == 403
    assert visitor.post("api/terminals").status_code == 403
    assert visitor.kernels() == {"python3"}
    assert visitor.get("open-tools/").status_code == 200
    python = visitor.start_kernel("python3")
    assert python.status_code == 201
    visitor.request("DELETE", f"api/kernels/{python.json()['id']}")


def test_an_outage_is_bridged_and_after_max_stale_governed_cards_are_refused(hub, member, outsider):
    assert start_and_end(member) == 201
    assert start_and_end(outsider) == 403
    open_one, ungoverned = member.connect("class-fixed/ws"), member.connect("open-tools/ws")
    with hub.gone():
        gone_at = time.monotonic()
        assert start_and_end(member) == 201
        assert enters(member)
        hub.wait(lambda: member.context()["stale"], 4)
        assert start_and_end(member) == 201
        assert start_and_end(outsider) == 403
        assert not enters(outsider)
        open_one.send("still there")
        assert open_one.recv() == "still there"
        assert time.monotonic() - gone_at < MAX_STALE_S, "the machine is too slow for this test"

        assert member.close_code(open_one, MAX_STALE_S + 5) == 1008
        assert time.monotonic() - gone_at > MAX_STALE_S / 2, "not before its time"
        assert_only_the_governed_is_refused(member, "JupyterHub cannot be reached.")
        assert_only_the_governed_is_refused(outsider, "JupyterHub cannot be reached.")
        ungoverned.send("nobody's business")
        assert ungoverned.recv() == "nobody's business"
    hub.wait(lambda: start_and_end(member) == 201, 10)
    assert enters(member)
    assert member.handshake("class-fixed/ws") == 101
    assert start_and_end(outsider) == 403


def test_a_membership_that_ended_during_an_outage_is_known_afterwards(hub, member):
    assert enters(member)
    hub.proxy.fault = lambda call: call.connection.close()
    hub.remove("student")
    assert enters(member), "nobody could know"
    hub.proxy.fault = None
    try:
        hub.known_soon(lambda: not enters(member))
        assert start_and_end(member) == 403
    finally:
        hub.add("student")
        hub.known_soon(lambda: enters(member))


def login_page(call) -> None:
    """As a proxy in front of the Hub may answer, with a status that looks fine."""
    call.answer(200, b"<!doctype html><form action=login>", {"Content-Type": "text/html"})


def half_an_answer(call) -> None:
    status, body, headers = call.ask()
    call.answer(status, body[: len(body) // 2], headers)


def without_groups(call) -> None:
    _, _, headers = call.ask()
    call.answer(200, b'{"kind": "user", "name": "student", "admin": false, "scopes": []}', headers)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (lambda call: call.answer(500, b"Traceback"), "JupyterHub answered with an error."),
        (lambda call: call.answer(302, b"", {"Location": "/hub/login"}), "JupyterHub answered"),
        (login_page, "JupyterHub's answer cannot be understood."),
        (half_an_answer, "JupyterHub's answer cannot be understood."),
        (without_groups, "JupyterHub's answer cannot be understood."),
    ],
    ids=["500", "login", "login page", "half an answer", "no groups"],
)
def test_malformed_answers_count_as_an_outage(hub, new_token, fault, why):
    """For a visitor who has been here, until max_stale; for one who comes now, at once."""
    known, unknown = new_token(), new_token()
    assert known().status_code == 200
    with hub.proxy.with_fault(fault):
        assert unknown().status_code == 403
        assert f"{UNKNOWN} {why}" in unknown().text
        time.sleep(2)  # for which the last answer is shared
        assert known().status_code == 200
    hub.known_soon(lambda: unknown().status_code == 200)


def test_a_hub_that_does_not_answer_delays_requests_by_seconds(hub, member):
    assert enters(member)
    open_one = member.connect("class-fixed/ws")
    release = threading.Event()
    with hub.proxy.with_fault(lambda call: release.wait(60)):
        try:
            assert member.close_code(open_one, MAX_STALE_S + 10) == 1008
            started = time.monotonic()
            answer = member.get("class-fixed/")
            assert time.monotonic() - started < 10
            assert answer.status_code == 403
            assert f"{UNKNOWN} JupyterHub did not answer in time." in answer.text
        finally:
            release.set()
    hub.known_soon(lambda: enters(member))
    with pytest.raises(websocket.WebSocketConnectionClosedException):
        open_one.recv()
