"""Each visitor's context, read at the Hub and remembered for a short time."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from ..changes import HUB_POLL_S
from ..context import ContextError, ContextSnapshot, NotAuthenticated, VisitorFacts, load_visitor
from ..hub_api import REQUEST_TIMEOUT_S
from .metrics import CONTEXT_AGE_SECONDS, HUB_ERRORS, HUB_REQUESTS
from .told_facts import ToldFacts

if TYPE_CHECKING:
    from logging import Logger

    from ..hub_api import HubClient

MIN_REQUEST_INTERVAL_S = 2.0
"""Requests about the same visitor within this time share one request to the Hub."""

BLOCKING_TIMEOUT_S = 2.0
"""How long the Hub may take to answer a request for which the whole server waits."""

BLOCKING_RETRY_S = 30.0
"""After a failed read, how long no request is sent for which the whole server waits."""

MAX_VISITORS = 64
"""Visitors remembered at once. Beyond that the least recently seen one is forgotten."""


class ContextCache:
    """Each visitor's context, read at the Hub at most once in `MIN_REQUEST_INTERVAL_S`.

    A visitor is identified by the hash of their token. So nobody can get another visitor's context,
    and no token is kept. While the Hub is unavailable the last good context is used for
    ``max_stale_s``, marked stale. When the Hub refuses a token, its context is forgotten at once.
    """

    def __init__(
        self,
        new_client: Callable[[float], HubClient],
        log: Logger,
        told: ToldFacts | None = None,
        told_max_age_s: float = HUB_POLL_S,
    ) -> None:
        """``new_client`` makes a client of the Hub, with the time-out of a request in seconds.

        ``told`` is what the Hub service tells of the server's owner. While it tells each change,
        the Hub's own answer may get ``told_max_age_s`` old (in seconds).
        """
        self._told = told or ToldFacts()
        self._told_max_age_s = told_max_age_s
        self._new_client = new_client
        self._client = new_client(REQUEST_TIMEOUT_S)
        self._outage = _OutageLog(log)
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()

    async def load(
        self, token: str, max_stale_s: float, max_age_s: float = 0.0, *, ask_hub: bool = False
    ) -> ContextSnapshot:
        """Return the context of the visitor with ``token``.

        The Hub is not asked while the context is younger than ``max_age_s`` (in seconds), nor about
        the owner while the Hub service tells each change, unless ``ask_hub``. Raises `ContextError`
        when there is none, or only one older than ``max_stale_s`` (in seconds).
        """
        entry = self._entry(token)
        if entry.request is None and self._is_due(entry, max_age_s, ask_hub=ask_hub):
            entry.request = asyncio.create_task(self._request(entry, token))
        if entry.request is not None:
            # Shielded: a client that disconnects must not cancel the request for the others.
            await asyncio.shield(entry.request)
        return entry.snapshot(max_stale_s, self._told)

    def load_blocking(
        self, token: str, max_stale_s: float, max_age_s: float, *, ask_hub: bool = False
    ) -> ContextSnapshot:
        """Do what `load` does, for callers that cannot await it: the whole server waits.

        It waits for at most `BLOCKING_TIMEOUT_S` for each answer of the Hub, and after a failure
        not again for `BLOCKING_RETRY_S`.
        """
        entry = self._entry(token)
        if self._is_due(entry, max_age_s, BLOCKING_RETRY_S, ask_hub=ask_hub):
            # Another thread, because this one may run an event loop already.
            with ThreadPoolExecutor(1) as executor:
                executor.submit(asyncio.run, self._read_once(entry, token)).result()
        return entry.snapshot(max_stale_s, self._told)

    def _is_due(
        self, entry: _Entry, max_age_s: float, retry_s: float = 0.0, *, ask_hub: bool
    ) -> bool:
        """Return whether the Hub must be asked."""
        visitor = entry.visitor
        is_told = visitor is not None and self._told.is_current and self._told.is_about(visitor)
        return entry.is_due(self._told_max_age_s if is_told and not ask_hub else max_age_s, retry_s)

    def _entry(self, token: str) -> _Entry:
        key = _key(token)
        entry = self._entries.setdefault(key, _Entry())
        self._entries.move_to_end(key)
        if len(self._entries) > MAX_VISITORS:
            self._entries.popitem(last=False)
        return entry

    async def _request(self, entry: _Entry, token: str) -> None:
        """Read the context with the client of this event loop."""
        try:
            await self._read(entry, token, self._client)
        finally:
            entry.request = None

    async def _read_once(self, entry: _Entry, token: str) -> None:
        """Read the context with a client of its own, as a client belongs to one event loop."""
        client = self._new_client(BLOCKING_TIMEOUT_S)
        try:
            await self._read(entry, token, client)
        finally:
            client.close()

    async def _read(self, entry: _Entry, token: str, client: HubClient) -> None:
        """Read the context and store the result or the error. Raises nothing."""
        HUB_REQUESTS.inc()
        asked_at = time.monotonic()
        try:
            entry.visitor = await load_visitor(client, token)
            entry.asked_at = asked_at
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

    def close(self) -> None:
        """Close the connections to the Hub."""
        self._client.close()


@dataclass
class _Entry:
    """What is known of the holder of one token."""

    visitor: VisitorFacts | None = None
    asked_at: float = 0.0
    loaded_at: float = 0.0
    error: ContextError | None = None
    next_request_at: float = 0.0
    request: asyncio.Task[None] | None = field(default=None, repr=False)

    def is_due(self, max_age_s: float, retry_s: float = 0.0) -> bool:
        """Return whether the Hub must be asked for a context that is at most ``max_age_s`` old.

        ``retry_s``: for how long it is not asked after a failure, beyond the usual interval.
        """
        now = time.monotonic()
        if now < self.next_request_at + (retry_s if self.error is not None else 0.0):
            return False
        is_young = now - self.loaded_at <= max_age_s
        return not is_young or self.visitor is None or self.error is not None

    def snapshot(self, max_stale_s: float, told: ToldFacts) -> ContextSnapshot:
        """Return the last context; `ContextError` if there is none that may still be used."""
        now = time.monotonic()
        age_s = now - self.loaded_at
        if self.visitor is not None:
            visitor = told.merged(self.visitor, self.asked_at, max_stale_s)
            if self.error is None and told.is_current and told.is_about(visitor):
                age_s = 0.0
            elif told.agrees_with(self.visitor, self.asked_at):
                age_s = min(age_s, now - told.confirmed_at)
            CONTEXT_AGE_SECONDS.set(age_s)
            if self.error is None:
                return ContextSnapshot(visitor, age_s)
            if age_s <= max_stale_s:
                return ContextSnapshot(visitor, age_s, stale=True)
        raise self.error or NotAuthenticated


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
