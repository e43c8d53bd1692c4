"""The servers that listen: writes events to each of them, and heartbeats.

An event has the owner's facts as they are now. So a reader that is behind needs only the last one,
and what waits for it is never more than that.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from uuid import uuid4

from ...changes import HEARTBEAT_S, OwnerFacts
from .authentication import Identity

SLOW_AFTER_S = 30.0
"""A reader that does not take an event for so long is cut off."""

MAX_LIFETIME_S = 3600.0
"""After about this time a server must subscribe again, and so show its token again."""


class Subscriber:
    """One server's connection. ``write`` writes text, and its result says when it is written."""

    def __init__(self, identity: Identity, write: Callable[[str], Awaitable[None]]) -> None:
        self.identity = identity
        self.ended = asyncio.Event()
        self.ends_at = time.monotonic() + MAX_LIFETIME_S * random.uniform(0.8, 1.2)  # noqa: S311
        self._write = write
        self._writing_since: float | None = None
        self._waiting: str | None = None

    @property
    def is_slow(self) -> bool:
        """Return whether the reader does not read."""
        since = self._writing_since
        return since is not None and time.monotonic() - since > SLOW_AFTER_S

    @property
    def is_idle(self) -> bool:
        """Return whether all is written."""
        return self._writing_since is None

    def send(self, text: str) -> None:
        """Write ``text`` as soon as all before is written, unless a later text comes before."""
        if self._writing_since is None:
            self._writing_since = time.monotonic()
            asyncio.ensure_future(self._write_all(text))  # noqa: RUF006  (`_writing_since` is its end)
        else:
            self._waiting = text

    def end(self) -> None:
        """End the connection."""
        self.ended.set()

    async def _write_all(self, text: str | None) -> None:
        try:
            while text is not None and not self.ended.is_set():
                self._writing_since = time.monotonic()
                await self._write(text)
                text, self._waiting = self._waiting, None
        except Exception:  # the connection is gone
            self.end()
        finally:
            self._writing_since = None


class Subscribers:
    """All connections, by owner."""

    def __init__(self) -> None:
        self._by_owner: defaultdict[str, dict[str, Subscriber]] = defaultdict(dict)
        self._epoch = uuid4().hex[:8]
        self._number = 0
        self._ids: dict[str, str] = {}
        self.sent = 0
        """How many events were sent."""
        self.cut_off = 0
        """How many readers were too slow."""

    def __len__(self) -> int:
        return sum(map(len, self._by_owner.values()))

    def has(self, owner: str) -> bool:
        """Return whether a server of this owner listens."""
        return owner in self._by_owner

    def add(self, subscriber: Subscriber, facts: OwnerFacts, last_event_id: str) -> None:
        """Begin to write to a server. A server has one connection: an earlier one is ended.

        If the last event that the server has read is the owner's last one, it gets no new one.
        """
        owner, server = subscriber.identity.owner, subscriber.identity.server
        if earlier := self._by_owner[owner].get(server):
            earlier.end()
        self._by_owner[owner][server] = subscriber
        if owner not in self._ids:
            self._ids[owner] = self._next_id()
        if last_event_id == self._ids[owner]:
            subscriber.send(_event("current", last_event_id, {}))
        else:
            subscriber.send(_event("facts", self._ids[owner], facts.model()))
            self.sent += 1

    def remove(self, subscriber: Subscriber) -> None:
        """Write to this server no more."""
        owner, server = subscriber.identity.owner, subscriber.identity.server
        of_owner = self._by_owner.get(owner, {})
        if of_owner.get(server) is subscriber:
            del of_owner[server]
        if not of_owner:
            self._by_owner.pop(owner, None)

    def forget(self, owner: str) -> None:
        """Forget the last event of an owner whose changes are followed no more."""
        self._ids.pop(owner, None)

    def tell(self, facts: OwnerFacts) -> None:
        """Write an owner's new facts to all servers of this owner."""
        if facts.user in self._ids or self.has(facts.user):
            self._ids[facts.user] = self._next_id()
        for subscriber in self._by_owner.get(facts.user, {}).values():
            subscriber.send(_event("facts", self._ids[facts.user], facts.model()))
            self.sent += 1

    def end_where(self, matches: Callable[[Identity], bool], owner: str | None = None) -> None:
        """End the connections whose identity matches, of one owner or of all."""
        owners = list(self._by_owner) if owner is None else [owner]
        for name in owners:
            for subscriber in list(self._by_owner.get(name, {}).values()):
                if matches(subscriber.identity):
                    subscriber.end()

    async def keep_alive(self) -> None:
        """Write heartbeats until cancelled, and end connections that are slow or old."""
        while True:
            began = time.monotonic()
            everybody = [s for of_owner in self._by_owner.values() for s in of_owner.values()]
            for number, subscriber in enumerate(everybody):
                if subscriber.is_slow:
                    self.cut_off += 1
                    subscriber.end()
                elif began > subscriber.ends_at:
                    subscriber.end()
                elif subscriber.is_idle:
                    subscriber.send(":\n\n")
                if number % 100 == 99:
                    await asyncio.sleep(0)  # events go before heartbeats
            await asyncio.sleep(max(HEARTBEAT_S - (time.monotonic() - began), 1.0))

    def _next_id(self) -> str:
        self._number += 1
        return f"{self._epoch}-{self._number}"


def _event(name: str, event_id: str, data: object) -> str:
    return f"id: {event_id}\nevent: {name}\ndata: {json.dumps(data)}\n\n"
