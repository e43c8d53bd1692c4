"""The cards that a server lists, and what its guards know of a card: the same as the launcher."""

from __future__ import annotations

import asyncio
import grp
import html
import json
import logging
import os
import pwd
import sys
from pathlib import Path
from typing import Any

import pytest
from proxy_versions import needs_category
from tornado.httpclient import HTTPClientError

from jupyterlab_scoped_launcher.context import local_visitor

pytest_plugins = ["pytest_jupyter.jupyter_server"]

RULES = [
    {"id": "class", "match": {"kernel": "class*"}, "show_when": {"group": "x"}},
    {"id": "tools", "match": {"category": "Class"}, "show_when": {"group": "x"}},
]
POLICY_CARD = {"id": "web", "service": "web", "title": "The class's pages", "category": "Pages"}
POLICY = {"version": 1, "no_hub": "hide", "rules": RULES, "cards": [POLICY_CARD]}


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
    for name, title in (("Class1", "Class 1"), ("open", "Open 50%")):
        folder = jp_data_dir / "kernels" / name
        folder.mkdir(parents=True)
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec = {"argv": argv, "display_name": title, "language": "python"}
        spec["metadata"] = {"tags": ["lecture", 5]}
        (folder / "kernel.json").write_text(json.dumps(spec))
    entry = {"title": "Class tools", "category": "Class"}
    servers = {"tools": {"port": 1, "launcher_entry": entry}, "plain": {"port": 1}}
    extensions = {"jupyterlab_scoped_launcher": True, "jupyter_server_proxy": True}
    return {
        "ServerApp": {"jpserver_extensions": extensions},
        "ServerProxy": {"servers": servers},
    }


async def listed(jp_fetch: Any) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the cards that the route answers, by id and category."""
    answer = await jp_fetch("scoped-launcher", "cards")
    assert answer.headers["Cache-Control"] == "no-store"
    return {(card["id"], card["category"]): card for card in json.loads(answer.body)["cards"]}


async def status(fetching: Any) -> int:
    try:
        return int((await fetching).code)
    except HTTPClientError as error:
        return int(error.code)


async def test_visible_cards_are_listed_as_the_launcher_has_them(jp_fetch):
    cards = await listed(jp_fetch)
    assert cards["kernel:open", "Notebook"] == {
        "id": "kernel:open",
        "kind": "kernel",
        "name": "open",
        "title": "Open 50%",
        "category": "Notebook",
        "tags": ["lecture"],
        "language": "python",
        "args": None,
        "owner": None,
        "policy_card": None,
    }
    assert ("kernel:open", "Console") in cards
    assert cards["proxy:plain", "Notebook"] == {
        "id": "proxy:plain",
        "kind": "proxy",
        "name": "plain",
        "title": "plain",
        "category": "Notebook",
        "tags": [],
        "language": None,
        "args": None,
        "owner": None,
        "policy_card": None,
    }
    own = cards["web", "Pages"]
    assert (own["kind"], own["name"], own["title"]) == ("service", "web", "The class's pages")
    assert own["policy_card"] == "web"


async def test_hidden_cards_are_not_listed(jp_fetch):
    assert not {("kernel:class1", "Notebook"), ("proxy:tools", "Class")} & set(
        await listed(jp_fetch)
    )


@needs_category
@pytest.mark.parametrize(
    "policy", [{key: {"always": True}} for key in ("preview", "list_hidden")], indirect=True
)
async def test_hidden_cards_are_listed_to_whom_the_policy_permits(jp_fetch):
    cards = await listed(jp_fetch)
    assert cards["proxy:tools", "Class"]["title"] == "Class tools"
    assert cards["kernel:class1", "Console"]["title"] == "Class 1"


class TestWithoutAPolicy:
    @pytest.fixture
    def jp_argv(self) -> list[str]:
        return []

    @needs_category
    async def test_all_cards_are_listed(self, jp_fetch):
        assert {("kernel:class1", "Notebook"), ("proxy:tools", "Class")} <= set(
            await listed(jp_fetch)
        )


@pytest.mark.parametrize("policy", [{"rulez": []}], indirect=True)
async def test_with_a_policy_that_was_never_good_no_card_is_listed(jp_fetch):
    assert await listed(jp_fetch) == {}


async def test_a_login_is_needed(jp_fetch):
    fetching = jp_fetch("scoped-launcher", "cards", headers={"Authorization": "token wrong"})
    assert await status(fetching) == 403


@needs_category
async def test_a_proxied_service_is_decided_by_its_launcher_category(jp_fetch):
    assert await status(jp_fetch("tools/")) == 403
    assert await status(jp_fetch("plain/")) != 403


TEXTS = {"message": "50% presence, 100 %s & <b>.", "contact": "https://example.edu/ask%20us"}


@needs_category
@pytest.mark.parametrize(
    "policy", [{"rules": [{**rule, **TEXTS} for rule in RULES]}], indirect=True
)
class TestTextsOfThePolicy:
    async def test_arrive_in_json(self, jp_fetch):
        with pytest.raises(HTTPClientError) as refused:
            await jp_fetch("api", "kernels", method="POST", body='{"name": "class1"}')
        message = json.loads(refused.value.response.body)["message"]
        assert all(text in message for text in TEXTS.values())

    async def test_arrive_in_pages(self, jp_fetch, jp_ws_fetch):
        for opening in (jp_fetch("tools/"), jp_ws_fetch("tools/")):
            with pytest.raises(HTTPClientError) as refused:
                await opening
            page = html.unescape(refused.value.response.body.decode())
            assert all(text in page for text in TEXTS.values())

    async def test_arrive_in_the_log(self, jp_fetch, caplog, capsys):
        with pytest.raises(HTTPClientError):
            await jp_fetch("tools/")
        assert TEXTS["contact"] in caplog.text
        assert "Logging error" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "policy",
    [
        {"rules": [{"id": "r", "match": {"title": title}, "show_when": {"group": "x"}}]}
        for title in ("Class *", "class1")
    ],
    indirect=True,
)
async def test_cards_are_decided_by_the_title_that_the_launcher_shows(jp_fetch, policy):
    by_title = "Class *" in policy.read_text()
    refused = 403 if by_title else 200
    assert await status(jp_fetch("api", "kernelspecs", "class1")) == refused
    assert await status(jp_fetch("api", "kernelspecs", "open")) == 200
    assert (await status(jp_fetch("tools/")) == 403) == by_title


@pytest.mark.parametrize(
    "policy",
    [{"rules": [{"id": "r", "match": {"language": "python"}, "show_when": {"group": "x"}}]}],
    indirect=True,
)
async def test_kernels_are_decided_by_their_language(jp_fetch):
    assert await status(jp_fetch("api", "kernelspecs", "open")) == 403


@needs_category
@pytest.mark.parametrize(
    "policy",
    [
        {
            "rules": [
                *RULES,
                {"id": "typo", "match": {"kernel": "klass*"}, "hide_when": {"group": "x"}},
                {
                    "id": "gone",
                    "match": [{"proxy": "no"}, {"service": "web-2"}],
                    "show_when": {"group": "x"},
                },
                {"id": "page", "match": {"command": "no:*"}, "hide_when": {"group": "x"}},
                {"id": "form", "match": {"profile": "no"}, "hide_when": {"group": "x"}},
                {"id": "own", "match": {"service": "web"}, "hide_when": {"group": "x"}},
            ]
        }
    ],
    indirect=True,
)
async def test_rules_that_match_no_card_are_logged_once(jp_fetch, policy, caplog):
    caplog.set_level(logging.INFO)
    for _ in range(2):
        await jp_fetch("scoped-launcher", "context")
    (message,) = [text for text in caplog.messages if "match no kernel" in text]
    assert "server has: typo, gone. Rules about other cards only" in message
    policy.write_text(json.dumps({**POLICY, "default": "hide", "rules": []}))
    await asyncio.sleep(1.1)
    await jp_fetch("scoped-launcher", "context")
    assert len([text for text in caplog.messages if "match no kernel" in text]) == 1


class TestTheLocalUser:
    """Without a Hub."""

    @pytest.fixture(params=[True, False])
    def with_groups(self, request: pytest.FixtureRequest) -> bool:
        return bool(request.param)

    @pytest.fixture
    def jp_argv(self, jp_argv: list[str], with_groups: bool) -> list[str]:
        return [*jp_argv, f"--ScopedLauncher.local_groups={with_groups}"]

    async def test_is_the_unix_account_whatever_the_environment_says(
        self, jp_fetch, with_groups, monkeypatch
    ):
        account = pwd.getpwuid(os.getuid())
        monkeypatch.setenv("LOGNAME", "somebody-else")
        context = json.loads((await jp_fetch("scoped-launcher", "context")).body)
        assert (context["hub"], context["user"]) == (False, account.pw_name)
        main_group = grp.getgrgid(account.pw_gid).gr_name
        assert (main_group in context["groups"]) == with_groups
        if not with_groups:
            assert context["groups"] == []

    @pytest.mark.parametrize("policy", [{"no_hub": "decide"}], indirect=True)
    async def test_is_decided_by_the_groups(self, jp_fetch, policy, with_groups):
        group = grp.getgrgid(pwd.getpwuid(os.getuid()).pw_gid).gr_name
        rules = [{**RULES[0], "show_when": {"group": group}}]
        policy.write_text(json.dumps({**POLICY, "no_hub": "decide", "rules": rules}))
        await asyncio.sleep(2.1)  # the change of the file is followed
        kernels = json.loads((await jp_fetch("api", "kernelspecs")).body)["kernelspecs"]
        assert ("class1" in kernels) == with_groups


def test_an_account_without_a_name_is_nobody(monkeypatch):
    monkeypatch.setattr("os.getuid", lambda: 3_999_999_999)
    monkeypatch.setattr("os.getgroups", lambda: [3_999_999_998])
    visitor = local_visitor(with_groups=True)
    assert (visitor.user, visitor.groups) == ("", ())
