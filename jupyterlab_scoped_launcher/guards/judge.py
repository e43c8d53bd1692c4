"""Asks the engine whether a visitor may use a card; the guards ask here, and only here."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tornado import web

from ..audit import Audit
from ..cards import Card, ask
from ..facts import FactsError, Reading
from ..handlers import as_context

if TYPE_CHECKING:
    from jupyter_server.base.handlers import JupyterHandler

    from .._core import Policy
    from ..extension import ScopedLauncher
    from .kernels import Kernelspecs

READING = "_scoped_launcher_reading"
"""Where a request keeps the facts it was authorized with, for the hooks that cannot wait: a
`Reading`, or the `FactsError` that says why there is none, and when that was."""


@dataclass(frozen=True)
class Verdict:
    """The engine's decision on one card for one visitor (empty ``user``: not known)."""

    card: Card
    allowed: bool
    rule: str | None = None
    reason: str = "default"
    user: str = ""
    stale: bool = False


class Judge:
    """Decides for the visitor of a request.

    Without a policy everything is allowed. While the visitor's facts are unknown, what a rule
    governs is refused; with a policy that has never been good, everything is, unless ``on_invalid``
    says otherwise.
    """

    kernelspecs: Kernelspecs

    def __init__(self, launcher: ScopedLauncher) -> None:
        self._launcher = launcher
        self._kernels_of: Policy | None = None
        self._kernels: dict[str, str] = {}
        self.audit = Audit(launcher)

    @property
    def refresh_s(self) -> float:
        """How old facts may get before they are read again, in seconds."""
        policies = self._launcher.policies
        return policies.refresh_s(policies.current().policy)

    @property
    def policy_kernels(self) -> dict[str, str]:
        """The policy's ``kernels``: where each kernel, by lower-case name, has its search path."""
        policy = self._launcher.policies.current().policy
        if policy is not self._kernels_of:
            kernels = json.loads(policy.kernels()) if policy is not None else {}
            self._kernels = {name.lower(): path for name, path in kernels.items()}
            self._kernels_of = policy
        return self._kernels

    async def learn(self, handler: JupyterHandler, max_age_s: float = 0.0) -> None:
        """Read the visitor's facts, at most ``max_age_s`` old, and keep them with the request.

        Facts that cannot be had are kept as unknown: `decide` then refuses what is governed.
        """
        if self._launcher.policies.current().policy is None:
            return
        await self.kernelspecs.learn()
        known: Reading | FactsError
        try:
            known = await self._launcher.read_facts(handler, max_age_s)
        except FactsError as failure:
            known = failure
        setattr(handler, READING, (known, time.monotonic()))

    def decide(self, handler: JupyterHandler | None, cards: Sequence[Card]) -> list[Verdict]:
        """Decide ``cards`` for the visitor who makes the request of ``handler``, without waiting.

        None: outside any request. That is nobody in particular, so what is governed is refused.
        """
        state = self._launcher.policies.current()
        if state.policy is None:
            allowed = state.state == "missing" or self._launcher.on_invalid == "show"
            return [
                Verdict(card, allowed, reason="default" if allowed else "error") for card in cards
            ]
        reading = self._known(handler)
        if not isinstance(reading, Reading):
            return [
                # Without a Hub the engine says of each card whether any rule governs it.
                Verdict(
                    card, decision["visible"] and decision["reason"] == "default", reason="error"
                )
                for card, decision in self._ask(state.policy.decide, {"hub": False}, cards)
            ]
        return [
            Verdict(
                card,
                decision["visible"],
                decision["rule"],
                decision["reason"],
                reading.facts.user,
                reading.stale,
            )
            for card, decision in self._ask(state.policy.decide, as_context(reading), cards)
        ]

    async def require(
        self, handler: JupyterHandler, cards: Sequence[Card], action: str, max_age_s: float = 0.0
    ) -> None:
        """Raise a 403 with the reason unless the visitor may use all ``cards``.

        Facts up to ``max_age_s`` old do for a yes. A no is decided on fresh ones, so that a visitor
        who was added is let in at once.
        """
        await self.learn(handler, max_age_s)
        if max_age_s and not all(verdict.allowed for verdict in self.decide(handler, cards)):
            await self.learn(handler)
        for card in cards:
            self.require_known(handler, card, action)

    def require_known(self, handler: JupyterHandler, card: Card, action: str) -> None:
        """Raise that 403 by the facts at hand."""
        (verdict,) = self.decide(handler, [card])
        self.audit.decided(verdict, action)
        if not verdict.allowed:
            sentence = self.sentence(handler, card)
            raise web.HTTPError(
                403, f"You may not use the {card.kind} {card.name!r} on this server. {sentence}"
            )

    def sentence(self, handler: JupyterHandler, card: Card) -> str:
        """Return the engine's sentence on why the visitor may not use ``card``."""
        policy = self._launcher.policies.current().policy
        if policy is None:
            return "Its launcher policy cannot be used; the server's log says why."
        reading = self._known(handler)
        if not isinstance(reading, Reading):
            why = reading or "Try again, or reload the page."
            return f"What you may use is not known just now. {why}"
        ((_, explained),) = self._ask(policy.explain, as_context(reading), [card])
        return str(explained.get("sentence") or "")

    def is_owner(self, handler: JupyterHandler) -> bool:
        """Say whether the visitor is known to own this server."""
        reading = self._known(handler)
        if not isinstance(reading, Reading):
            return False
        context = as_context(reading)
        return bool(context["user"] == context["server"]["owner"])

    def _known(self, handler: JupyterHandler | None) -> Reading | FactsError | None:
        """Return the facts the request was authorized with, or else those known of its visitor.

        A `FactsError` or None: they are not known, and what is governed is refused.
        """
        if handler is None:
            return None
        known: Reading | FactsError | None
        known, at = getattr(handler, READING, (None, float("-inf")))
        if time.monotonic() - at <= self.refresh_s:
            return known
        return self._launcher.known_facts(handler, self.refresh_s)

    def _ask(
        self, question: Callable[..., str], context: dict[str, Any], cards: Sequence[Card]
    ) -> list[tuple[Card, dict[str, Any]]]:
        """Return what ``Policy.decide`` or ``Policy.explain`` answers for each card."""
        return ask(
            lambda asked: question(json.dumps(context), asked, self.kernelspecs.as_json()), cards
        )
