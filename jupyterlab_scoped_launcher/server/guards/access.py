"""Refuses the use of cards that a visitor may not use, and records what was decided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..refusals import refused

if TYPE_CHECKING:
    from jupyter_server.base.handlers import JupyterHandler

    from ...cards import Card
    from ..audit import Audit
    from ..decisions import Decision, PolicyDecider
    from ..refusals import Refusal


class AccessChecker:
    """Applies the decisions of ``decider``, and records them with ``audit``."""

    def __init__(self, decider: PolicyDecider, audit: Audit) -> None:
        self.decider = decider
        self._audit = audit

    async def require(
        self, handler: JupyterHandler, cards: Sequence[Card], action: str, max_age_s: float = 0.0
    ) -> None:
        """Raise a 403 with the reason unless the visitor may use all ``cards``.

        A context up to ``max_age_s`` old may allow. Before a denial the Hub is asked, so that a
        visitor who was added to a group is allowed at once.
        """
        for decision in await self.decide(handler, cards, max_age_s):
            self._enforce(handler, decision, action)

    async def decide(
        self, handler: JupyterHandler, cards: Sequence[Card], max_age_s: float = 0.0
    ) -> list[Decision]:
        """Return the decisions on ``cards``, as `require` applies them."""
        await self.decider.load_context(handler, max_age_s)
        decisions = self.decider.decide(handler, cards)
        if not all(made.allowed for made in decisions):
            await self.decider.load_context(handler, ask_hub=True)
            decisions = self.decider.decide(handler, cards)
        return decisions

    def require_now(self, handler: JupyterHandler, card: Card, action: str) -> None:
        """Raise that 403 where nothing can be awaited."""
        (decision,) = self.decider.decide(handler, [card])
        if not decision.allowed:
            self.decider.reload_context(handler)
            (decision,) = self.decider.decide(handler, [card])
        self._enforce(handler, decision, action)

    def _enforce(self, handler: JupyterHandler, decision: Decision, action: str) -> None:
        """Record the decision; raise the 403 if it denies."""
        self._audit.record(decision, action)
        if not decision.allowed:
            raise refused(handler, self.decider.refusal(handler, decision))

    async def reason_to_end(self, handler: JupyterHandler, cards: Sequence[Card]) -> Refusal | None:
        """Return None if the visitor may use all ``cards`` by a context that is read again.

        Otherwise return what the visitor is told.
        """
        await self.decider.load_context(handler)
        denied = [made for made in self.decider.decide(handler, cards) if not made.allowed]
        for decision in denied:
            self._audit.record(decision, "keep")
        return self.decider.refusal(handler, denied[0]) if denied else None
