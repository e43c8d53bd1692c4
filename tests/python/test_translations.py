"""The check of the language catalogues finds what is wrong with them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from jupyterlab_server import translation_utils

REPO = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def check() -> ModuleType:
    """scripts/check_translations.py."""
    path = REPO / "scripts" / "check_translations.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TEXTS = {
    "Open": ("Open",),
    "Ask {}.": ("Ask {}.",),
    "%1 of %2": ("%1 of %2",),
    "One card": ("One card", "%1 cards"),
}
GERMAN = {
    "": {"language": "de-DE"},
    "Open": ["Öffnen"],
    "Ask {}.": ["Fragen Sie {}."],
    "%1 of %2": ["von %2: %1"],
    "One card": ["Eine Karte", "%1 Karten"],
}


def test_a_complete_catalogue_has_no_faults(check: ModuleType) -> None:
    assert list(check.faults(TEXTS, GERMAN)) == []


@pytest.mark.parametrize(
    ("key", "translated", "fault"),
    [
        ("Open", None, "missing: 'Open'"),
        ("Open", [""], "not translated: 'Open'"),
        ("Open", [], "not translated: 'Open'"),
        ("One card", ["Eine Karte"], "has 1 forms instead of 2: 'One card'"),
        ("One card", ["Eine Karte", "Karten"], "other placeholders: 'One card': 'Karten'"),
        ("One card", ["Karte %2", "%1 Karten"], "other placeholders: 'One card': 'Karte %2'"),
        ("Ask {}.", ["Fragen Sie."], "other placeholders: 'Ask {}.': 'Fragen Sie.'"),
        ("%1 of %2", ["%1 von %1"], "other placeholders: '%1 of %2': '%1 von %1'"),
        ("Close", ["Schließen"], "not used: 'Close'"),
    ],
)
def test_a_fault_is_named(
    check: ModuleType, key: str, translated: list[str] | None, fault: str
) -> None:
    catalogue = {**GERMAN, key: translated}
    if translated is None:
        del catalogue[key]
    assert list(check.faults(TEXTS, catalogue)) == [fault]


def test_the_texts_of_all_parts_are_found(check: ModuleType) -> None:
    labextension = check.labextension_texts()
    assert labextension["Copied one card."] == ("Copied one card.", "Copied %1 cards.")
    assert "Log in" in labextension
    assert "Markdown File" not in labextension, "a text of JupyterLab itself"
    server = check.server_texts()
    assert "Ask {}." in server, "a call"
    assert "You may not use {}." in server, "a page"
    assert "JupyterHub cannot be reached." in server, "an error"
    assert "The launcher policy cannot be used. The server's log says why." in server, "a constant"
    assert "members of group {}" in check.engine_texts()


@pytest.mark.parametrize("language", ["de_DE", "fr_FR", "es_ES"])
def test_jupyterlab_reads_the_catalogues(language: str) -> None:
    found, errors = translation_utils.get_installed_packages_locale(language)
    assert errors == ""
    catalogue = found["jupyterlab_scoped_launcher"]
    assert catalogue[""]["domain"] == "jupyterlab_scoped_launcher"
    assert catalogue[""]["plural_forms"].startswith("nplurals=2; plural=(n ")
    assert catalogue["Launcher"] != ["Launcher"]
