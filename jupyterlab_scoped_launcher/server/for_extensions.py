"""What other server extensions ask: may this visitor use something? (docs/reference/extensions.md)

Import from the package: ``from jupyterlab_scoped_launcher import Card, may, requires_card``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from tornado import web
from tornado.websocket import WebSocketHandler

from ..cards import Card
from .decisions import NO_POLICY
from .guards import GUARDS_SETTING
from .languages import request_translation

if TYPE_CHECKING:
    from jupyter_server.base.handlers import JupyterHandler

    from .guards import Guards

Handler = TypeVar("Handler", bound="JupyterHandler")
Arguments = ParamSpec("Arguments")

NOT_LOGGED_IN = "You are not logged in."


@dataclass(frozen=True)
class CardDecision:
    """Whether a visitor may use what ``card`` opens: true or false where a condition is expected.

    ``explanation`` says why, ``message`` is what the policy says to those whom it refuses,
    ``contact`` may be asked about it, and ``request_group`` is the group that the visitor may ask
    to join. The texts are in the visitor's language, and none is escaped. ``rule`` is the id of the
    rule that decided, if one did, and ``reason`` the engine's reason.
    """

    card: Card
    allowed: bool
    explanation: str
    message: str | None = None
    contact: str | None = None
    request_group: str | None = None
    rule: str | None = None
    reason: str = "default"

    def __bool__(self) -> bool:
        return self.allowed


async def may(handler: JupyterHandler, card: Card) -> CardDecision:
    """Return whether the visitor who sent the request of ``handler`` may use what ``card`` opens.

    The decision is about the visitor, who may not be the owner of the server. It is made as the
    server's own guards make theirs: on a context that is at most ``refresh`` old, and before a
    refusal on one that is read again. Without a policy, and on a server without this package's
    extension, everything is allowed. A request without a login is refused.

    Asking is not using: it is no audit event.
    """
    if not handler.current_user:
        return CardDecision(card, False, NOT_LOGGED_IN, reason="error")
    guards = _guards(handler)
    if guards is None:
        return CardDecision(card, True, NO_POLICY)
    decider = guards.access.decider
    (decision,) = await guards.access.decide(handler, [card], decider.refresh_s)
    told = decider.explain(handler, card, request_translation(handler))
    return CardDecision(
        card,
        decision.allowed,
        told["explanation"],
        told.get("message"),
        told.get("contact"),
        told.get("request"),
        decision.rule,
        decision.reason,
    )


def requires_card(
    card: Card | Callable[..., Card],
) -> Callable[
    [Callable[Concatenate[Handler, Arguments], Any]],
    Callable[Concatenate[Handler, Arguments], Awaitable[None]],
]:
    """Decorate a method of a handler: only visitors who may use what ``card`` opens get an answer.

    ``card`` may be a function that returns the card for a request: it is called with the arguments
    of the method. Others are refused as by the server's own guards, with a 403 that says why, and
    an audit event. Put it below ``@web.authenticated``. The decorated method is a coroutine.

    Decorate ``get`` of a websocket, not ``open``. Its connection is closed when the visitor loses
    the permission.
    """

    def decorate(
        method: Callable[Concatenate[Handler, Arguments], Any],
    ) -> Callable[Concatenate[Handler, Arguments], Awaitable[None]]:
        @wraps(method)
        async def checked_method(
            self: Handler, /, *args: Arguments.args, **kwargs: Arguments.kwargs
        ) -> None:
            if not self.current_user:
                raise web.HTTPError(403)
            guards = _guards(self)
            if guards is not None:
                required = card if isinstance(card, Card) else card(self, *args, **kwargs)
                is_websocket = isinstance(self, WebSocketHandler)
                action = "connect" if is_websocket else "open"
                refresh_s = guards.access.decider.refresh_s
                await guards.access.require(self, [required], action, refresh_s)
                if is_websocket:
                    guards.monitor.watch(self, required)
            answer = method(self, *args, **kwargs)
            if isawaitable(answer):
                await answer

        return checked_method

    return decorate


def _guards(handler: JupyterHandler) -> Guards | None:
    """Return the guards of the handler's server; None if this package's extension is not in it."""
    guards: Guards | None = handler.settings.get(GUARDS_SETTING)
    return guards
