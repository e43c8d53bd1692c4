"""The launcher of one visitor: which cards it has, by category, and which of them are visible."""

from __future__ import annotations

from typing import NamedTuple

from .._core import Policy
from .cards import Card
from .contexts import Context
from .decide import decide_cards

KIND_CATEGORIES = {
    "kernel": "Kernels",
    "proxy": "Proxied services",
    "service": "Hub services",
    "server": "Servers",
    "command": "Commands",
}
"""The category of a card that has none, by the card's kind."""


class LauncherCard(NamedTuple):
    """A card as one visitor's launcher has it."""

    category: str
    visible: bool


Launcher = dict[str, LauncherCard]
"""The cards by their ids."""


def launcher_for(
    policy: Policy,
    context: Context,
    cards: list[Card],
    kernels: tuple[str, ...] = (),
    now: str | None = None,
) -> Launcher:
    """Decide on the cards for one visitor."""
    by_id = {card["id"]: card for card in cards if isinstance(card, dict) and "id" in card}
    decisions = decide_cards(policy, context, list(by_id.values()), kernels, now)
    return {
        decision["id"]: LauncherCard(
            card.get("category") or KIND_CATEGORIES.get(card["kind"], "Other"), decision["visible"]
        )
        for card, decision in zip(by_id.values(), decisions, strict=True)
    }
