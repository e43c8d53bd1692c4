"""The groups that the policy's rules and cards let visitors ask for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..._core import Policy

MATCH_KINDS = ("kernel", "proxy", "service", "server", "command", "link", "title", "category")
"""The keys of a rule's ``match`` that name cards."""


@dataclass
class Offer:
    """A group that visitors may ask to join.

    ``cards`` are what the rules with this ``request`` hide, as the policy names it. ``contacts``
    are those of these rules. ``needs_reason``: one of the rules asks for a reason.
    """

    group: str
    cards: list[str] = field(default_factory=list)
    contacts: list[str] = field(default_factory=list)
    needs_reason: bool = False

    def _add(self, holder: dict[str, Any], cards: list[str]) -> None:
        self.cards += [card for card in cards if card not in self.cards]
        contact = holder.get("contact")
        if contact and contact not in self.contacts:
            self.contacts.append(contact)
        self.needs_reason |= holder["request"].get("reason") == "required"


def offers(policy: Policy) -> dict[str, Offer]:
    """Return what the policy lets visitors ask for, by the name of the group."""
    document: dict[str, Any] = json.loads(policy.document())
    titles = {
        card["service"]: _text(card["title"])
        for card in document.get("cards", [])
        if card.get("service") and card.get("title")
    }
    found: dict[str, Offer] = {}
    for rule in document.get("rules", []):
        if "request" in rule:
            group = rule["request"]["group"]
            found.setdefault(group, Offer(group))._add(rule, list(_names(rule["match"], titles)))
    for card in document.get("cards", []):
        if "request" in card:
            group = card["request"]["group"]
            title = _text(card["title"]) if card.get("title") else card["id"]
            found.setdefault(group, Offer(group))._add(card, [title])
    return found


def _names(match: Any, titles: dict[str, str]) -> Iterator[str]:
    """Return the cards that a ``match`` names; a Hub service by the title of its card."""
    for part in match if isinstance(match, list) else [match]:
        for kind in MATCH_KINDS:
            named = part.get(kind, [])
            selected = named.get("include", []) if isinstance(named, dict) else named
            for name in [selected] if isinstance(selected, str) else selected:
                yield titles.get(name, name) if kind == "service" else name


def _text(text: str | dict[str, str]) -> str:
    """Return the English text, or the first one where there is none."""
    if isinstance(text, str):
        return text
    return text.get("en") or next(iter(text.values()))
