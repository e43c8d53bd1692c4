"""A real user's server follows changes at the Hub as they happen, and tells its pages."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest
import requests
import websocket
from hubs import Visitor

from jupyterlab_scoped_launcher.variables import MANAGED_GROUPS_VARIABLE

LIVE_S = 3.0
CONTEXT_EVENT = "events/context/v1"


class Page:
    """The page of a visitor: its context, and the server's events."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        url = f"{visitor.base}/api/events/subscribe"
        cookies = requests.cookies.get_cookie_header(
            visitor.session.cookies, requests.Request("GET", url).prepare()
        )
        self.events = websocket.create_connection(
            url.replace("http", "ws", 1), timeout=20, cookie=cookies, origin=visitor.base
        )

    def context(self) -> dict[str, Any]:
        return self.visitor.context()

    def is_told(self) -> bool:
        return self.context()["page"]["refresh_s"] is not None

    def hub_requests(self) -> float:
        """How often the server has read a visitor's context at the Hub."""
        text = self.visitor.get("metrics").text
        return float(re.findall(r"^scoped_launcher_hub_requests_total (\S+)$", text, re.M)[0])

    def next_event(self, seconds: float = LIVE_S) -> dict[str, Any]:
        """Wait for an event about the context."""
        deadline = time.monotonic() + seconds
        while True:
            self.events.settimeout(max(deadline - time.monotonic(), 0.01))
            event = json.loads(self.events.recv())
            if event["schema_id"].endswith(CONTEXT_EVENT):
                return event

    def drain(self) -> None:
        """Forget the events so far."""
        time.sleep(0.6)
        self.events.settimeout(0.05)
        while True:
            try:
                self.events.recv()
            except websocket.WebSocketTimeoutException:
                return


@pytest.fixture(scope="module")
def page(hub) -> Page:
    """The page of a server's owner, when the server is told of changes."""
    hub.start_servers("lena/")
    found = Page(hub.log_in("lena").enter("lena/"))
    hub.wait(found.is_told, 30)
    return found


def test_a_change_is_in_the_context_without_a_question_to_the_hub(hub, page):
    assert page.context()["groups"] == []
    page.drain()
    asked = page.hub_requests()
    hub.user("lena", "class")
    event = page.next_event()
    assert page.context()["groups"] == ["class"]
    assert event.keys() == {"schema_id"}, "an event has no facts"
    hub.user("lena", "staff")
    page.next_event()
    context = page.context()
    assert context["groups"] == ["class", "staff"]
    assert "access:services!service=tests" in context["scopes"], "which its token does not have"
    assert context["age_s"] == 0
    hub.leave("lena", "staff")
    page.next_event()
    context = page.context()
    assert context["groups"] == ["class"]
    assert "access:services!service=tests" not in context["scopes"]
    assert page.hub_requests() == asked


def test_a_page_is_told_to_ask_seldom(hub, page):
    assert MANAGED_GROUPS_VARIABLE not in hub.server_environment("lena/")
    assert page.context()["page"]["refresh_s"] == 300
    asked = page.hub_requests()
    for _ in range(3):
        page.context()
        time.sleep(1.1)  # longer than `refresh`
    assert page.hub_requests() == asked


def test_shares_are_told(hub, page):
    hub.start_servers("owner/dash-1", tiny=True)
    page.drain()
    hub.share("owner/dash-1", "lena")
    page.next_event()
    assert page.context()["shares"] == ["owner/dash-1"]
    hub.api("PATCH", "/shares/owner/dash-1", user="lena")
    page.next_event()
    assert page.context()["shares"] == []


def test_a_changed_policy_is_told(hub, page):
    page.drain()
    text = hub.policy.read_text()
    hub.policy.write_text(text + "preview: {user: lena}\n")
    try:
        page.next_event(15)
        assert page.context()["page"]["may_preview"]
    finally:
        hub.policy.write_text(text)


def test_visitors_of_a_shared_server_are_asked_about_at_the_hub(hub):
    hub.start_servers("sharer/open")
    hub.share("sharer/open", "guest")
    owner = Page(hub.log_in("sharer").enter("sharer/open"))
    hub.wait(owner.is_told, 30)
    guest = Page(hub.log_in("guest").enter("sharer/open"))
    assert not guest.is_told()
    assert guest.context()["user"] == "guest"
    asked = guest.hub_requests()
    hub.user("guest", "class")
    hub.wait(lambda: guest.context()["groups"] == ["class"], LIVE_S)
    assert guest.hub_requests() > asked
    assert owner.context()["groups"] == []
    guest.drain()
    hub.user("sharer", "class")
    event = guest.next_event()
    assert "class" not in json.dumps(event)
    assert "sharer" not in json.dumps(event)


def test_what_is_told_of_the_owner_is_not_the_visitors(hub):
    """The owner, who may change a group by a role of the Hub, is told so, and may preview."""
    hub.start_servers("tutor/open", "other/dash-1")
    hub.share("tutor/open", "pupil")
    hub.share("other/dash-1", "tutor")
    for group in ("staff", "teachers"):
        hub.user("tutor", group)
    owner = Page(hub.log_in("tutor").enter("tutor/open"))
    hub.wait(owner.is_told, 30)
    pupil = Page(hub.log_in("pupil").enter("tutor/open"))
    told = owner.context()
    assert {"groups!group=class", "access:services!service=tests"} <= {*told["scopes"]}
    assert told["shares"] == ["other/dash-1"]
    assert told["page"]["may_preview"]
    assert owner.visitor.get("scoped-launcher/policy").status_code == 200

    context = pupil.context()
    assert context["user"] == "pupil"
    assert context["groups"] == []
    assert context["shares"] == ["tutor/open"]
    assert not context["page"]["may_preview"]
    assert all(
        scope.startswith("access:servers!server=tutor/open") or scope.endswith("!user=pupil")
        for scope in context["scopes"]
    ), context["scopes"]
    assert not any(name in json.dumps(context["page"]) for name in ("tutor", "other", "staff"))
    assert pupil.visitor.get("scoped-launcher/policy").status_code == 403

    for group in ("staff", "teachers"):
        hub.leave("tutor", group)
    hub.wait(lambda: not owner.context()["page"]["may_preview"], LIVE_S)
    assert owner.visitor.get("scoped-launcher/policy").status_code == 403


def test_a_killed_service_is_not_noticed(hub, page):
    """The Hub starts it again; meanwhile nobody loses anything, and nothing is missed."""
    hub.user("lena", "class")
    hub.wait(lambda: "class" in page.context()["groups"], LIVE_S)
    process = hub.service_process()
    process.kill()
    process.wait()
    hub.leave("lena", "class")
    deadline = time.monotonic() + 90
    while "class" in page.context()["groups"]:
        assert time.monotonic() < deadline, hub.log()[-3000:]
        time.sleep(0.5)
    hub.wait(lambda: hub.health().get("changes", {}).get("subscribers"), 90)
    hub.wait(page.is_told, 60)
    page.drain()
    hub.user("lena", "class")
    page.next_event()
    assert page.context()["groups"] == ["class"]
