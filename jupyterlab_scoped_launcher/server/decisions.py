"""Asks the engine whether a visitor may use a card. The guards ask only here."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..cards import Card, is_text
from ..context import AccessRevoked, ContextError, ContextSnapshot
from ..translations import Translation
from .languages import request_translation
from .refusals import Refusal
from .services import Services, server_context

if TYPE_CHECKING:
    from jupyter_server.base.handlers import JupyterHandler

    from .._core import Policy
    from .kernelspecs import KernelspecInventory

UNUSABLE_POLICY = "The launcher policy cannot be used. The server's log says why."
NO_POLICY = "Shown: there is no launcher policy."
UNKNOWN_VISITOR = "Your permissions cannot be checked right now."
TRY_AGAIN = "Try again, or reload the page."

REQUEST_ATTRIBUTE = "_scoped_launcher_context"
"""Where a handler keeps the context that was loaded for its request: a `ContextSnapshot`, or the
`ContextError` that says why there is none, and the time when it was read."""


@dataclass(frozen=True)
class Decision:
    """The engine's decision on one card for one visitor.

    ``user`` or ``service`` is the visitor's name; both are empty for an unknown visitor.
    """

    card: Card
    allowed: bool
    rule: str | None = None
    reason: str = "default"
    user: str = ""
    stale: bool = False
    service: str = ""


class PolicyDecider:
    """Decides for the visitor who sends a request.

    The visitor's context is needed before kernels are listed or started, and kernelspec managers
    cannot await it. So it is loaded before each request of a handler that has needed it in such a
    place once (`prepare`). The first time, and in requests that take longer than ``refresh``, the
    whole server waits for the Hub.

    Without a policy everything is allowed. A visitor who may not use the server any more may use
    nothing. While the visitor's context is unknown, every governed
    card is refused. With a policy that has never been good, all cards are refused, unless
    ``on_invalid`` says otherwise.
    """

    def __init__(self, services: Services, inventory: KernelspecInventory) -> None:
        self._services = services
        self._inventory = inventory
        self._handlers_that_decide: set[type[JupyterHandler]] = set()

    @property
    def refresh_s(self) -> float:
        """How old a context may get before it is read again, in seconds."""
        return self._services.policies.refresh_s

    async def prepare(self, handler: JupyterHandler) -> None:
        """Load the visitor's context if requests like this one have needed it.

        Call it before the handler's own code runs.
        """
        if type(handler) in self._handlers_that_decide and handler.current_user:
            await self.load_context(handler, self.refresh_s)

    async def load_context(
        self, handler: JupyterHandler, max_age_s: float = 0.0, *, ask_hub: bool = False
    ) -> None:
        """Load the visitor's context, at most ``max_age_s`` old, and keep it with the request.

        ``ask_hub``: also if the Hub service tells each change.

        If it cannot be loaded, the error is kept: `decide` then refuses every governed card.
        """
        if self._services.policies.current().policy is None:
            return
        await self._inventory.refresh()
        try:
            _keep(handler, await self._services.load_context(handler, max_age_s, ask_hub=ask_hub))
        except ContextError as error:
            _keep(handler, error)

    def reload_context(self, handler: JupyterHandler) -> None:
        """Do what `load_context` does where nothing can be awaited: the whole server waits."""
        try:
            _keep(handler, self._services.load_context_blocking(handler, 0.0, ask_hub=True))
        except ContextError as error:
            _keep(handler, error)

    def decide(self, handler: JupyterHandler | None, cards: Sequence[Card]) -> list[Decision]:
        """Decide ``cards`` for the visitor who sent the request of ``handler``.

        None: outside any request. Then the visitor is unknown, and governed cards are refused.
        """
        state = self._services.policies.current()
        if state.policy is None:
            allowed = not self._services.is_governing(state)
            reason = "default" if allowed else "error"
            return [Decision(card, allowed, reason=reason) for card in cards]
        snapshot = self._context_now(handler)
        if isinstance(snapshot, AccessRevoked):  # also what no rule matches
            return [Decision(card, False, reason="error") for card in cards]
        if not isinstance(snapshot, ContextSnapshot):
            answers = self._may_use(state.policy, None, cards)
            return [
                Decision(card, bool(answer["visible"]), reason="error")
                for card, answer in zip(cards, answers, strict=True)
            ]
        answers = self._may_use(state.policy, snapshot, cards)
        return [
            Decision(
                card,
                answer["visible"],
                answer["rule"],
                answer["reason"],
                snapshot.visitor.user,
                snapshot.stale,
                snapshot.visitor.service,
            )
            for card, answer in zip(cards, answers, strict=True)
        ]

    def refusal(self, handler: JupyterHandler, decision: Decision) -> Refusal:
        """Return what the visitor is told about a denial."""
        texts = request_translation(handler)
        answer = self.explain(handler, decision.card, texts)
        return Refusal(
            decision.card,
            answer.get("explanation") or "",
            message=answer.get("message"),
            contact=answer.get("contact"),
            group=answer.get("request"),
            rule=decision.rule,
            reason=decision.reason,
            user=decision.user,
            translation=texts,
        )

    def explain(self, handler: JupyterHandler, card: Card, texts: Translation) -> dict[str, Any]:
        """Return the engine's explanation of ``card``; only ``explanation`` where it has none."""
        state = self._services.policies.current()
        policy = state.policy
        if policy is None:
            is_refused = self._services.is_governing(state)
            return {"explanation": texts.text(UNUSABLE_POLICY if is_refused else NO_POLICY)}
        snapshot = self._context_now(handler)
        if isinstance(snapshot, AccessRevoked):
            return {"explanation": texts.text(str(snapshot))}
        if not isinstance(snapshot, ContextSnapshot):
            reason = texts.text(str(snapshot) if snapshot else TRY_AGAIN)
            return {"explanation": f"{texts.text(UNKNOWN_VISITOR)} {reason}"}
        (answer,) = self._may_use(policy, snapshot, [card], texts)
        return answer

    def is_owner(self, handler: JupyterHandler) -> bool:
        """Return whether the visitor is known to own this server."""
        snapshot = self._context_now(handler)
        if not isinstance(snapshot, ContextSnapshot):
            return False
        visitor = snapshot.visitor
        owner = server_context(snapshot)["server"]["owner"]
        return not visitor.service and bool(visitor.user == owner)

    def _context_now(self, handler: JupyterHandler | None) -> ContextSnapshot | ContextError | None:
        """Return the context loaded for the request; load it if there is none, or an old one.

        A `ContextError`, or None without a request: it is unknown.
        """
        if handler is None:
            return None
        loaded: ContextSnapshot | ContextError | None
        loaded, loaded_at = getattr(handler, REQUEST_ATTRIBUTE, (None, float("-inf")))
        if time.monotonic() - loaded_at <= self.refresh_s:
            return loaded
        self._handlers_that_decide.add(type(handler))
        try:
            return self._services.load_context_blocking(handler, self.refresh_s)
        except ContextError as error:
            return error

    def _may_use(
        self,
        policy: Policy,
        snapshot: ContextSnapshot | None,
        cards: Sequence[Card],
        texts: Translation | None = None,
    ) -> list[dict[str, Any]]:
        """Return the engine's answer for each card; with ``texts`` an explanation.

        A card whose name is no text is refused.
        """
        readable = [card for card in cards if is_text(card.name)]
        answer = policy.may_use(
            None if snapshot is None else json.dumps(server_context(snapshot)),
            json.dumps([card.model() for card in readable]),
            self._inventory.as_json(),
            explain=texts is not None,
            texts=None if texts is None else texts.explanation_texts(),
            language=texts.language if texts else "",
        )
        decisions = iter(json.loads(answer)["decisions"])
        unreadable = {"visible": False, "rule": None, "reason": "error"}
        return [next(decisions) if is_text(card.name) else unreadable for card in cards]


def _keep(handler: JupyterHandler, loaded: ContextSnapshot | ContextError) -> None:
    """Keep a context with the request. A stale one counts as read now: there is no newer one."""
    age_s = 0.0
    if isinstance(loaded, ContextSnapshot) and not loaded.stale:
        age_s = loaded.age_s
    setattr(handler, REQUEST_ATTRIBUTE, (loaded, time.monotonic() - age_s))
