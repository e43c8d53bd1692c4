"""Refuses the use of cards that a visitor may not use, and records what was decided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tornado import web

if TYPE_CHECKING:
    from jupyter_server.base.handlers import JupyterHandler

    from ...cards import Card
    from ..audit import Audit
    from ..decisions import PolicyDecider


class AccessDenied(web.HTTPError):
    """A 403 with a sentence for the visitor.

    Tornado doubles each ``%`` of ``HTTPError.log_message``, because some pages format it. Jupyter
    Server formats it in pages and writes it as it is in JSON: both get the sentence as it is.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(403, sentence)
        self._sentence = sentence

    @property
    def log_message(self) -> str:  # type: ignore[override,unused-ignore]
        """The sentence, also when it is formatted."""
        return _Unformatted(self._sentence)


class _Unformatted(str):
    def __mod__(self, _values: object) -> str:
        return str(self)


class AccessChecker:
    """Applies the decisions of ``decider``, and records them with ``audit``."""

    def __init__(self, decider: PolicyDecider, audit: Audit) -> None:
        self.decider = decider
        self._audit = audit

    async def require(
        self, handler: JupyterHandler, cards: Sequence[Card], action: str, max_age_s: float = 0.0
    ) -> None:
        """Raise a 403 with the reason unless the visitor may use all ``cards``.

        A context up to ``max_age_s`` old may allow. Before a denial it is read again, so that a
        visitor who was added to a group is allowed at once.
        """
        await self.decider.load_context(handler, max_age_s)
        if max_age_s and not all(made.allowed for made in self.decider.decide(handler, cards)):
            await self.decider.load_context(handler)
        for card in cards:
            self.require_cached(handler, card, action)

    def require_cached(self, handler: JupyterHandler, card: Card, action: str) -> None:
        """Raise that 403 by the context that is known already."""
        (decision,) = self.decider.decide(handler, [card])
        self._audit.record(decision, action)
        if not decision.allowed:
            explanation = self.decider.explanation(handler, card)
            raise AccessDenied(
                f"You may not use the {card.kind} {card.name!r} on this server. {explanation}"
            )

    async def still_allowed(self, handler: JupyterHandler, cards: Sequence[Card]) -> bool:
        """Return whether the visitor may use all ``cards`` by a context that is read again."""
        await self.decider.load_context(handler)
        denied = [made for made in self.decider.decide(handler, cards) if not made.allowed]
        for decision in denied:
            self._audit.record(decision, "keep")
        return not denied
