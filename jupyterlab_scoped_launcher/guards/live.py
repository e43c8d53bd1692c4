"""Open connections of visitors, closed when they lose what they needed to open them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from ..facts import COALESCE_S

if TYPE_CHECKING:
    from jupyter_server.base.handlers import JupyterHandler

    from ..cards import Card
    from .judge import Judge

POLICY_VIOLATION = 1008
"""The websocket close code for it (RFC 6455, 7.4.1)."""


class LiveConnections:
    """Asks again, every ``refresh`` but not oftener than the Hub is asked, about each connection.

    One visitor's connections share one question to the Hub; with none open nothing is asked.
    """

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._open: WeakKeyDictionary[JupyterHandler, list[Card]] = WeakKeyDictionary()
        self._task: asyncio.Task[None] | None = None

    def watch(self, handler: JupyterHandler, *cards: Card) -> None:
        """Keep an eye on the connection of ``handler`` until it ends; it needs all ``cards``."""
        self._open[handler] = [*self._open.get(handler, ()), *cards]
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch())

    def stop(self) -> None:
        """Watch no more."""
        if self._task is not None:
            self._task.cancel()

    async def _watch(self) -> None:
        while self._open:
            await asyncio.sleep(max(self._judge.refresh_s, COALESCE_S))
            # Together, so that a Hub that does not answer holds up all of them once, not each.
            await asyncio.gather(
                *(self._check(handler, cards) for handler, cards in list(self._open.items()))
            )

    async def _check(self, handler: JupyterHandler, cards: list[Card]) -> None:
        """Forget a connection that has ended, and end one whose visitor lost any of ``cards``.

        What goes wrong with one connection ends that one, and not the watching of the others.
        """
        try:
            if _ended(handler):
                self._open.pop(handler, None)
                return
            if await self._may_stay(handler, cards):
                return
        except Exception:
            handler.log.exception("scoped-launcher: a connection is closed, as its check failed")
        self._open.pop(handler, None)
        try:
            _close(handler)
        except Exception:
            handler.log.exception("scoped-launcher: a connection could not be closed")

    async def _may_stay(self, handler: JupyterHandler, cards: list[Card]) -> bool:
        """Return whether the visitor still has all ``cards``."""
        await self._judge.learn(handler)
        lost = [verdict for verdict in self._judge.decide(handler, cards) if not verdict.allowed]
        for verdict in lost:
            self._judge.audit.decided(verdict, "keep")
        return not lost


def _ended(handler: JupyterHandler) -> bool:
    """Say whether the connection is closed, or never came to be one."""
    websocket = getattr(handler, "ws_connection", None)
    if websocket is not None:
        return bool(websocket.is_closing())
    return bool(handler._finished)


def _close(handler: Any) -> None:
    """End the connection in both directions, at once."""
    for upstream in ("ws", "ws_transp"):  # jupyter-server-proxy's, to the proxied service
        if connection := getattr(handler, upstream, None):
            connection.close()
    if getattr(handler, "ws_connection", None) is not None:
        handler.close(POLICY_VIOLATION, "You may not use this any more.")
    elif (stream := getattr(handler.request.connection, "stream", None)) is not None:
        stream.close()
