"""The cards that commands decide on, and the rules that none of them meets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .._core import Policy
from .cards import (
    Card,
    Target,
    jupyterlab_cards,
    merge_cards,
    parse_card,
    read_cards,
    resolve_card,
    target,
)
from .contexts import Context
from .errors import CliError
from .matching import matching_rules
from .server_cards import read_server_cards

CardIdentity = tuple[Target, str]


@dataclass(frozen=True)
class CardOptions:
    """What the options ``--card``, ``--cards``, ``--url`` and ``--kernel`` say.

    ``asked`` are the cards of ``--card``: only these are decided on. ``listed`` are those of
    ``--cards`` and ``--url``. Without ``kernels``, the kernels of all known cards are installed.
    """

    asked: list[Card] = field(default_factory=list)
    listed: list[Card] = field(default_factory=list)
    kernels: tuple[str, ...] = ()


def card_options(
    *,
    cards: Iterable[str] = (),
    cards_file: str | None = None,
    server_url: str | None = None,
    kernels: tuple[str, ...] = (),
) -> CardOptions:
    """Return what the options say; reads the file of ``--cards`` and the server of ``--url``."""
    asked = [parse_card(text) for text in cards]
    listed = read_cards(cards_file) if cards_file else []
    if server_url:
        listed = merge_cards([read_server_cards(server_url), listed])
    return CardOptions(asked, listed, kernels)


@dataclass(frozen=True)
class TriedCards:
    """The cards to decide on for one visitor, and the kernelspecs that exist, for the engine."""

    cards: list[Card]
    kernelspecs: list[Any]


def tried_cards(policies: Iterable[Policy], context: Context, options: CardOptions) -> TriedCards:
    """Return the cards to decide on for this visitor.

    Known are the cards that the policies add for the visitor, those of ``--cards`` and ``--url``,
    those of every JupyterLab, and those that the policies name without a glob. The first of these
    that has a card for something has it from there. JupyterLab's come last in the result. With
    ``--card``, only the asked ones are tried.
    """
    policies = list(policies)
    page_cards = jupyterlab_cards()
    known = merge_cards(
        [
            _added_by_any(policies, context),
            options.listed,
            page_cards,
            *(json.loads(policy.named_cards()) for policy in policies),
        ]
    )
    on_every_page = {target(card) for card in page_cards}
    cards = known = sorted(known, key=lambda card: target(card) in on_every_page)
    if options.asked:
        cards = [card for asked in options.asked for card in resolve_card(asked, known)]
    kernelspecs: list[Any] = list(options.kernels)
    return TriedCards(cards, kernelspecs or kernelspecs_of([*known, *cards]))


def _added_by_any(policies: Iterable[Policy], context: Context) -> list[Card]:
    added: dict[CardIdentity, Card] = {}
    for policy in policies:
        for key, card in added_cards(policy, context).items():
            added.setdefault(key, card)
    return list(added.values())


def added_cards(policy: Policy, context: Context) -> dict[CardIdentity, Card]:
    """Return the cards that the policy adds for this visitor. Raises `CliError`."""
    try:
        cards: list[Card] = json.loads(policy.cards(json.dumps(context)))
    except ValueError as error:
        raise CliError(str(error)) from None
    return {identity(card): card for card in cards}


def identity(card: Card) -> CardIdentity:
    """Return what a policy's card has in common with the same card of another policy."""
    return target(card), card["id"]


def kernelspecs_of(cards: Iterable[Card]) -> list[Any]:
    """Return a kernelspec for each kernel that has a card, as the engine reads them."""
    kernelspecs: dict[str, Any] = {}
    for card in cards:
        if card["kind"] == "kernel" and card["name"] not in kernelspecs:
            kernelspecs[card["name"]] = {
                "name": card["name"],
                "tags": card.get("tags") or [],
                "display_name": card.get("title"),
                "language": card.get("language"),
            }
    return list(kernelspecs.values())


class RuleCoverage:
    """Collects which rules of a policy met a tried card, over several visitors."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._met: set[str] = set()
        self._last: TriedCards | None = None

    def add(self, tried: TriedCards) -> None:
        """Add the rules that match these cards. Most visitors have the same cards as the last."""
        if tried != self._last:
            self._last = tried
            for rules in matching_rules(self._policy, tried.cards, tried.kernelspecs):
                self._met.update(rules)

    def unmet(self) -> list[str]:
        """Return the ids of the rules that met no card, in the order of the policy."""
        return [rule for rule in self._policy.rule_ids() if rule not in self._met]


def unmet_rules_lines(rules: list[str], policy_name: str = "") -> Iterator[str]:
    """Format the rules of a policy that met no tried card; nothing if there are none."""
    if rules:
        yield f"Rules{policy_name and f' of {policy_name}'} that no tried card meets:"
        yield from (f"  {rule}" for rule in rules)


def try_more_line(*unmet: list[str]) -> Iterator[str]:
    """Say how to try more cards if a policy has rules that met none."""
    if any(unmet):
        yield "Try more cards: --card KIND:NAME, --cards FILE, or --url URL of a running server."
