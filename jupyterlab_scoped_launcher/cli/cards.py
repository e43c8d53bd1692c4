"""The cards that commands decide on."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import click

from .._core import CARD_KINDS, Policy
from .contexts import Context
from .errors import CliError
from .files import read_json

Card = dict[str, Any]


def parse_card(text: str) -> Card:
    """Return the card of ``KIND:NAME``; a server's name is ``OWNER/NAME``."""
    kind, colon, name = text.partition(":")
    if kind not in CARD_KINDS or not colon:
        hint = f"Write KIND:NAME, where KIND is one of {', '.join(CARD_KINDS)}."
        raise click.BadParameter(f"{text!r} is not a card. {hint}", param_hint="--card")
    card: Card = {"id": text, "kind": kind, "name": name}
    if kind == "server":
        card["owner"], _, card["name"] = name.partition("/")
    elif kind == "command":
        card["command"] = name
    return card


def cards_from_options(texts: Iterable[str], cards_file: str | None) -> list[Card] | None:
    """Return the cards of ``--card`` and ``--cards``; None if there are none."""
    cards = [parse_card(text) for text in texts]
    if cards_file:
        listed = read_json(cards_file)
        if not isinstance(listed, list):
            raise CliError(f"{cards_file} is not a list of cards.")
        cards += listed
    return cards or None


def cards_of_policy(policy: Policy, context: Context) -> list[Card]:
    """Return the cards that the policy names exactly, and those that it adds for this visitor.

    A card that the policy adds replaces the named card that opens the same.
    """
    added: list[Card] = json.loads(policy.cards(json.dumps(context)))
    named: list[Card] = json.loads(policy.named_cards())
    opened = {_target(card) for card in added}
    return [card for card in named if _target(card) not in opened] + added


def _target(card: Card) -> tuple[str, str | None, str]:
    """Return what identifies the thing that the card opens."""
    return card["kind"], card.get("owner"), card["name"]
