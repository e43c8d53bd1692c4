"""The cards of this server: its kernels, its proxied services, and the policy's own."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..cards import KERNEL_CATEGORIES
from ..context import ContextSnapshot
from .services import Services, server_context

if TYPE_CHECKING:
    from .._core import Policy
    from .kernelspecs import KernelspecInventory
    from .proxy_entries import ProxyEntries

ANSWERED_KEYS = (
    *("id", "kind", "name", "owner", "title", "category", "tags", "language", "args"),
    "policy_card",
)

CardModel = dict[str, Any]
"""A card as the batch contract writes it; one of the policy's own has more keys."""

KINDS_OF_THE_SERVER = {"kernel", "proxy", "service", "link"}
"""Kinds whose cards this server knows without a visitor. The others are known to the page
(``command``), to the Hub (``profile``), or depend on the visitor (``server``)."""


class ServerCards:
    """Knows the cards that this server can list, and which of them a visitor may see.

    What other extensions add to the launcher in the page is not known here.
    """

    def __init__(
        self, services: Services, inventory: KernelspecInventory, entries: ProxyEntries
    ) -> None:
        self._services = services
        self._inventory = inventory
        self._entries = entries
        self._reported_etag: str | None = None

    async def listed_for(self, snapshot: ContextSnapshot) -> list[CardModel]:
        """Return the cards that the visitor sees, each with `ANSWERED_KEYS`.

        Hidden cards are among them for visitors for whom the policy's ``list_hidden`` or
        ``preview`` holds. A kernel has a card in each of the launcher's categories for kernels.
        """
        await self._inventory.refresh()
        state = self._services.policies.current()
        if state.policy is None:
            cards = [] if self._services.is_governing(state) else self._models()
            return [_answered(card) for card in cards]
        context = json.dumps(server_context(snapshot))
        cards = self._models(state.policy, context)
        if not (state.policy.lists_hidden(context) or state.policy.allows_preview(context)):
            answer = state.policy.decide(context, json.dumps(cards), self._inventory.as_json())
            decisions = json.loads(answer)["decisions"]
            cards = [
                card for card, decision in zip(cards, decisions, strict=True) if decision["visible"]
            ]
        return [_answered(card) for card in cards]

    async def report_unmatched_rules(self, snapshot: ContextSnapshot) -> None:
        """Log once for each version of the policy which rules match no card of this server.

        ``snapshot`` is any visitor's. Raises nothing: this is only information.
        """
        policy = self._services.policies.current().policy
        if policy is None or self._reported_etag == policy.etag:
            return
        self._reported_etag = policy.etag
        try:
            await self._inventory.refresh()
            context = json.dumps(server_context(snapshot))
            cards = self._models(policy, context)
            unmatched = unmatched_rules(policy, cards, self._inventory.as_json())
        except Exception:
            self._services.log.exception("scoped-launcher: the rules could not be checked")
            return
        if unmatched:
            self._services.log.info(
                "scoped-launcher: these rules match no kernel, proxied service or policy's own"
                " card that this server has: %s. Rules about other cards only (commands, servers,"
                " profiles) are not checked, because this server does not know these cards.",
                ", ".join(unmatched),
            )

    def models(self, context: dict[str, Any], language: str) -> list[CardModel]:
        """Return the cards of this server and the policy's own for a visitor, also hidden ones.

        The policy's own have their texts in ``language``. Refresh the inventory first.
        """
        policy = self._services.policies.current().policy
        return self._models(policy, json.dumps(context), language)

    def _models(
        self, policy: Policy | None = None, context: str = "", language: str = ""
    ) -> list[CardModel]:
        """Return the cards of this server, and those that ``policy`` adds in ``context`` (JSON)."""
        kernels = [
            replace(card, category=category)
            for card in self._inventory.cards()
            for category in KERNEL_CATEGORIES
        ]
        models = [card.model() for card in (*kernels, *self._entries.cards())]
        if policy is None:
            return models
        return [*models, *json.loads(policy.cards(context, language))]


def unmatched_rules(policy: Policy, cards: list[CardModel], kernelspecs: str) -> list[str]:
    """Return the ids of the rules that are about cards of a server and match none of ``cards``.

    Rules that a card of the policy carries are left out: each is about its own card.
    """
    matched = {rule for rules in policy.rules_of(json.dumps(cards), kernelspecs) for rule in rules}
    rules = json.loads(policy.document()).get("rules", [])
    return [
        rule_id
        for rule_id, rule in zip(policy.rule_ids(), rules, strict=False)  # those of cards are last
        if rule_id not in matched and any(map(_may_match_here, _matchers(rule)))
    ]


def _matchers(rule: CardModel) -> list[dict[str, Any]]:
    match = rule.get("match") or {}
    return match if isinstance(match, list) else [match]


def _may_match_here(matcher: dict[str, Any]) -> bool:
    """Return whether the matcher is about a kind that this server knows, or about every kind."""
    from .._core import CARD_KINDS

    kinds = matcher.keys() & {*CARD_KINDS}
    return not kinds or bool(kinds & KINDS_OF_THE_SERVER)


def _answered(card: CardModel) -> CardModel:
    return {**{key: card.get(key) for key in ANSWERED_KEYS}, "tags": card.get("tags") or []}
