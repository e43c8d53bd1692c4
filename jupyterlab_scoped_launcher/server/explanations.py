"""Why a visitor sees cards or not: the answers of the routes ``access`` and ``explain``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..translations import Translation
from .decisions import NO_POLICY
from .kernelspecs import normalized
from .server_cards import CardModel, ServerCards
from .services import Services

if TYPE_CHECKING:
    from .kernelspecs import KernelspecInventory

EXPLAINED_KEYS = (
    *("visible", "locked", "listed", "rule", "reason"),
    *("explanation", "sentence", "message", "contact", "request"),
)
"""What is answered of the engine's explanation of a card."""

CARD_KEYS = (
    *("id", "kind", "name", "owner", "category", "command", "title"),
    *("policy_title", "tags", "language", "args", "policy_card"),
)
"""What is answered of a card."""

LOOK_KEYS = ("icon", "description", "rank", "open_in", "file")
"""What is answered of how one of the policy's own cards looks in a launcher."""

Context = dict[str, Any]
"""A context's JSON object, as `services.server_context` makes it."""


class Explanations:
    """Explains cards with the engine: those of a page, and those that the server knows."""

    def __init__(
        self, services: Services, server_cards: ServerCards, inventory: KernelspecInventory
    ) -> None:
        self._services = services
        self._server_cards = server_cards
        self._inventory = inventory

    async def explain(
        self, context: Context, cards: list[CardModel], translation: Translation
    ) -> list[dict[str, Any]]:
        """Return the explanation of each card: its ``id`` and `EXPLAINED_KEYS`.

        Raises ValueError for cards that are not as the batch contract says.
        """
        await self._inventory.refresh()
        state = self._services.policies.current()
        if state.policy is None:
            return self._without_policy(cards, translation)
        answer = state.policy.may_use(
            json.dumps(context),
            json.dumps(cards),
            self._inventory.as_json(),
            explain=True,
            texts=translation.explanation_texts(),
            language=translation.language,
        )
        return [
            {"id": made["id"], **{key: made[key] for key in EXPLAINED_KEYS}}
            for made in json.loads(answer)["decisions"]
        ]

    async def access(
        self,
        context: Context,
        page_cards: list[CardModel],
        translation: Translation,
        *,
        lists_all: bool = False,
    ) -> list[dict[str, Any]]:
        """Return the cards of a page and of the server, each with its explanation.

        A hidden card is among them only if the policy lets the visitor know of it, or with
        ``lists_all``. Each has `CARD_KEYS`, `EXPLAINED_KEYS` and `LOOK_KEYS`, and ``in_page``:
        whether it is one of ``page_cards``.
        Raises ValueError for cards that are not as the batch contract says.
        """
        await self._inventory.refresh()
        in_page = {_target(card) for card in page_cards}
        known = self._server_cards.models(context, translation.language)
        # The page has a card of its own for what it shows.
        others = [card for card in known if _target(card) not in in_page]
        cards = [*page_cards, *others]
        explained = await self.explain(context, cards, translation)
        return [
            {
                **{key: card.get(key) for key in CARD_KEYS},
                **explanation,
                "tags": card.get("tags") or [],
                **{key: card.get(key) for key in LOOK_KEYS},
                "in_page": number < len(page_cards),
            }
            for number, (card, explanation) in enumerate(zip(cards, explained, strict=True))
            if lists_all or explanation["listed"]
        ]

    def _without_policy(
        self, cards: Iterable[CardModel], translation: Translation
    ) -> list[dict[str, Any]]:
        """Return the explanations where no policy is in use: everything is shown, or nothing."""
        visible = not self._services.is_governing(self._services.policies.current())
        text = translation.text(
            NO_POLICY if visible else "Hidden: the launcher policy of this server has an error."
        )
        nothing = {"rule": None, "message": None, "contact": None, "request": None}
        return [
            {
                **nothing,
                "id": card.get("id"),
                "visible": visible,
                "locked": False,
                "listed": True,
                "reason": "default" if visible else "error",
                "explanation": text,
                "sentence": text,
            }
            for card in cards
        ]


def _target(card: CardModel) -> tuple[Any, ...]:
    """Return what tells the card of a page from those that the server knows.

    A kernel has a card in each of the launcher's sections for kernels.
    """
    name, category = str(card.get("name") or ""), None
    if card.get("kind") == "kernel":
        name, category = normalized(name), card.get("category")
    return card.get("kind"), card.get("owner"), name, category
