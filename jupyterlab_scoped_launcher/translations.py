"""The texts of the server and the Hub service in the visitor's language, from catalogues.

A catalogue is a file as JupyterLab reads them for its page (`jupyterlab_server.translation_utils`):
``locale/de_DE/LC_MESSAGES/jupyterlab_scoped_launcher.json`` maps each English text to a list with
the translation. A text that a catalogue does not have is in English.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

LOCALE_FOLDER = Path(__file__).parent / "locale"
CATALOGUE = Path("LC_MESSAGES", "jupyterlab_scoped_launcher.json")


MAX_LANGUAGE_CHARS = 35
"""The longest tag that every program must accept (RFC 5646, 4.4.1)."""


class Translation:
    """The texts of one ``language``, a code such as ``de_DE``; ``""`` is English."""

    def __init__(self, language: str = "", texts: Mapping[str, str] | None = None) -> None:
        self.language = language
        self._texts = texts or {}

    def text(self, english: str, *values: str) -> str:
        """Return the translation of ``english``, each ``{}`` replaced by the next of ``values``."""
        translated = self._texts.get(english, english)
        if translated.count("{}") != english.count("{}"):
            translated = english
        pieces = translated.split("{}")
        filled = [*values, *[""] * len(pieces)]
        return "".join(piece + value for piece, value in zip(pieces, filled, strict=False))

    def explanation_texts(self) -> str:
        """Return the texts of the engine's explanation codes as JSON."""
        from ._core import EXPLANATION_TEXTS

        texts = {code: self._texts.get(text, text) for code, text in EXPLANATION_TEXTS.items()}
        return json.dumps(texts)


ENGLISH = Translation()


def translation(*languages: str) -> Translation:
    """Return the texts in the first of ``languages`` that has a catalogue, or else in English.

    A language is a code such as ``de_DE``, ``de-AT`` or ``de``. Another variety of it counts too.
    The first one is the `Translation.language` in any case: the policy may have texts in it.
    """
    language = languages[0] if languages else ""
    available = _catalogues(LOCALE_FOLDER)
    for wanted in map(_normalized, languages):
        first = wanted.split("_")[0]
        if first == "en":
            break
        varieties = sorted(name for name in available if name.split("_")[0] == first)
        if varieties:
            found = wanted if wanted in available else varieties[0]
            return Translation(language, _texts(available[found]))
    return Translation(language)


def accepted_languages(header: str) -> list[str]:
    """Return the languages of an ``Accept-Language`` header, the preferred one first."""
    weighted = []
    for entry in header.split(","):
        language, _, parameter = entry.partition(";")
        name, _, value = parameter.partition("=")
        try:
            weight = float(value) if name.strip() == "q" else 1.0
        except ValueError:
            continue
        language = language.strip()
        if weight > 0 and language not in ("", "*") and len(language) <= MAX_LANGUAGE_CHARS:
            weighted.append((-weight, language))
    return [language for _, language in sorted(weighted, key=lambda found: found[0])]


def _normalized(language: str) -> str:
    return language.strip().lower().replace("-", "_")


@lru_cache
def _catalogues(folder: Path) -> dict[str, Path]:
    """Return the file of each language for which ``folder`` has a catalogue."""
    found = folder.glob(f"*/{CATALOGUE.as_posix()}")
    return {_normalized(path.parents[1].name): path for path in found}


@lru_cache
def _texts(path: Path) -> dict[str, str]:
    """Return the translations in a catalogue, by English text; none if it is not readable."""
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {
        english: translated[0]
        for english, translated in content.items()
        if english and isinstance(translated, list) and translated and translated[0]
    }
