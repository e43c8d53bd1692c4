"""The routes on a real Hub, in both single-user modes."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from jupyterlab_scoped_launcher.server.context_cache import MIN_REQUEST_INTERVAL_S

KEYS = {
    *("hub", "user", "admin", "groups", "scopes", "shares"),
    *("server", "now", "age_s", "stale", "policy", "cards", "sections", "page", "warnings"),
}

MODES = ["member", "mixin"]
"""The server of ``member`` is in the default mode, that of ``mixin`` in the older one."""


@pytest.fixture(scope="module")
def servers(hub) -> None:
    hub.start_servers("member/", "mixin/", "sharer/dash-1")
    hub.share("sharer/dash-1", "member")


@pytest.fixture(scope="module")
def visitors(hub, servers) -> dict[str, Any]:
    return {name: hub.log_in(name).enter(f"{name}/") for name in MODES}


@pytest.fixture(params=MODES)
def visitor(request, visitors):
    return visitors[request.param]


def page_config(visitor) -> dict[str, Any]:
    """Return what JupyterLab's page knows from the start."""
    page = visitor.get("lab").text
    start = page.index('id="jupyter-config-data"')
    return json.loads(page[page.index("{", start) : page.index("</script>", start)])


def in_time(visitor, condition, seconds: float = MIN_REQUEST_INTERVAL_S + 0.5) -> dict[str, Any]:
    """Ask until the context is as it should be; by default for as long as answers may be shared."""
    deadline = time.monotonic() + seconds
    context = visitor.context()
    while not condition(context) and time.monotonic() < deadline:
        time.sleep(0.1)
        context = visitor.context()
    assert condition(context), context
    return context


def test_context_is_the_visitors(visitors):
    member = visitors["member"].context()
    assert set(member) == KEYS
    assert (member["hub"], member["user"], member["admin"]) == (True, "member", False)
    assert member["groups"] == ["Morons"]
    assert "access:servers!server=member/" in member["scopes"]
    assert "sharer/dash-1" in member["shares"]
    assert member["server"] == {"owner": "member", "name": ""}
    assert (member["stale"], member["warnings"]) == (False, [])
    assert 0 <= member["age_s"] <= MIN_REQUEST_INTERVAL_S
    assert abs(time.time() - _seconds(member["now"])) < 2

    mixin = visitors["mixin"].context()
    assert set(mixin) == KEYS
    assert (mixin["hub"], mixin["user"], mixin["admin"]) == (True, "mixin", True)
    assert mixin["groups"] == []
    assert mixin["server"] == {"owner": "mixin", "name": ""}


def _seconds(now: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(now.replace("Z", "+00:00")).timestamp()


def test_group_changes_apply_without_a_new_login(hub, visitor):
    name = visitor.context()["user"]
    assert "empty" not in visitor.context()["groups"]
    hub.api("POST", "/groups/empty/users", users=[name])
    in_time(visitor, lambda context: "empty" in context["groups"])
    hub.api("DELETE", "/groups/empty/users", users=[name])
    in_time(visitor, lambda context: "empty" not in context["groups"])


def test_a_shared_server_answers_each_visitor_their_own_context(hub, servers):
    guest = hub.log_in("member").enter("sharer/dash-1").context()
    owner = hub.log_in("sharer").enter("sharer/dash-1").context()
    assert (guest["user"], guest["groups"]) == ("member", ["Morons"])
    assert (owner["user"], owner["groups"]) == ("sharer", [])
    assert guest["server"] == owner["server"] == {"owner": "sharer", "name": "dash-1"}


class TestAHubService:
    """A service's token, which may enter servers, as a health check's or an autograder's."""

    @pytest.fixture
    def ask(self, hub, visitor):
        headers = {"Authorization": f"token {hub.service_token}"}
        return lambda route: requests.get(f"{visitor.base}/{route}", headers=headers, timeout=30)

    def test_is_a_visitor(self, hub, ask):
        logged = len(hub.log())
        answer = ask("scoped-launcher/context")
        assert answer.status_code == 200
        context = answer.json()
        assert set(context) == {*KEYS, "service"}
        assert (context["user"], context["service"]) == ("", "health-check")
        assert (context["groups"], context["shares"], context["stale"]) == ([], [], False)
        assert "access:servers" in context["scopes"]
        assert hub.service_token not in answer.text
        assert "contexts cannot be loaded" not in hub.log()[logged:]

    def test_uses_kernels_that_no_rule_matches(self, ask):
        assert set(ask("api/kernelspecs").json()["kernelspecs"]) == {"python3"}
        cards = ask("scoped-launcher/cards").json()["cards"]
        assert {card["name"] for card in cards if card["kind"] == "kernel"} == {"python3"}


def test_no_token_in_the_answer_or_the_log(hub, visitor):
    token = page_config(visitor)["token"]
    assert len(token) > 20
    answer = visitor.get("scoped-launcher/context", headers={"Authorization": f"token {token}"})
    assert answer.status_code == 200
    assert token not in answer.text + str(answer.headers)
    assert token not in hub.log()


def test_is_kept_by_no_cache_and_read_by_no_other_origin(visitor):
    headers = visitor.get("scoped-launcher/context").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Vary"] == "Cookie, Authorization"
    assert headers["Content-Type"] == "application/json"
    assert "Etag" not in headers

    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Mode": "cors"}
    for answer in (
        visitor.get("scoped-launcher/context", headers=foreign),
        visitor.get("scoped-launcher/context", headers={"Origin": "https://evil.example"}),
    ):
        assert answer.status_code in (403, 404)
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert set(answer.json()) == {"code", "message"}


def test_a_page_needs_the_xsrf_token(visitor):
    xsrf = next(c.value for c in visitor.session.cookies if c.name == "_xsrf" and "user" in c.path)
    page = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"}
    refused = visitor.get("scoped-launcher/context", headers=page)
    assert (refused.status_code, refused.json()["code"]) == (403, "not-authenticated")
    page["X-XSRFToken"] = xsrf
    assert visitor.get("scoped-launcher/context", headers=page).status_code == 200


@pytest.mark.parametrize("route", ["context", "policy"])
@pytest.mark.parametrize("headers", [{}, {"Authorization": "token nonsense"}])
def test_an_unauthenticated_request_is_refused(visitor, route, headers):
    answer = requests.get(
        f"{visitor.base}/scoped-launcher/{route}",
        headers=headers,
        allow_redirects=False,
        timeout=30,
    )
    assert answer.status_code == 403
    assert answer.json() == {
        "code": "not-authenticated",
        "message": "JupyterHub does not accept this session any more."
        " Reload the page to log in again.",
    }


def test_a_revoked_token_ends_at_once(hub, visitor):
    """Although the server itself would accept it for up to five minutes more."""
    name = visitor.context()["user"]
    issued = hub.api("POST", f"/users/{name}/tokens", scopes=[f"access:servers!server={name}/"])
    session = requests.Session()
    session.headers["Authorization"] = f"token {issued['token']}"
    url = f"{visitor.base}/scoped-launcher/context"
    assert session.get(url, timeout=30).json()["user"] == name
    hub.api("DELETE", f"/users/{name}/tokens/{issued['id']}")
    time.sleep(MIN_REQUEST_INTERVAL_S)
    answer = session.get(url, timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (403, "not-authenticated")
    assert session.get(f"{visitor.base}/api/me", timeout=30).status_code == 200


def test_the_page_has_a_summary_of_the_policy(visitor):
    summary = json.loads(page_config(visitor)["scopedLauncherPolicySummary"])
    assert abs(time.time() - _seconds(summary["now"])) < 2
    assert summary["policy"] == {
        "state": "ok",
        "on_invalid": "hide_all",
        "document": {
            "version": 1,
            "default": "show",
            "no_hub": "show",
            "rules": [{"id": "class", "match": {"kernel": "Class1234_*"}}],
        },
    }


class TestPolicy:
    def test_names_no_other_user(self, visitors):
        for visitor in visitors.values():
            policy = visitor.context()["policy"]
            assert (policy["state"], policy["on_invalid"]) == ("ok", "hide_all")
            assert set(policy["document"]) == {"version", "default", "no_hub", "max_stale", "rules"}
            text = str(policy["document"])
            assert "Morons" in text
            assert not any(name in text for name in ("sharer", "somebody", "mixin", "member"))

    def test_is_not_sent_again(self, visitor):
        policy = visitor.context()["policy"]
        again = visitor.context(params={"etag": policy["etag"]})["policy"]
        document = policy.pop("document")
        assert again == policy
        assert visitor.context(params={"etag": "another"})["policy"]["document"] == document

    def test_is_whole_for_whom_it_allows(self, visitors):
        answer = visitors["mixin"].get("scoped-launcher/policy")
        assert answer.status_code == 200
        assert "somebody-*" in answer.text
        assert answer.json()["preview"] == {"user": "mixin"}
        refused = visitors["member"].get("scoped-launcher/policy")
        assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")

    def test_follows_the_file_of_a_running_server(self, hub, visitor):
        first = visitor.context()
        etag = first["policy"]["etag"]
        try:
            hub.policy.write_text(hub.policy_text.replace("Morons", "empty"))
            new = in_time(visitor, lambda context: context["policy"]["etag"] != etag, 4)
            assert "empty" in str(new["policy"]["document"])

            fault = f"{hub.policy}:1:1: error SL"
            logged = hub.log().count(fault)
            hub.policy.write_text("rules: all of them")

            def is_found(context):
                # The other server may log first what it has found.
                told = context["page"]["problem"] or not first["admin"]
                return told and hub.log().count(fault) > logged

            bad = in_time(visitor, is_found, 4)
            assert bad["policy"] == new["policy"]
            if first["admin"]:
                assert fault in bad["page"]["problem"]
            else:
                assert bad["page"]["problem"] is None
            # Warnings are about the facts of the visitor: these are all known.
            assert bad["warnings"] == []
        finally:
            hub.policy.write_text(hub.policy_text)
        mended = in_time(visitor, lambda context: context["policy"]["etag"] == etag, 4)
        assert mended["warnings"] == []


def test_after_max_stale_an_outage_of_the_hub_is_an_error(hub, visitor):
    good = visitor.context()
    with hub.proxy.with_fault(lambda request: request.answer(502, b"<h1>Bad Gateway</h1>")):
        stale = in_time(visitor, lambda context: context["stale"])
        assert stale["groups"] == good["groups"]
        assert stale["age_s"] >= MIN_REQUEST_INTERVAL_S
        time.sleep(5 - stale["age_s"] + 0.1)
        closed = visitor.get("scoped-launcher/context")
    assert closed.status_code == 503
    assert closed.json() == {
        "code": "hub-error",
        "message": "JupyterHub answered with an error.",
    }
    time.sleep(MIN_REQUEST_INTERVAL_S)
    assert visitor.context()["stale"] is False


def test_requests_are_no_activity(visitor):
    before = visitor.get("api/status").json()["last_activity"]
    time.sleep(0.01)
    visitor.context()
    assert visitor.get("api/status?no_track_activity=1").json()["last_activity"] == before


def test_the_hub_is_asked_once_however_many_ask(hub, visitors):
    visitor = visitors["mixin"]
    visitor.context()
    time.sleep(MIN_REQUEST_INTERVAL_S)
    hub.proxy.asked.clear()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: visitor.context(), range(16)))
    assert [path for path in hub.proxy.asked if path.endswith("/user")] == ["/hub/api/user"]


def test_an_unknown_method_or_path_is_refused_as_json(visitor):
    answer = visitor.session.post(f"{visitor.base}/scoped-launcher/context", timeout=30)
    assert answer.status_code in (403, 405)
    assert set(answer.json()) == {"code", "message"}


class TestAsSomebodyElse:
    """An admin looks at the launcher as a member; the member's own server has the same answer."""

    def ask(self, visitor, body: Any) -> Any:
        xsrf = next(
            c.value for c in visitor.session.cookies if c.name == "_xsrf" and "user" in c.path
        )
        headers = {"X-XSRFToken": xsrf}
        return visitor.request("POST", "scoped-launcher/access", json=body, headers=headers)

    def test_a_user_is_read_with_the_viewers_own_token(self, hub, visitors):
        # By default, a server's token may read its own user only.
        answer = self.ask(visitors["mixin"], {"cards": [], "as": {"user": "member"}})
        assert answer.status_code == 403
        assert answer.json()["code"] == "not-allowed"
        assert "name groups instead" in answer.json()["message"]

    def test_groups_give_the_same_as_the_others_own_server(self, visitors):
        own = self.ask(visitors["member"], {"cards": []}).json()
        seen = self.ask(visitors["mixin"], {"cards": [], "as": {"groups": ["Morons"]}}).json()
        assert self.shown(own) == self.shown(seen) != set()

    def shown(self, answer: Any) -> set[tuple[str, str]]:
        """Return the cards that the visitor sees, but not those of servers shared with them."""
        visible = [card for card in answer["cards"] if card["visible"] and card["kind"] != "server"]
        return {(card["id"], card["category"]) for card in visible}

    def test_is_not_for_members(self, visitors):
        answer = self.ask(visitors["member"], {"cards": [], "as": {"groups": []}})
        assert answer.status_code == 403
