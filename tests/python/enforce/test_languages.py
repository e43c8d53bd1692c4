"""The language of what a refused visitor is told: JupyterLab's setting, else the browser's."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError

from jupyterlab_scoped_launcher import translations
from jupyterlab_scoped_launcher.translations import accepted_languages, translation

pytest_plugins = ["pytest_jupyter.jupyter_server"]

POLICY = {
    "version": 1,
    "no_hub": "hide",
    "refresh": "1s",
    "rules": [
        {
            "id": "exam",
            "match": {"command": "terminal:*"},
            "show_when": {"group": "x"},
            "message": {"en": "The exam has begun.", "it": "L'esame è iniziato."},
            "contact": "profx@example.edu",
        }
    ],
}
SETTINGS = "user-settings/@jupyterlab/translation-extension/plugin.jupyterlab-settings"

TEXTS = {
    "Ask {}.": ["Wenden Sie sich an {}."],
    "Hidden: there is no JupyterHub to ask": ["Verborgen: Es gibt keinen JupyterHub"],
    "Back to the start page of this server": ["Zurück zur Startseite"],
    "You may not use {}.": ["Sie dürfen {} und {} nicht verwenden."],  # one {} too many
    "rule {}": [""],
    "Access to {}": "no list",
}


@pytest.fixture
def catalogues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with catalogues, instead of the package's own."""
    folder = tmp_path / "locale"
    contents = {
        "de_DE": json.dumps({"": {"domain": "x"}, **TEXTS}),
        "pt_BR": json.dumps({"Ask {}.": ["Pergunte a {}."]}),
        "pt_PT": json.dumps({"Ask {}.": ["Contacte {}."]}),
        "fr_FR": "{",
        "es_ES": "[]",
    }
    for name, content in contents.items():
        path = folder / name / "LC_MESSAGES" / "jupyterlab_scoped_launcher.json"
        path.parent.mkdir(parents=True)
        path.write_text(content, encoding="utf-8")
    monkeypatch.setattr(translations, "LOCALE_FOLDER", folder)
    return folder


@pytest.mark.parametrize(
    ("languages", "expected"),
    [
        ([], "Ask a."),
        (["en"], "Ask a."),
        (["de_DE"], "Wenden Sie sich an a."),
        (["de"], "Wenden Sie sich an a."),
        (["DE-at"], "Wenden Sie sich an a."),
        (["pt-PT"], "Contacte a."),
        (["pt"], "Pergunte a a."),
        (["it", "de"], "Wenden Sie sich an a."),
        (["en-GB", "de"], "Ask a."),
        (["it"], "Ask a."),
        (["fr"], "Ask a."),
        (["es"], "Ask a."),
        (["../../etc"], "Ask a."),
    ],
)
def test_the_closest_catalogue_is_used(catalogues, languages, expected):
    assert translation(*languages).text("Ask {}.", "a") == expected


def test_a_text_that_is_wrong_or_missing_is_in_english(catalogues):
    german = translation("de")
    assert german.text("You may not use {}.", "{} %s {x}") == "You may not use {} %s {x}."
    assert german.text("rule {}", "a") == "rule a"
    assert german.text("Access to {}", "a") == "Access to a"
    assert german.text("not in any catalogue") == "not in any catalogue"
    assert german.language == "de"


def test_explanation_codes_get_the_texts_of_the_catalogue(catalogues):
    texts = json.loads(translation("de").explanation_texts())
    assert texts["hidden-without-hub"] == "Verborgen: Es gibt keinen JupyterHub"
    assert texts["ask"] == "Wenden Sie sich an {}."
    assert texts["admins"] == "Hub admins"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", []),
        ("de-AT, de;q=0.9, en;q=0.5", ["de-AT", "de", "en"]),
        ("en;q=0.2,*;q=0.1,de;q=0.8,fr", ["fr", "de", "en"]),
        ("de;q=0,en", ["en"]),
        ("de;q=x,;;,en;q=0.1", ["en"]),
        ("x" * 100, []),
    ],
)
def test_the_preferred_language_comes_first(header, expected):
    assert accepted_languages(header) == expected


class TestARefusal:
    @pytest.fixture
    def jp_server_config(self, tmp_path: Path) -> dict[str, Any]:
        extensions = {"jupyterlab_scoped_launcher": True, "jupyterlab": True}
        return {
            "ServerApp": {"jpserver_extensions": extensions},
            "LabApp": {"user_settings_dir": str(tmp_path / "user-settings")},
        }

    @pytest.fixture
    def refusal(self, jp_fetch):
        async def read(accepted: str) -> dict[str, Any]:
            headers = {"Accept-Language": accepted}
            fetching = jp_fetch("api", "terminals", method="POST", body="{}", headers=headers)
            with pytest.raises(HTTPClientError) as refused:
                await fetching
            return json.loads(refused.value.response.body)

        return read

    @pytest.fixture
    def set_language(self, tmp_path: Path):
        """Write JupyterLab's setting as its menu of languages does."""

        def write(content: str) -> None:
            path = tmp_path / SETTINGS
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)

        return write

    async def test_is_in_the_browsers_language(self, catalogues, refusal):
        german = await refusal("de,en;q=0.5")
        ask = "Wenden Sie sich an profx@example.edu."
        assert german["message"] == f"The exam has begun. {ask} (command:terminal:create-new)"
        explanation = german["scoped_launcher"]["explanation"]
        assert explanation == "Verborgen: Es gibt keinen JupyterHub."
        english = await refusal("en,de;q=0.5")
        assert english["scoped_launcher"]["explanation"].startswith("Hidden: ")
        # A language that only the policy has.
        assert (await refusal("it"))["message"].startswith("L'esame è iniziato. Ask ")

    async def test_is_rather_in_the_language_of_jupyterlab(self, catalogues, refusal, set_language):
        set_language('{// chosen in the menu\n"locale": "de_DE"}')
        answer = await refusal("en")
        assert answer["scoped_launcher"]["explanation"].startswith("Verborgen: ")
        set_language('{"locale": "default"}')
        assert (await refusal("en"))["scoped_launcher"]["explanation"].startswith("Hidden: ")
        for broken in ("{", '{"locale": 5}', "[]"):
            set_language(broken)
            assert (await refusal("de"))["scoped_launcher"]["explanation"].startswith("Verborgen: ")

    async def test_an_ended_terminal_has_the_language_too(
        self, catalogues, jp_fetch, jp_ws_fetch, policy, jp_serverapp
    ):
        policy.write_text(json.dumps({**POLICY, "no_hub": "show"}))
        await asyncio.sleep(1.2)
        answer = await jp_fetch("api", "terminals", method="POST", body="{}")
        name = json.loads(answer.body)["name"]
        headers = {"Accept-Language": "de"}
        connection = await jp_ws_fetch("terminals", "websocket", name, headers=headers)
        policy.write_text(json.dumps(POLICY))
        output = ""
        while (message := await asyncio.wait_for(connection.read_message(), 10)) is not None:
            kind, *content = json.loads(message)
            output += content[0] if kind == "stdout" else ""
        assert "The exam has begun. Wenden Sie sich an profx@example.edu." in output
        await jp_serverapp.web_app.settings["terminal_manager"].kill_all()
