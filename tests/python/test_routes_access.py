"""The routes that say why cards are hidden, and what somebody else would see."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from pathlib import Path
from typing import Any

import pytest
from proxy_versions import needs_category
from tornado.httpclient import HTTPClientError

from jupyterlab_scoped_launcher import translations

pytest_plugins = ["pytest_jupyter.jupyter_server"]

GROUP_RULES = [
    {
        "id": "class",
        "match": {"kernel": "class*"},
        "show_when": {"group": "class"},
        "message": {"en": "Register.", "de": "Melden Sie sich an."},
        "contact": "profx@example.edu",
        "request": {"group": "class"},
    },
    {"id": "secret", "match": {"proxy": "tools"}, "show_when": {"group": "staff"}},
    {
        "id": "locked",
        "match": {"command": "terminal:*"},
        "show_when": {"group": "staff"},
        "locked": True,
    },
]
POLICY = {
    "version": 1,
    "no_hub": "decide",
    "rules": GROUP_RULES,
    "cards": [{"id": "week-1", "title": {"en": "Week 1", "de": "Woche 1"}, "page": "tree/1"}],
}
TERMINAL = {"id": "command:terminal:create-new", "kind": "command", "name": "terminal:create-new"}
EDITOR = {"id": "command:editor", "kind": "command", "name": "editor"}


@pytest.fixture
def policy(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "policy.json"
    path.write_text(json.dumps({**POLICY, **getattr(request, "param", {})}))
    return path


@pytest.fixture
def jp_argv(policy: Path) -> list[str]:
    return [f"--ScopedLauncher.policy_file={policy}"]


@pytest.fixture
def jp_server_config(jp_data_dir: Path) -> dict[str, Any]:
    for name, title in (("Class1", "Class 1"), ("open", "Open")):
        folder = jp_data_dir / "kernels" / name
        folder.mkdir(parents=True)
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        (folder / "kernel.json").write_text(
            json.dumps({"argv": argv, "display_name": title, "language": "python"})
        )
    servers = {"tools": {"port": 1, "launcher_entry": {"title": "Tools", "category": "Class"}}}
    extensions = {"jupyterlab_scoped_launcher": True, "jupyter_server_proxy": True}
    return {
        "ServerApp": {"jpserver_extensions": extensions},
        "ServerProxy": {"servers": servers},
    }


async def post(jp_fetch: Any, route: str, body: Any, **query: str) -> Any:
    answer = await jp_fetch(
        "scoped-launcher", route, method="POST", body=json.dumps(body), params=query
    )
    assert answer.headers["Cache-Control"] == "no-store"
    return json.loads(answer.body)


async def status(fetching: Any) -> int:
    try:
        return int((await fetching).code)
    except HTTPClientError as error:
        return int(error.code)


def by_id(answer: dict[str, Any]) -> dict[tuple[str, str | None], dict[str, Any]]:
    return {(card["id"], card["category"]): card for card in answer["cards"]}


PREVIEW_ALL = {"preview": {"always": True}}


async def test_listed_cards_are_those_that_the_visitor_may_know_of(jp_fetch):
    answer = await post(jp_fetch, "access", {"cards": [TERMINAL, EDITOR]})
    cards = by_id(answer)
    hidden = cards["kernel:class1", "Notebook"]
    assert (hidden["visible"], hidden["listed"], hidden["locked"]) == (False, True, False)
    assert hidden["title"] == "Class 1"
    assert hidden["rule"] == "class"
    assert hidden["message"] == "Register."
    assert hidden["contact"] == "profx@example.edu"
    assert hidden["request"] == "class"
    assert "shown only to members of group class" in hidden["explanation"]
    assert hidden["sentence"].endswith("Register. Ask profx@example.edu.")
    assert ("kernel:class1", "Console") in cards
    terminal = cards["command:terminal:create-new", None]
    assert (terminal["visible"], terminal["locked"], terminal["in_page"]) == (False, True, True)
    assert cards["command:editor", None]["visible"]
    assert cards["kernel:open", "Notebook"]["visible"]
    assert not cards["kernel:open", "Notebook"]["in_page"]
    assert not any(card["name"] == "tools" for card in answer["cards"]), "nobody may know of it"
    assert (answer["stale"], answer["may_preview"]) == (False, False)


async def test_a_card_of_the_page_is_not_listed_twice(jp_fetch):
    card = {"id": "x", "kind": "kernel", "name": "OPEN", "category": "Notebook"}
    answer = await post(jp_fetch, "access", {"cards": [card]})
    cards = [card for card in answer["cards"] if card["name"].lower() == "open"]
    assert [(card["category"], card["in_page"]) for card in cards] == [
        ("Notebook", True),
        ("Console", False),
    ]


async def test_explanations_are_in_the_order_of_the_cards(jp_fetch):
    kernel = {"id": "k", "kind": "kernel", "name": "class1"}
    answer = await post(jp_fetch, "explain", {"cards": [EDITOR, kernel, TERMINAL]})
    explained = answer["explanations"]
    assert [made["id"] for made in explained] == ["command:editor", "k", TERMINAL["id"]]
    assert [made["visible"] for made in explained] == [True, False, False]
    assert "Ask profx@example.edu." in explained[1]["sentence"]


async def test_texts_are_in_the_language_of_the_page(jp_fetch, tmp_path, monkeypatch):
    folder = tmp_path / "locale" / "de_DE" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    texts = {"Hidden: shown only to": ["Ausgeblendet: nur für"], "Ask {}.": ["Fragen Sie {}."]}
    (folder / "jupyterlab_scoped_launcher.json").write_text(json.dumps(texts))
    monkeypatch.setattr(translations, "LOCALE_FOLDER", tmp_path / "locale")
    kernel = {"id": "k", "kind": "kernel", "name": "class1"}
    answer = await post(jp_fetch, "explain", {"cards": [kernel]}, lang="de_DE")
    sentence = answer["explanations"][0]["sentence"]
    assert sentence.startswith("Ausgeblendet: nur für members of group class;")
    assert sentence.endswith("Melden Sie sich an. Fragen Sie profx@example.edu.")
    context = json.loads((await jp_fetch("scoped-launcher", "context", params={"lang": "de"})).body)
    assert (context["cards"][0]["title"], context["cards"][0]["policy_title"]) == (
        "Woche 1",
        "Week 1",
    )


async def test_the_page_is_told_of_the_visitor(jp_fetch):
    page = json.loads((await jp_fetch("scoped-launcher", "context")).body)["page"]
    assert page["user"]
    assert page == {
        "user": page["user"],
        "admin": False,
        "may_preview": False,
        "has_locked": True,
        "lists_hidden": False,
        "problem": None,
        "refresh_s": None,
    }


async def test_who_may_see_details_learns_of_a_broken_policy_file(jp_fetch, policy):
    assert (await status(jp_fetch("scoped-launcher", "context"))) == 200
    policy.write_text('{"rulez": []}')
    deadline = asyncio.get_running_loop().time() + 10
    while True:
        page = json.loads((await jp_fetch("scoped-launcher", "context")).body)["page"]
        if page["problem"] or asyncio.get_running_loop().time() > deadline:
            break
        await asyncio.sleep(0.2)
    assert "rulez" in page["problem"]


class TestPolicyThatCannotBeUsed:
    @pytest.fixture
    def policy(self, tmp_path):
        path = tmp_path / "policy.json"
        path.write_text('{"rulez": []}')
        return path

    @pytest.fixture
    def jp_argv(self, policy, request):
        on_invalid = getattr(request, "param", "hide_all")
        return [
            f"--ScopedLauncher.policy_file={policy}",
            f"--ScopedLauncher.on_invalid={on_invalid}",
        ]

    @pytest.mark.parametrize(
        ("jp_argv", "told_by"), [("hide_all", "policy"), ("show", "page")], indirect=["jp_argv"]
    )
    async def test_is_told_once(self, jp_fetch, told_by):
        context = json.loads((await jp_fetch("scoped-launcher", "context")).body)
        # With `show` the engine has no policy, so no message of it.
        problem = context["page"]["problem"]
        told = {"policy": context["policy"]["message"], "page": problem or ""}[told_by]
        assert "rulez" in told
        assert (problem is None) == (told_by == "policy")


class TestAsSomebodyElse:
    async def test_is_refused_unless_the_policy_permits_it(self, jp_fetch):
        body = {"cards": [], "as": {"groups": ["class"]}}
        assert await status(post(jp_fetch, "access", body)) == 403
        assert await status(jp_fetch("scoped-launcher", "visitors")) == 403

    @needs_category
    @pytest.mark.parametrize("policy", [PREVIEW_ALL], indirect=True)
    async def test_all_cards_are_as_a_member_of_groups_sees_them(self, jp_fetch):
        body = {"cards": [TERMINAL], "as": {"groups": ["class"]}}
        answer = await post(jp_fetch, "access", body)
        cards = by_id(answer)
        assert cards["kernel:class1", "Notebook"]["visible"]
        assert not cards["proxy:tools", "Class"]["visible"], "hidden cards are listed, too"
        assert not cards[TERMINAL["id"], None]["visible"]
        assert answer["visitor"] == {"user": "", "admin": False, "groups": ["class"]}
        assert answer["may_preview"]

    @pytest.mark.parametrize("policy", [PREVIEW_ALL], indirect=True)
    async def test_is_an_event(self, jp_fetch, jp_serverapp):
        events = []

        async def listen(logger: Any, schema_id: str, data: Any) -> None:
            events.append(data)

        schema = (
            "https://github.com/jupyterlab-scoped-launcher/jupyterlab-scoped-launcher"
            "/events/preview/v1"
        )
        jp_serverapp.event_logger.add_listener(schema_id=schema, listener=listen)
        await post(jp_fetch, "access", {"cards": [], "as": {"groups": ["class"]}})
        await asyncio.sleep(0.1)
        (event,) = events
        assert (event["user"], event["groups"]) == ("", ["class"])
        assert event["viewer"]

    @pytest.mark.parametrize("policy", [PREVIEW_ALL], indirect=True)
    async def test_without_a_hub_no_user_can_be_named(self, jp_fetch):
        body = {"cards": [], "as": {"user": "mmuster"}}
        with pytest.raises(HTTPClientError) as refused:
            await post(jp_fetch, "access", body)
        assert refused.value.code == 403
        assert "name groups instead" in json.loads(refused.value.response.body)["message"]
        answer = await jp_fetch("scoped-launcher", "visitors")
        assert json.loads(answer.body) == {"users": [], "complete": False}

    @pytest.mark.parametrize("policy", [PREVIEW_ALL], indirect=True)
    @pytest.mark.parametrize(
        "subject",
        [
            None,
            {},
            {"user": ""},
            {"user": 1},
            {"groups": "x"},
            {"groups": [1]},
            {"user": "x", "groups": []},
        ],
    )
    async def test_what_is_no_visitor_is_refused(self, jp_fetch, subject):
        assert await status(post(jp_fetch, "access", {"cards": [], "as": subject})) == 400


@pytest.mark.parametrize("body", [None, [], {}, {"cards": {}}, {"cards": [1]}, {"cards": [{}]}])
@pytest.mark.parametrize("route", ["access", "explain"])
async def test_a_bad_request_is_refused(jp_fetch, route, body):
    assert await status(post(jp_fetch, route, body)) == 400


@pytest.mark.parametrize("route", ["access", "explain"])
async def test_a_login_is_needed(jp_fetch, route):
    fetching = jp_fetch(
        "scoped-launcher",
        route,
        method="POST",
        body='{"cards": []}',
        headers={"Authorization": "token wrong"},
    )
    assert await status(fetching) == 403


class TestWithoutAPolicy:
    @pytest.fixture
    def jp_argv(self) -> list[str]:
        return []

    async def test_everything_is_shown(self, jp_fetch):
        answer = await post(jp_fetch, "access", {"cards": [EDITOR]})
        assert all(card["visible"] for card in answer["cards"])
        assert {card["name"] for card in answer["cards"]} >= {"editor", "class1", "tools"}
        assert answer["cards"][0]["sentence"] == "Shown: there is no launcher policy."


@pytest.mark.parametrize("policy", [{"rulez": []}], indirect=True)
async def test_with_a_policy_that_was_never_good_nothing_is_shown(jp_fetch):
    answer = await post(jp_fetch, "explain", {"cards": [EDITOR]})
    (explained,) = answer["explanations"]
    assert (explained["visible"], explained["reason"]) == (False, "error")
    assert "policy" in explained["sentence"]


@pytest.mark.parametrize("policy", [PREVIEW_ALL], indirect=True)
async def test_others_see_what_their_own_context_decides(jp_fetch, jp_serverapp, policy):
    """The picture for random groups, against the engine's answer for a visitor in them."""
    from jupyterlab_scoped_launcher import _core

    engine = _core.Policy(policy.read_bytes())
    names = ["class", "staff", "Class", "other", ""]
    seeded = random.Random(1)
    for _ in range(50):
        groups = seeded.sample(names, seeded.randrange(len(names) + 1))
        body = {"cards": [TERMINAL, EDITOR], "as": {"groups": groups}}
        answer = await post(jp_fetch, "access", body)
        context = {"hub": False, "user": "", "groups": groups}
        cards = [{**card, "command": None} for card in answer["cards"]]
        decided = json.loads(engine.decide(json.dumps(context), json.dumps(cards)))["decisions"]
        assert [card["visible"] for card in answer["cards"]] == [d["visible"] for d in decided]
