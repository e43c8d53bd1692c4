"""Cards as the engine knows them, for the guards in a server and for the Hub's hook."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

KERNEL_CATEGORIES = ("Notebook", "Console")
"""The launcher's categories for the cards of a kernel."""

UNDECIDABLE = {"visible": False, "rule": None, "reason": "error"}
"""The decision on a card whose name the engine cannot be told."""


@dataclass(frozen=True)
class Card:
    """A card as the engine knows it."""

    kind: str
    name: str
    category: str | None = None
    command: str | None = None
    tags: tuple[str, ...] = ()


def ask(question: Callable[[str], str], cards: Sequence[Card]) -> list[tuple[Card, dict[str, Any]]]:
    """Return what the engine answers to ``question`` (the cards as JSON) for each card."""
    asked = [
        (number, shown)
        for number, card in enumerate(cards)
        if is_text(card.name)
        for shown in _shown_as(card)
    ]
    as_json = [{"id": f"{shown.kind}:{shown.name}", **asdict(shown)} for _, shown in asked]
    answer = question(json.dumps(as_json))
    decided: dict[int, dict[str, Any]] = {}
    for (number, _), decision in zip(asked, json.loads(answer)["decisions"], strict=True):
        if number not in decided or (decision["visible"] and not decided[number]["visible"]):
            decided[number] = decision
    return [(card, decided.get(number, UNDECIDABLE)) for number, card in enumerate(cards)]


def kernelspec_tags(spec: Any) -> tuple[str, ...]:
    """Return ``metadata.tags`` of a kernelspec (what its kernel.json says, anything)."""
    try:
        tags = spec["metadata"]["tags"]
    except (KeyError, TypeError):
        return ()
    if not isinstance(tags, list):
        return ()
    return tuple(tag for tag in tags if isinstance(tag, str) and is_text(tag))


def is_text(value: str) -> bool:
    """Say whether UTF-8 can write ``value``.

    A file name that is not UTF-8, and JSON's ``"\\ud800"``, are strings for Python and no text.
    """
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown_as(card: Card) -> list[Card]:
    """Return the launcher's cards for ``card``: a kernel has two, and one that is shown will do."""
    if card.kind != "kernel":
        return [card]
    return [replace(card, category=category) for category in KERNEL_CATEGORIES]
