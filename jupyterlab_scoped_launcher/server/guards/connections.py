"""Closes open connections whose visitors lose what they needed to open them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from ..context_cache import MIN_REQUEST_INTERVAL_S

if TYPE_CHECKING:
    from jupyter_server.base.handlers import JupyterHandler

    from ...cards import Card
    from .access import AccessChecker

POLICY_VIOLATION = 1008
"""The websocket close code (RFC 6455, 7.4.1)."""

MAX_REASON_BYTES = 123
"""The longest reason of a close frame in UTF-8 (RFC 6455, 5.5, less the code)."""

UNCHECKED = "You may not use this any more."
"""The reason when the check itself fails."""


class ConnectionMonitor:
    """Checks each connection again every ``refresh``, but not more often than the Hub is asked.

    The connections of one visitor share one request to the Hub. Without connections there is none.
    """

    def __init__(self, access: AccessChecker) -> None:
        self._access = access
        self._open: WeakKeyDictionary[JupyterHandler, list[Card]] = WeakKeyDictionary()
        self._task: asyncio.Task[None] | None = None

    def watch(self, handler: JupyterHandler, *cards: Card) -> None:
        """Check the connection of ``handler`` until it ends; it needs all ``cards``."""
        self._open[handler] = [*self._open.get(handler, ()), *cards]
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    def stop(self) -> None:
        """Check no more."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        while self._open:
            await asyncio.sleep(max(self._access.decider.refresh_s, MIN_REQUEST_INTERVAL_S))
            # Concurrently: a Hub that does not answer delays all of them once, not each in turn.
            await asyncio.gather(
                *(self._check(handler, cards) for handler, cards in list(self._open.items()))
            )

    async def _check(self, handler: JupyterHandler, cards: list[Card]) -> None:
        """Forget a connection that has ended, and close one whose visitor may not use a card.

        An error in the check of one connection closes that one, and does not affect the others.
        """
        reason = UNCHECKED
        try:
            if _has_ended(handler):
                self._open.pop(handler, None)
                return
            denial = await self._access.reason_to_end(handler, cards)
            if denial is None:
                return
            reason = denial
        except Exception:
            handler.log.exception("scoped-launcher: a connection is closed, as its check failed")
        self._open.pop(handler, None)
        try:
            _close(handler, reason)
        except Exception:
            handler.log.exception("scoped-launcher: a connection could not be closed")


def _has_ended(handler: JupyterHandler) -> bool:
    """Return whether the connection is closed, or was never opened."""
    websocket = getattr(handler, "ws_connection", None)
    if websocket is not None:
        return bool(websocket.is_closing())
    return bool(handler._finished)


def close_reason(text: str) -> str:
    """Return ``text``, cut between two characters to what fits into a close frame."""
    return text.encode()[:MAX_REASON_BYTES].decode(errors="ignore")


def _close(handler: Any, reason: str) -> None:
    """Close the connection in both directions, at once."""
    for upstream in ("ws", "ws_transp"):  # jupyter-server-proxy's, to the proxied service
        if connection := getattr(handler, upstream, None):
            connection.close()
    if getattr(handler, "ws_connection", None) is not None:
        handler.close(POLICY_VIOLATION, close_reason(reason))
    elif (stream := getattr(handler.request.connection, "stream", None)) is not None:
        stream.close()
