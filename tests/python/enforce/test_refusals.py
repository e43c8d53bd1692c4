"""What a visitor is told who is refused: as JSON, and as a page in a browser."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from jupyter_server.base.handlers import JupyterHandler
from tornado import web
from tornado.httpclient import HTTPClientError

from jupyterlab_scoped_launcher.cards import Card
from jupyterlab_scoped_launcher.contacts import contact_url
from jupyterlab_scoped_launcher.server.guards.api import TERMINAL_CARD
from jupyterlab_scoped_launcher.server.refusals import AccessDenied, Refusal, refused

pytest_plugins = ["pytest_jupyter.jupyter_server"]

MESSAGE = "Only for <b>class</b> 1234: {50%} & more."
RULE = {
    "id": "terminals",
    "match": {"command": "terminal:*"},
    "show_when": {"group": "x"},
    "message": {"en": MESSAGE, "de": "Nur für den Kurs 1234."},
    "contact": "prof.x+1234@example.edu",
    "request": {"group": "PythonForMorons101"},
}
POLICY = {"version": 1, "no_hub": "hide", "rules": [RULE]}
PAGE = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


async def answer_of(fetching: Any) -> Any:
    """Return the answer with an error status."""
    with pytest.raises(HTTPClientError) as refusal:
        await fetching
    return refusal.value.response


class OwnHandler(JupyterHandler):
    """A handler of another package that uses a terminal, and writes errors in its own way."""

    def write_error(self, status_code: int, **_: Any) -> None:
        """Write the error."""
        self.finish(f"own page of {status_code}")

    async def get(self) -> None:
        """Do what this visitor may not do."""
        if self.get_query_argument("own", ""):
            raise web.HTTPError(403)
        raise refused(self, Refusal(TERMINAL_CARD, "Hidden: no.", **self.told()))

    def told(self) -> dict[str, Any]:
        """What the policy says."""
        return json.loads(self.get_query_argument("told", "{}"))


@pytest.fixture
def own_page(jp_serverapp, jp_base_url, jp_fetch):
    """Open the page of the other package."""
    jp_serverapp.web_app.add_handlers(".*", [(f"{jp_base_url}own", OwnHandler)])

    async def fetch(accept: str = PAGE, told: dict[str, Any] | None = None, **query: str) -> Any:
        params = {"told": json.dumps(told or {}), **query}
        return await answer_of(jp_fetch("own", headers={"Accept": accept}, params=params))

    return fetch


async def test_an_api_refusal_is_marked_and_has_the_parts(jp_fetch):
    answer = await answer_of(jp_fetch("api", "terminals", method="POST", body="{}"))
    assert answer.code == 403
    assert answer.headers["X-Scoped-Launcher"] == "refused"
    assert answer.headers["Cache-Control"] == "no-store"
    body = json.loads(answer.body)
    assert body == {
        "message": f"{MESSAGE} Ask prof.x+1234@example.edu. You may ask to join the group"
        " PythonForMorons101. (command:terminal:create-new)",
        "reason": None,
        "scoped_launcher": {
            "card": {"kind": "command", "name": "terminal:create-new"},
            "explanation": "Hidden: there is no JupyterHub to ask.",
            "message": MESSAGE,
            "contact": "prof.x+1234@example.edu",
            "request": {"group": "PythonForMorons101"},
            "rule": "terminals",
            "reason": "no_hub",
        },
    }


async def test_an_api_answers_json_to_browsers_too(jp_fetch):
    headers = {"Accept": PAGE}
    asked = jp_fetch("api", "terminals", method="POST", body="{}", headers=headers)
    answer = await answer_of(asked)
    assert answer.headers["Content-Type"].startswith("application/json")


async def test_other_refusals_are_not_marked(jp_fetch, own_page):
    answer = await own_page(own="1")
    assert answer.body == b"own page of 403"
    assert "X-Scoped-Launcher" not in answer.headers
    answer = await answer_of(jp_fetch("api", "contents", "nowhere"))
    assert "X-Scoped-Launcher" not in answer.headers


async def test_the_policys_text_is_in_the_visitors_language(jp_fetch):
    async def message(languages: str) -> str:
        headers = {"Accept-Language": languages}
        asked = jp_fetch("api", "terminals", method="POST", body="{}", headers=headers)
        return json.loads((await answer_of(asked)).body)["scoped_launcher"]["message"]

    assert await message("de-AT,de;q=0.9,en;q=0.5") == "Nur für den Kurs 1234."
    assert await message("en;q=0.1,fr;q=0") == MESSAGE


class TestAPage:
    @pytest.mark.parametrize("accept", [PAGE, "text/html", "application/json, Text/HTML;q=0.1"])
    async def test_is_answered_to_whom_asks_for_one(self, own_page, accept):
        answer = await own_page(accept)
        assert answer.code == 403
        assert answer.headers["X-Scoped-Launcher"] == "refused"
        assert answer.headers["Content-Type"] == "text/html; charset=UTF-8"

    @pytest.mark.parametrize("accept", ["*/*", "image/avif,image/webp,*/*;q=0.8", "text/html;q=0"])
    async def test_is_not_answered_to_others(self, own_page, accept):
        answer = await own_page(accept)
        assert answer.headers["X-Scoped-Launcher"] == "refused"
        assert json.loads(answer.body)["scoped_launcher"]["card"]["kind"] == "command"

    async def test_says_first_what_the_policy_says_and_ids_last(self, own_page):
        told = {"message": MESSAGE, "contact": RULE["contact"], "group": "Morons", "rule": "exam"}
        page = (await own_page(told=told)).body.decode()
        shown = unescape(re.sub(r"<[^>]*>", "", page.partition("<main")[2].partition(">")[2]))
        lines = [line.strip() for line in shown.partition("_remove_token")[0].splitlines()]
        lines = [line for line in lines if line][:7]
        assert lines == [
            MESSAGE,
            "Hidden: no.",
            "Ask prof.x+1234@example.edu.",
            "You may ask to join the group Morons.",
            "Write a mail that asks for access",
            "Back to the start page of this server",
            "Terminal (command:terminal:create-new), rule exam",
        ]

    async def test_leads_to_the_form_of_the_hub_service(self, own_page, monkeypatch):
        page = (await own_page(told={"group": "a/b c"})).body.decode()
        assert "join/" not in page
        for name, value in (
            ("SCOPED_LAUNCHER_SERVICE", "http://127.0.0.1:1"),
            ("JUPYTERHUB_USER", "ann"),
            ("JUPYTERHUB_API_TOKEN", "secret"),
            ("JUPYTERHUB_BASE_URL", "/base/"),
        ):
            monkeypatch.setenv(name, value)
        page = (await own_page(told={"group": "a/b c"})).body.decode()
        assert 'href="/base/services/scoped-launcher/join/a%2Fb%20c"' in page

    async def test_escapes_everything(self, own_page):
        markup = "<script>alert(1)</script>\"'{{ 7*7 }}{}"
        told = dict.fromkeys(("message", "contact", "group", "rule", "user"), markup)
        page = (await own_page(told=told)).body.decode()
        assert "<script>alert" not in page
        assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;{{ 7*7 }}{}") == 4
        assert 'href="<' not in page

    async def test_links_go_nowhere_else(self, own_page):
        for contact in ("javascript:alert(1)", "data:text/html,x", "//evil.example", "room 5"):
            page = (await own_page(told={"contact": contact})).body.decode()
            assert f"Ask {contact}." in unescape(page)
            assert contact not in re.findall(r'href="([^"]*)"', unescape(page))

    async def test_says_what_is_refused_without_a_message(self, own_page):
        page = (await own_page()).body.decode()
        assert "<h1>You may not use Terminal.</h1>" in page
        assert "<title>Terminal</title>" in page

    async def test_xx(self, own_page, jp_serverapp):
        jp_serverapp.web_app.settings["jinja2_env"].globals["static_url"] = None
        answer = await own_page(told={"message": "Still there."})
        assert "Still there." in answer.body.decode()


def test_contacts_become_links():
    assert contact_url("a@b.example") == "mailto:a@b.example"
    assert contact_url("mailto:a+c@b.example") == "mailto:a%2Bc@b.example"
    assert contact_url("https://a.example/x?y=1#z") == "https://a.example/x?y=1#z"
    assert contact_url("a@b.example?bcc=c") == "mailto:a@b.example%3Fbcc%3Dc"
    assert contact_url("ask a@b.example") is None
    assert contact_url(None) is None


def test_a_percent_sign_is_not_formatted():
    refusal = Refusal(Card("kernel", "k"), "50% presence")
    assert AccessDenied(refusal).log_message % () == "50% presence (kernel:k)"
