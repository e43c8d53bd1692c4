"""Cards as the command line names them, reads them from files, and completes them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import cache
from importlib.resources import files
from typing import Any

import click

from .._core import CARD_KINDS, normalize_kernel_name
from ..cards import KERNEL_CATEGORIES
from .errors import CliError
from .files import read_json

Card = dict[str, Any]

DEFAULT_CATEGORIES = {"proxy": "Notebook", "command": "Other"}
"""The category of a card that has none: jupyter-server-proxy's default, and JupyterLab's."""

EXAMPLE_ENTRY = '{"id": "kernel:python3", "kind": "kernel", "name": "python3"}'

FIELDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "owner": ("text", lambda value: isinstance(value, str)),
    "category": ("text", lambda value: isinstance(value, str)),
    "command": ("text", lambda value: isinstance(value, str)),
    "title": ("text", lambda value: isinstance(value, str)),
    "policy_title": ("text", lambda value: isinstance(value, str)),
    "language": ("text", lambda value: isinstance(value, str)),
    "policy_card": ("text", lambda value: isinstance(value, str)),
    "args": ("an object", lambda value: isinstance(value, dict)),
    "tags": (
        "a list of text",
        lambda value: isinstance(value, list) and all(isinstance(tag, str) for tag in value),
    ),
}
"""What a card may have beside ``id``, ``kind`` and ``name``, and what it must be unless null."""


def parse_card(text: str) -> Card:
    """Return the card of ``KIND:NAME``: all that follows the first colon is the name.

    A server's name is ``OWNER/NAME``. Raises `click.BadParameter`, which says what to write.
    """
    kind, colon, name = text.partition(":")
    if kind not in CARD_KINDS:
        hint = f"Write KIND:NAME, where KIND is one of {', '.join(CARD_KINDS)}."
        if colon:
            hint += f" For the launcher item with this command, write command:{text}."
        raise click.BadParameter(f"{text!r} is not a card. {hint}", param_hint="--card")
    if not name:
        raise click.BadParameter(f"{text!r} has no name. Write {kind}:NAME.", param_hint="--card")
    card: Card = {"id": text, "kind": kind, "name": name}
    if kind == "server":
        card["owner"], slash, card["name"] = name.partition("/")
        if not slash or not card["owner"]:
            raise click.BadParameter(
                f"{text!r} names no server. Write server:OWNER/NAME; the default server of mmuster "
                "is server:mmuster/.",
                param_hint="--card",
            )
    elif kind == "command":
        card["command"] = name
    return card


def read_cards(path: str) -> list[Card]:
    """Read a JSON file: a list of cards, or ``{"cards": […]}`` as the command ``cards`` prints."""
    return checked_cards(read_json(path), path)


def checked_cards(listed: Any, source: str) -> list[Card]:
    """Return the cards of a parsed JSON list or ``{"cards": […]}``.

    Raises `CliError` with ``source`` and the number of the first entry that is no card.
    """
    if isinstance(listed, dict):
        listed = listed.get("cards")
    if not isinstance(listed, list):
        raise CliError(f"{source} is not a list of cards: write [{EXAMPLE_ENTRY}, …].")
    for number, entry in enumerate(listed, 1):
        if fault := _fault(entry):
            raise CliError(f"{source}: entry {number} {fault}")
    return listed


def _fault(entry: Any) -> str:
    """Return what is wrong with an entry of a list, and what to write; "" for a card."""
    if not isinstance(entry, dict):
        return f"is not a card: write {EXAMPLE_ENTRY}."
    for key in ("id", "kind", "name"):
        if key not in entry:
            return f'has no "{key}": write {EXAMPLE_ENTRY}.'
        if not isinstance(entry[key], str):
            return f'has a "{key}" that is no text: write {EXAMPLE_ENTRY}.'
    if entry["kind"] not in CARD_KINDS:
        return f"has the unknown kind {entry['kind']!r}: write one of {', '.join(CARD_KINDS)}."
    for key, (expected, is_good) in FIELDS.items():
        if entry.get(key) is not None and not is_good(entry[key]):
            return f'has a "{key}" that is not {expected}.'
    return ""


@cache
def jupyterlab_cards() -> tuple[Card, ...]:
    """Return the cards of a new JupyterLab with the kernel ``python3``: docs/reference/cli.md."""
    text = files(__package__).joinpath("jupyterlab_cards.json").read_text(encoding="utf-8")
    return tuple(json.loads(text))


Target = tuple[str, str | None, str]
"""Kind, owner and name of what a card opens."""


def target(card: Card) -> Target:
    """Return what identifies the thing that a card opens. Several cards may open the same."""
    kind, name = card["kind"], card["name"]
    if kind == "server":
        owner = card.get("owner")
        if not owner:
            owner, _, name = name.partition("/")
        return kind, owner, name.removeprefix(f"{owner}/")
    if kind == "command":
        return kind, None, card.get("command") or name
    return kind, None, normalize_kernel_name(name) if kind == "kernel" else name


def launcher_cards(card: Card) -> list[Card]:
    """Return the cards that the launcher makes for a card that may lack its category.

    A kernel has one in each of `KERNEL_CATEGORIES`. Rules by category match cards: a card without
    its category would be decided otherwise than in the launcher and in the server.
    """
    if card.get("category"):
        return [card]
    if card["kind"] == "kernel":
        return [
            {**card, "category": category, "command": card.get("command") or command}
            for category, command in KERNEL_CATEGORIES.items()
        ]
    if card["kind"] in DEFAULT_CATEGORIES:
        return [{**card, "category": DEFAULT_CATEGORIES[card["kind"]]}]
    return [card]


def resolve_card(card: Card, known: Iterable[Card]) -> list[Card]:
    """Return the launcher's cards for ``card``: those of ``known`` that open the same, if any.

    ``known`` cards have what rules match beside the name: category, title, language, arguments.
    """
    same = [other for other in known if target(other) == target(card)]
    return same or launcher_cards(card)


def merge_cards(sources: Iterable[Iterable[Card]]) -> list[Card]:
    """Return the cards of all sources; what a source has replaces the same in later sources."""
    merged: list[Card] = []
    opened: set[Target] = set()
    for source in sources:
        cards = [card for card in source if target(card) not in opened]
        opened |= {target(card) for card in cards}
        merged += [made for card in cards for made in launcher_cards(card)]
    return merged
