"""The launcher of one visitor: its cards, and which of them are visible."""

from __future__ import annotations

from typing import NamedTuple

from .._core import Policy
from .cards import Card
from .contexts import Context
from .decide import decide_cards
from .tried_cards import TriedCards

KIND_CATEGORIES = {"service": "Hub services", "server": "Servers", "profile": "Profiles"}
"""The category of a card that has none, by the card's kind; "Other" for the rest."""


class CardKey(NamedTuple):
    """What tells the cards of a launcher apart in output.

    ``number`` counts cards with the same category, id and title.
    """

    category: str
    card_id: str
    title: str
    number: int


Launcher = dict[CardKey, bool]
"""Whether each card is visible."""


def launcher_for(
    policy: Policy, context: Context, tried: TriedCards, now: str | None = None
) -> Launcher:
    """Decide on the cards for one visitor."""
    decisions = decide_cards(policy, context, tried, now)
    launcher: Launcher = {}
    for card, decision in zip(tried.cards, decisions, strict=True):
        launcher[_free_key(card, launcher)] = decision["visible"]
    return launcher


def _free_key(card: Card, taken: Launcher) -> CardKey:
    """Return the first key for this card that is not taken."""
    category = card.get("category") or KIND_CATEGORIES.get(card["kind"], "Other")
    number = 0
    while (key := CardKey(category, card["id"], card.get("title") or "", number)) in taken:
        number += 1
    return key
