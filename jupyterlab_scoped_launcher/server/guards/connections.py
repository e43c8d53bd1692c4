"""Closes open connections whose visitors lose what they needed to open them."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from ..context_cache import MIN_REQUEST_INTERVAL_S

if TYPE_CHECKING:
    from jupyter_server.base.handlers import JupyterHandler

    from ...cards import Card
    from .access import AccessChecker

POLICY_VIOLATION = 1008
"""The websocket close code (RFC 6455, 7.4.1)."""

NORMAL_CLOSURE = 1000
"""The close code for JupyterLab's terminals and kernels. After any other, except 1001, JupyterLab
connects again, seven times in two minutes, and meanwhile shows that it is connecting."""

CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")

MAX_REASON_BYTES = 123
"""The longest reason of a close frame in UTF-8 (RFC 6455, 5.5, less the code)."""

UNCHECKED = "You may not use this any more."
"""The reason when the check itself fails."""


@dataclass
class _Connection:
    """What an open connection needs, and with which code it is closed."""

    cards: list[Card] = field(default_factory=list)
    close_code: int = POLICY_VIOLATION


class ConnectionMonitor:
    """Checks each connection again every ``refresh``, but not more often than the Hub is asked.

    The connections of one visitor share one request to the Hub. Without connections there is none.
    """

    def __init__(self, access: AccessChecker) -> None:
        self._access = access
        self._open: WeakKeyDictionary[JupyterHandler, _Connection] = WeakKeyDictionary()
        self._task: asyncio.Task[None] | None = None
        self._wakened = asyncio.Event()

    def watch(
        self, handler: JupyterHandler, *cards: Card, close_code: int = POLICY_VIOLATION
    ) -> None:
        """Check the connection of ``handler`` until it ends; it needs all ``cards``."""
        connection = self._open.setdefault(handler, _Connection(close_code=close_code))
        connection.cards += cards
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    def check_now(self) -> None:
        """Check all connections at once: somebody's context has changed."""
        self._wakened.set()

    def stop(self) -> None:
        """Check no more."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        while self._open:
            wait_s = max(self._access.decider.refresh_s, MIN_REQUEST_INTERVAL_S)
            with suppress(TimeoutError, asyncio.TimeoutError):
                await asyncio.wait_for(self._wakened.wait(), wait_s)
            self._wakened.clear()
            # Concurrently: a Hub that does not answer delays all of them once, not each in turn.
            await asyncio.gather(
                *(self._check(handler, found) for handler, found in list(self._open.items()))
            )

    async def _check(self, handler: JupyterHandler, connection: _Connection) -> None:
        """Forget a connection that has ended, and close one whose visitor may not use a card.

        An error in the check of one connection closes that one, and does not affect the others.
        """
        text = reason = UNCHECKED
        try:
            if _has_ended(handler):
                self._open.pop(handler, None)
                return
            refusal = await self._access.reason_to_end(handler, connection.cards)
            if refusal is None:
                return
            text, reason = refusal.text, refusal.short_text
        except Exception:
            handler.log.exception("scoped-launcher: a connection is closed, as its check failed")
        self._open.pop(handler, None)
        try:
            _leave_terminal(handler, text)
        except Exception:
            handler.log.exception("scoped-launcher: a terminal is closed without a sentence")
        try:
            _close(handler, connection.close_code, reason)
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


def _leave_terminal(handler: Any, text: str) -> None:
    """If this is a connection to a terminal, write ``text`` there and show no more of its output.

    The terminal itself goes on. JupyterLab closes the tab of a terminal that says that it has
    ended (`["disconnect", 1]`), so this one does not: the text would go with the tab.
    """
    terminal = getattr(handler, "terminal", None)
    if terminal is None or handler not in getattr(terminal, "clients", ()):
        return
    terminal.clients.remove(handler)
    handler.terminal = None  # as terminado does when a terminal ends
    terminal.resize_to_smallest()
    lines = (CONTROL_CHARACTERS.sub(" ", line) for line in text.splitlines())
    handler.send_json_message(["stdout", "\r\n\r\n" + "\r\n".join(lines) + "\r\n"])


def _close(handler: Any, code: int, reason: str) -> None:
    """Close the connection in both directions, at once."""
    for upstream in ("ws", "ws_transp"):  # jupyter-server-proxy's, to the proxied service
        if connection := getattr(handler, upstream, None):
            connection.close()
    if getattr(handler, "ws_connection", None) is not None:
        handler.on_message = _ignore  # a client may answer the close frame late, or never
        handler.close(code, close_reason(reason))
    elif (stream := getattr(handler.request.connection, "stream", None)) is not None:
        stream.close()


def _ignore(_message: object) -> None:
    """Do nothing with a message of a visitor who may not send any."""
