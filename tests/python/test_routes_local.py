"""The extension and its routes without a Hub."""

from __future__ import annotations

import getpass
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import requests
from pytest_jupyter.jupyter_server import *  # noqa: F403
from tornado.httpclient import HTTPClientError
from traitlets.config import Config

import jupyterlab_scoped_launcher


@pytest.fixture
def policy(request, tmp_path, monkeypatch) -> Path | None:
    """Write the policy that a test is parametrized with; None: there is no such file."""
    for name in ("SCOPED_LAUNCHER_POLICY", "JUPYTERHUB_API_URL"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "policy.yaml"
    text = getattr(request, "param", None)
    if text is not None:
        path.write_text(text)
    return path


@pytest.fixture
def settings(policy) -> dict[str, Any]:
    """Configuration of ``ScopedLauncher``."""
    return {}


@pytest.fixture
def jp_argv(policy) -> list[str]:
    return [f"--ScopedLauncher.policy_file={policy}"]


@pytest.fixture
def jp_server_config(settings) -> Config:
    extensions = {"jupyterlab_scoped_launcher": True}
    return Config(
        {"ServerApp": {"jpserver_extensions": extensions}, "ScopedLauncher": dict(settings)}
    )


@pytest.fixture
def fetch(jp_asyncio_loop, jp_fetch):
    """Ask the running server for a route; return its answer, also one that is an error."""

    def fetch(*route: str, **request: Any) -> Any:
        try:
            return jp_asyncio_loop.run_until_complete(
                jp_fetch("scoped-launcher", *route, **request)
            )
        except HTTPClientError as error:
            return error.response

    return fetch


@pytest.fixture
def get(fetch):
    """Ask the running server for a route; return the status code and the JSON."""

    def get(route: str = "context", **query: str) -> tuple[int, Any]:
        answer = fetch(route, params=query)
        return answer.code, json.loads(answer.body)

    return get


class TestWithoutPolicy:
    """Nothing is configured: nothing is governed, and the log says so once."""

    @pytest.fixture
    def jp_argv(self, policy) -> list[str]:
        return []

    def test_context(self, get):
        status, context = get()
        assert status == 200
        assert abs(time.time() - _seconds(context.pop("now"))) < 2
        me = getpass.getuser()
        assert context == {
            "hub": False,
            "user": me,
            "admin": False,
            "groups": [],
            "scopes": [],
            "shares": [],
            "server": {"owner": me, "name": ""},
            "age_s": 0.0,
            "stale": False,
            "warnings": [],
            "page": {
                "user": me,
                "admin": False,
                "may_preview": False,
                "has_locked": False,
                "lists_hidden": False,
                "problem": None,
                "refresh_s": None,
            },
            "policy": {
                "etag": None,
                "document": None,
                "state": "missing",
                "on_invalid": "hide_all",
            },
        }

    def test_is_logged_once_at_start(self, capfd, get):
        def warnings() -> int:
            return capfd.readouterr().err.count("no policy file is configured")

        assert warnings() == 1
        get()
        assert warnings() == 0

    def test_there_is_no_policy_to_read(self, get):
        status, answer = get("policy")
        assert (status, answer["code"]) == (404, "no-policy")


def _seconds(now: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(now.replace("Z", "+00:00")).timestamp()


class TestUnusablePolicy:
    """Unknown means closed, unless the admin chose otherwise."""

    def test_hides_all(self, get, policy):
        status, context = get()
        assert status == 200
        message = context["policy"].pop("message")
        assert context["policy"] == {
            "etag": None,
            "document": None,
            "state": "invalid",
            "on_invalid": "hide_all",
        }
        assert f"{policy}: error unreadable: No such file or directory." in message

    @pytest.mark.parametrize("settings", [{"on_invalid": "show"}])
    def test_or_shows(self, get, settings):
        assert get()[1]["policy"]["on_invalid"] == "show"

    def test_cannot_be_read_whole(self, get):
        status, answer = get("policy")
        assert (status, answer["code"]) == (404, "no-policy")


class TestPolicyOfTheEnvironment:
    @pytest.fixture
    def jp_argv(self, policy, monkeypatch) -> list[str]:
        monkeypatch.setenv("SCOPED_LAUNCHER_POLICY", "/of/the/environment.yaml")
        return []

    def test_is_used(self, get):
        assert "/of/the/environment.yaml" in get()[1]["policy"]["message"]

    @pytest.mark.parametrize("settings", [{"policy_file": "/configured.yaml"}])
    def test_gives_way_to_the_configured_one(self, get, settings):
        assert "/configured.yaml" in get()[1]["policy"]["message"]


class TestGoverned:
    """What a page without an engine must hide."""

    @pytest.fixture
    def ask(self, fetch):
        def ask(body: str) -> tuple[int, Any]:
            answer = fetch("governed", method="POST", body=body)
            return answer.code, json.loads(answer.body)

        return ask

    CARDS = json.dumps(
        {
            "cards": [
                {"id": "k", "kind": "kernel", "name": "class"},
                {"id": "c", "kind": "command", "name": "terminal:create-new"},
            ]
        }
    )

    @pytest.mark.parametrize(
        "policy",
        [
            "version: 1\nno_hub: show\nrules:\n"
            "- {id: a, match: {kernel: class}, show_when: {always: true}}",
            # Not for ever: a page asks once.
            "version: 1\nrules:\n"
            "- {id: a, match: {kernel: class}, hide_when: {always: true}, from: 2099-01-01}",
        ],
        indirect=True,
    )
    def test_is_what_a_rule_matches(self, ask, policy):
        assert ask(self.CARDS) == (200, {"governed": [True, False]})
        for bad in ("", "5", "{}", '{"cards": 5}', '{"cards": [5]}', '{"cards": [{"id": "x"}]}'):
            status, answer = ask(bad)
            assert (status, answer["code"]) == (400, "bad-request"), bad

    @pytest.mark.parametrize("policy", ["version: 1"], indirect=True)
    def test_of_too_many_cards_is_not_answered(self, ask):
        def status(*cards: dict[str, str]) -> int:
            return ask(json.dumps({"cards": cards}, separators=(",", ":")))[0]

        card = {"id": "", "kind": "kernel", "name": ""}
        assert status(*[card] * 20_000) == 200
        assert status(*[card] * 20_001) == 413
        assert status({**card, "name": "x" * 2**20}) == 413

    def test_is_everything_under_an_invalid_policy(self, ask):
        assert ask(self.CARDS) == (200, {"governed": [True, True]})

    @pytest.mark.parametrize("settings", [{"on_invalid": "show"}])
    def test_is_nothing_where_an_invalid_policy_shows_all(self, ask, settings):
        assert ask(self.CARDS) == (200, {"governed": [False, False]})


class TestPolicySummary:
    """What JupyterLab's page has of the policy."""

    def summary(self, serverapp) -> str:
        hook = serverapp.web_app.settings["page_config_hook"]
        return hook(None, {"kept": True})["scopedLauncherPolicySummary"]

    def test_of_an_unusable_policy(self, jp_serverapp):
        policy = json.loads(self.summary(jp_serverapp))["policy"]
        assert policy == {"state": "invalid", "on_invalid": "hide_all"}

    @pytest.mark.parametrize(
        "policy",
        [
            "version: 1\ntags: {x: {kernel: y}}\nrules:\n"
            "- {id: a, match: {tag: x}, show_when: {group: g}, contact: a@b.example}\n"
            "- {id: b, match: {kernel: z}, hide_when: {user: u},"
            " from: 2026-01-01, until: 2026-02-01}"
        ],
        indirect=True,
    )
    def test_says_which_cards_are_governed_and_not_for_whom(self, jp_serverapp, policy):
        assert json.loads(self.summary(jp_serverapp))["policy"]["document"] == {
            "version": 1,
            "default": "show",
            "no_hub": "show",
            "tags": {"x": {"kernel": "y"}},
            "rules": [
                {"id": "a", "match": {"tag": "x"}},
                {"id": "b", "match": {"kernel": "z"}},
            ],
        }

    @pytest.mark.parametrize(
        "policy",
        [f"version: 1\nrules: [{{id: a, match: {{kernel: [{'x, ' * 40_000}x]}}}}]"],
        indirect=True,
        ids=["long"],
    )
    def test_of_a_long_policy_is_left_out(self, jp_serverapp, policy):
        assert self.summary(jp_serverapp) == ""


class TestIcons:
    """Images next to the policy file, and nothing else of that folder."""

    @pytest.fixture
    def ask(self, fetch):
        return lambda name: fetch("icons", name)

    @pytest.mark.parametrize(
        "policy",
        [
            "version: 1\ncards:\n"
            "- {id: a, service: a, icon: A bench.svg}\n"
            "- {id: b, service: b, icon: long.png}\n"
            "- {id: c, service: c, icon: missing.png}\n"
            "- {id: d, service: d, icon: folder.png}\n"
            "- {id: e, service: e, icon: policy.yaml}\n"
        ],
        indirect=True,
    )
    def test_are_those_that_cards_name(self, ask, policy):
        (policy.parent / "A bench.svg").write_text("<svg/>")
        (policy.parent / "other.svg").write_text("<svg/>")
        (policy.parent / "long.png").write_bytes(b"x" * (256 * 1024 + 1))
        (policy.parent / "folder.png").mkdir()

        answer = ask("A bench.svg")
        assert (answer.code, answer.body) == (200, b"<svg/>")
        assert answer.headers["Content-Type"] == "image/svg+xml"
        assert answer.headers["Cache-Control"] == "private, max-age=300"
        assert answer.headers["Content-Security-Policy"].endswith("; sandbox")

        assert ask("../A bench.svg").code == 404
        for name in (
            *("other.svg", "long.png", "missing.png", "folder.png", "policy.yaml"),
            *("..\\A bench.svg", "A bench.svg\0", "a bench.svg"),
        ):
            answer = ask(name)
            assert (answer.code, json.loads(answer.body)["code"]) == (404, "no-icon"), name
            assert answer.headers["Cache-Control"] == "no-store"

    def test_need_a_policy(self, ask):
        assert ask("a.svg").code == 404


def test_under_a_hub_without_its_login_there_is_no_context(get, monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_API_URL", "http://127.0.0.1:1/hub/api")
    status, answer = get()
    assert (status, answer["code"]) == (503, "no-hub-login")


@pytest.mark.parametrize("route", ["context", "policy", "icons/a.svg"])
def test_needs_a_login(jp_asyncio_loop, jp_fetch, policy, route):
    fetching = jp_fetch("scoped-launcher", route, headers={"Authorization": "token wrong"})
    with pytest.raises(HTTPClientError) as refused:
        jp_asyncio_loop.run_until_complete(fetching)
    assert refused.value.code == 403
    assert json.loads(refused.value.response.body)["code"] == "not-authenticated"


def test_jupyter_lab_takes_the_policy_as_an_argument(tmp_path):
    """The command of a person alone: ``jupyter lab --ScopedLauncher.policy_file=…``."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    log = tmp_path / "log"
    repo = Path(__file__).resolve().parents[2]
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("JUPYTERHUB")},
        "PYTHONPATH": str(Path(jupyterlab_scoped_launcher.__file__).parents[1]),
        "JUPYTER_CONFIG_PATH": str(repo / "python-data/data/etc/jupyter"),
        "HOME": str(tmp_path),
    }
    with log.open("wb") as output:
        lab = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
                *(f"--port={port}", f"--IdentityProvider.token={token}"),
                f"--ScopedLauncher.policy_file={tmp_path / 'none.yaml'}",
            ],
            cwd=tmp_path,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        context = _ask_when_ready(f"http://127.0.0.1:{port}/scoped-launcher/context", token, lab)
    finally:
        lab.terminate()
        lab.wait(20)
    assert f"{tmp_path / 'none.yaml'}: error unreadable" in context["policy"]["message"]
    assert "none.yaml: error unreadable" in log.read_text()
    assert "Traceback" not in log.read_text()


def _ask_when_ready(url: str, token: str, server: subprocess.Popen[bytes]) -> Any:
    deadline = time.monotonic() + 60
    while True:
        assert server.poll() is None
        assert time.monotonic() < deadline
        try:
            headers = {"Authorization": f"token {token}"}
            return requests.get(url, headers=headers, timeout=10).json()
        except requests.ConnectionError:
            time.sleep(0.2)
