"""Names for cards in output: several cards of the launcher can have the same id."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable
from typing import NamedTuple

from .cards import Card


class LabelledCards(NamedTuple):
    """Cards with one id that are alike, by their indices, and the label that names them."""

    label: str
    indices: list[int]


def label_alike(cards: list[Card], outcome: Callable[[int], Hashable]) -> list[LabelledCards]:
    """Put together the cards that have the same id and the same outcome, in card order.

    ``outcome`` takes a card's index. The label is the id; where cards with this id have other
    outcomes, what tells them apart follows in brackets: their categories, titles or arguments.
    """
    by_id: dict[str, dict[Hashable, list[int]]] = {}
    for index, card in enumerate(cards):
        by_id.setdefault(card["id"], {}).setdefault(outcome(index), []).append(index)
    labelled = []
    for card_id, groups in by_id.items():
        details = _distinguishing([[cards[index] for index in group] for group in groups.values()])
        for group, detail in zip(groups.values(), details, strict=True):
            labelled.append(LabelledCards(f"{card_id} ({detail})" if detail else card_id, group))
    return sorted(labelled, key=lambda entry: entry.indices[0])


def _distinguishing(groups: list[list[Card]]) -> list[str]:
    """Return for each group what no other group has; empty text if there is but one group."""
    if len(groups) == 1:
        return [""]
    for key in ("category", "title", "args"):
        found = [{_as_text(card.get(key)) for card in group} for group in groups]
        if sum(map(len, found)) == len(set().union(*found)):
            return [", ".join(sorted(values)) for values in found]
    return [str(number) for number in range(1, len(groups) + 1)]


def _as_text(value: object) -> str:
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
