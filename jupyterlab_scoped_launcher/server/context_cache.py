"""Each visitor's context, read at the Hub and remembered for a short time."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from ..context import ContextError, ContextSnapshot, NotAuthenticated, VisitorFacts, load_visitor
from .metrics import CONTEXT_AGE_SECONDS, HUB_ERRORS, HUB_REQUESTS

if TYPE_CHECKING:
    from logging import Logger

    from ..hub_api import HubClient

MIN_REQUEST_INTERVAL_S = 2.0
"""Requests about the same visitor within this time share one request to the Hub."""

MAX_VISITORS = 64
"""Visitors remembered at once. Beyond that the least recently seen one is forgotten."""


class ContextCache:
    """Each visitor's context, read at the Hub at most once in `MIN_REQUEST_INTERVAL_S`.

    A visitor is identified by the hash of their token. So nobody can get another visitor's context,
    and no token is kept. While the Hub is unavailable the last good context is used for
    ``max_stale_s``, marked stale. When the Hub refuses a token, its context is forgotten at once.
    """

    def __init__(self, client: HubClient, log: Logger) -> None:
        self._client = client
        self._outage = _OutageLog(log)
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()

    async def load(self, token: str, max_stale_s: float, max_age_s: float = 0.0) -> ContextSnapshot:
        """Return the context of the visitor with ``token``.

        The Hub is not asked while the context is younger than ``max_age_s`` (in seconds). Raises
        `ContextError` when there is none, or only one older than ``max_stale_s`` (in seconds).
        """
        key = _key(token)
        entry = self._entries.setdefault(key, _Entry())
        self._entries.move_to_end(key)
        if len(self._entries) > MAX_VISITORS:
            self._entries.popitem(last=False)

        is_due = time.monotonic() >= entry.next_request_at and not entry.is_fresh(max_age_s)
        if entry.request is None and is_due:
            entry.request = asyncio.create_task(self._request(entry, token))
        if entry.request is not None:
            # Shielded: a client that disconnects must not cancel the request for the others.
            await asyncio.shield(entry.request)

        age_s = time.monotonic() - entry.loaded_at
        CONTEXT_AGE_SECONDS.set(age_s)
        if entry.error is None and entry.visitor is not None:
            return ContextSnapshot(entry.visitor, age_s)
        if entry.visitor is not None and age_s <= max_stale_s:
            return ContextSnapshot(entry.visitor, age_s, stale=True)
        raise entry.error or NotAuthenticated

    def cached(self, token: str, max_age_s: float) -> ContextSnapshot | None:
        """Return the context of the visitor with ``token`` if it is here and young enough.

        Never sends a request.
        """
        entry = self._entries.get(_key(token))
        if entry is None or entry.visitor is None or not entry.is_fresh(max_age_s):
            return None
        return ContextSnapshot(entry.visitor, time.monotonic() - entry.loaded_at)

    async def _request(self, entry: _Entry, token: str) -> None:
        """Read the context once and store the result or the error. Raises nothing."""
        HUB_REQUESTS.inc()
        try:
            entry.visitor = await load_visitor(self._client, token)
            entry.error = None
            entry.loaded_at = time.monotonic()
            self._outage.ended()
        except NotAuthenticated as error:
            HUB_ERRORS.labels(code=error.code).inc()
            entry.visitor = None
            entry.error = error
        except ContextError as error:
            HUB_ERRORS.labels(code=error.code).inc()
            entry.error = error
            self._outage.failed(error.detail)
        finally:
            entry.next_request_at = time.monotonic() + MIN_REQUEST_INTERVAL_S
            entry.request = None

    def close(self) -> None:
        """Close the connections to the Hub."""
        self._client.close()


@dataclass
class _Entry:
    """What is known of the holder of one token."""

    visitor: VisitorFacts | None = None
    loaded_at: float = 0.0
    error: ContextError | None = None
    next_request_at: float = 0.0
    request: asyncio.Task[None] | None = field(default=None, repr=False)

    def is_fresh(self, max_age_s: float) -> bool:
        """Return whether the last read succeeded, at most ``max_age_s`` ago."""
        is_young = time.monotonic() - self.loaded_at <= max_age_s
        return is_young and self.visitor is not None and self.error is None


def _key(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogateescape")).digest()


class _OutageLog:
    """Logs an outage when it starts, then after 1, 2, 4 … 60 minutes, and when it ends."""

    MAX_INTERVAL_S = 3600.0

    def __init__(self, log: Logger) -> None:
        self._log = log
        self._interval_s = 0.0
        self._next_at = 0.0

    def failed(self, detail: str) -> None:
        now = time.monotonic()
        if self._interval_s and now < self._next_at:
            return
        self._interval_s = min(self._interval_s * 2 or 60.0, self.MAX_INTERVAL_S)
        self._next_at = now + self._interval_s
        self._log.warning("scoped-launcher: visitors' contexts cannot be loaded: %s", detail)

    def ended(self) -> None:
        if self._interval_s:
            self._interval_s = 0.0
            self._log.info("scoped-launcher: the Hub answers again")
