"""`may` and `requires_card` in handlers of another package, in one server without a Hub."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import Any

import pytest
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from tornado import web
from tornado.httpclient import HTTPClientError
from tornado.websocket import WebSocketHandler

from jupyterlab_scoped_launcher import Card, may, requires_card
from jupyterlab_scoped_launcher.server.audit import SCHEMA_ID

pytest_plugins = ["pytest_jupyter.jupyter_server"]

POLICY = {
    "version": 1,
    "no_hub": "hide",
    "refresh": "1s",
    "rules": [
        {
            "id": "own",
            "match": {"command": "own:*"},
            "show_when": {"group": "x"},
            "message": "Not <you>.",
            "contact": "profx@example.edu",
            "request": {"group": "x"},
        },
    ],
}


class Asks(JupyterHandler):
    """Answers what `may` says of the card in the query."""

    @web.authenticated
    async def get(self) -> None:
        decision = await may(self, Card("command", self.get_query_argument("card")))
        answer = {key: getattr(decision, key) for key in ("allowed", "explanation", "message")}
        extra = {"contact": decision.contact, "group": decision.request_group}
        self.finish({**answer, **extra, "rule": decision.rule, "bool": bool(decision)})


class AsksAnybody(JupyterHandler):
    """Asks for requests without a login too."""

    async def get(self) -> None:
        decision = await may(self, Card("command", "free:x"))
        self.finish({"allowed": decision.allowed, "explanation": decision.explanation})


class Requires(JupyterHandler):
    """A method for each kind: with one card, with a card of the request, and synchronous."""

    @web.authenticated
    @requires_card(Card("command", "own:one"))
    async def get(self, name: str) -> None:
        self.finish("got")

    @requires_card(lambda handler, name: Card("command", name))
    def post(self, name: str) -> None:
        self.finish("posted")


class Socket(WebSocketMixin, WebSocketHandler, JupyterHandler):
    """A websocket that echoes."""

    @requires_card(Card("command", "own:socket"))
    async def get(self, *args: Any) -> None:
        await super().get(*args)

    def on_message(self, message: Any) -> None:
        self.write_message(message)


@pytest.fixture
def routes(jp_serverapp, jp_base_url) -> None:
    handlers = {"asks": Asks, "anybody": AsksAnybody, "requires/([^/]+)": Requires}
    jp_serverapp.web_app.add_handlers(
        ".*", [(f"{jp_base_url}{path}", found) for path, found in handlers.items()]
    )
    jp_serverapp.web_app.add_handlers(".*", [(f"{jp_base_url}socket", Socket)])


async def asked(jp_fetch: Any, card: str) -> dict[str, Any]:
    return json.loads((await jp_fetch("asks", params={"card": card})).body)


async def refusal(fetching: Any) -> Any:
    with pytest.raises(HTTPClientError) as refused:
        await fetching
    assert refused.value.code == 403
    return refused.value.response


async def test_may_says_why(routes, jp_fetch):
    assert await asked(jp_fetch, "free:x") == {
        "allowed": True,
        "bool": True,
        "explanation": "Shown: no rule says otherwise.",
        "message": None,
        "contact": None,
        "group": None,
        "rule": None,
    }
    assert await asked(jp_fetch, "own:x") == {
        "allowed": False,
        "bool": False,
        "explanation": "Hidden: there is no JupyterHub to ask.",
        "message": "Not <you>.",
        "contact": "profx@example.edu",
        "group": "x",
        "rule": "own",
    }


async def test_a_changed_policy_is_followed(routes, jp_fetch, policy):
    policy.write_text(json.dumps({**POLICY, "no_hub": "show"}))
    for _ in range(50):
        if (await asked(jp_fetch, "own:x"))["allowed"]:
            return
        await asyncio.sleep(0.1)
    pytest.fail("the change of the policy was not followed")


async def test_may_refuses_requests_without_a_login(routes, http_server_client, jp_base_url):
    answer = await http_server_client.fetch(f"{jp_base_url}anybody")
    assert json.loads(answer.body) == {"allowed": False, "explanation": "You are not logged in."}


async def test_requires_card_refuses_as_the_guards_do(routes, jp_fetch, jp_serverapp):
    events = []

    async def listen(logger: Any, schema_id: str, data: dict[str, Any]) -> None:
        events.append(data)

    jp_serverapp.event_logger.add_listener(schema_id=SCHEMA_ID, listener=listen)
    answer = await refusal(jp_fetch("requires", "own:two"))
    assert answer.headers["X-Scoped-Launcher"] == "refused"
    body = json.loads(answer.body)
    assert body["message"] == (
        "Not <you>. Ask profx@example.edu. You may ask to join the group x. (command:own:one)"
    )
    page = await refusal(jp_fetch("requires", "own:two", headers={"Accept": "text/html"}))
    assert b"<h1>Not &lt;you&gt;.</h1>" in page.body
    await asyncio.sleep(0.1)
    assert [(event["action"], event["name"]) for event in events] == [("open", "own:one")] * 2


async def test_a_function_gives_the_card_of_the_request(routes, jp_fetch):
    post = {"method": "POST", "body": ""}
    assert (await jp_fetch("requires", "free:two", **post)).body == b"posted"
    await refusal(jp_fetch("requires", "own:two", **post))


async def test_requires_card_refuses_requests_without_a_login(routes, jp_fetch):
    wrong = {"headers": {"Authorization": "token wrong"}}
    answer = await refusal(jp_fetch("requires", "free:two", method="POST", body="", **wrong))
    assert "X-Scoped-Launcher" not in answer.headers


async def test_a_websocket_ends_with_the_permission(routes, jp_ws_fetch, jp_fetch, policy):
    with pytest.raises(HTTPClientError) as refused:
        await jp_ws_fetch("socket")
    assert refused.value.code == 403
    policy.write_text(json.dumps({**POLICY, "no_hub": "show"}))
    for _ in range(50):
        if (await asked(jp_fetch, "own:x"))["allowed"]:
            break
        await asyncio.sleep(0.1)
    connection = await jp_ws_fetch("socket")
    await connection.write_message("hello")
    assert await connection.read_message() == "hello"
    policy.write_text(json.dumps(POLICY))
    assert await asyncio.wait_for(connection.read_message(), 10) is None
    assert connection.close_code == 1008


class TestWithoutAPolicy:
    @pytest.fixture
    def jp_argv(self) -> list[str]:
        return []

    async def test_everything_is_allowed(self, routes, jp_fetch):
        answer = await asked(jp_fetch, "own:x")
        assert answer["allowed"]
        assert answer["explanation"] == "Shown: there is no launcher policy."
        assert (await jp_fetch("requires", "own:two")).body == b"got"


class TestWithoutTheExtension:
    @pytest.fixture
    def jp_argv(self) -> list[str]:
        return []

    @pytest.fixture
    def jp_server_config(self) -> dict[str, Any]:
        return {"ServerApp": {"jpserver_extensions": {"jupyterlab_scoped_launcher": False}}}

    async def test_everything_is_allowed(self, routes, jp_fetch):
        assert (await asked(jp_fetch, "own:x"))["allowed"]
        assert (await jp_fetch("requires", "own:two")).body == b"got"


class TestWithAPolicyThatWasNeverGood:
    @pytest.fixture
    def jp_argv(self, jp_argv: list[str], policy: Any) -> list[str]:
        policy.write_text('{"version": 1, "rulez": []}')
        return jp_argv

    async def test_nothing_is_allowed(self, routes, jp_fetch):
        answer = await asked(jp_fetch, "free:x")
        assert not answer["allowed"]
        assert answer["explanation"].startswith("The launcher policy cannot be used.")
        await refusal(jp_fetch("requires", "free:two"))


def test_importing_the_package_stays_light():
    code = (
        "import sys, jupyterlab_scoped_launcher as package;"
        "print(sorted(m for m in sys.modules if m.split('.')[0] in"
        " ('tornado', 'jupyter_server', 'traitlets', 'yaml', 'asyncio')));"
        "package.Card; print('jupyter_server' in sys.modules);"
        "package.may, package.requires_card, package.CardDecision; print(package.__all__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "[]",
        "False",
        "['Card', 'CardDecision', 'may', 'requires_card']",
    ]
