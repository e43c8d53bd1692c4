"""The part of the service that tells users' servers of changes."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ...changes import Change, OwnerFacts
from ...context import visitor_from_model
from ...hub_api import LIST_OWN_SHARES, HubClient, HubError, HubUnavailable
from ..log import LastingProblem, LogEvent
from ..policy import FollowedPolicy, NoPolicyError
from .authentication import Identity, identify
from .facts import Base, FactsTable
from .received import ReceivedChanges
from .subscribers import Subscriber, Subscribers

if TYPE_CHECKING:
    from ..settings import ServiceSettings

MIN_LOOK_INTERVAL_S = 60.0
"""The shortest time between two looks at the Hub's list, unless changes were lost."""

LOOK_HUB_PART = 0.01
"""The largest part of the Hub's time that looks take on average."""

KEEP_OWNER_S = 600.0
"""For how long an owner is followed after their last server has gone."""

MAX_IDENTIFYING = 2
"""How many tokens the Hub is asked about at a time.

After a restart of the service all servers connect again. The Hub answers one request after the
other: others' requests wait for few of ours."""

TIMEOUT_S = 30.0


class Changes:
    """Follows the owners of the servers that subscribe.

    ``also_tell`` is called with all changes of the Hub, and ``also_lose`` when some were lost.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        policy: FollowedPolicy,
        log_event: LogEvent,
        also_tell: Callable[[list[Change]], None] = lambda _: None,
        also_lose: Callable[[], None] = lambda: None,
    ) -> None:
        self.subscribers = Subscribers()
        self.facts = FactsTable(self.subscribers.tell)
        self.received = ReceivedChanges(self._apply, self._lost, self._hub_restarted)
        self.losses = 0
        """How often changes were lost."""
        self.looks = 0
        """How often the Hub's list was read."""
        self._settings = settings
        self._policy = policy
        self._log_event = log_event
        self._also_tell = also_tell
        self._also_lose = also_lose
        self._client = HubClient(settings.api_url, settings.token, timeout_s=TIMEOUT_S)
        self._slow_client = HubClient(
            settings.api_url, settings.token, timeout_s=TIMEOUT_S, hub_share=settings.hub_share
        )
        self._identifying = asyncio.Semaphore(MAX_IDENTIFYING)
        self._look_now = asyncio.Event()
        self._left_at: dict[str, float] = {}

    async def run_forever(self) -> None:
        """Write heartbeats, and look at the Hub's lists, until cancelled."""
        await asyncio.gather(self.subscribers.keep_alive(), self._look_forever())

    def close(self) -> None:
        """Close the connections to the Hub."""
        self._client.close()
        self._slow_client.close()

    def take(self, body: Any) -> dict[str, Any]:
        """Take what the Hub tells; return what it should tell, too.

        Raises ValueError if the body is not as the Hub writes it.
        """
        self.received.take(body)
        return {"wants": [] if self.facts.roles.is_known else ["roles"]}

    async def identify(self, token: str, server: str) -> tuple[Identity, OwnerFacts]:
        """Return whose server uses this token, and its owner's facts.

        Raises `NotAllowed`, or `HubError` while the Hub cannot be asked.
        """
        async with self._identifying:
            since = self.facts.now
            identity = await identify(self._client, token, server)
            shares = None
            if self._tells_shares():
                found = await self._client.servers_shared_with(identity.owner)
                shares = found.names
        base = Base(identity.admin, identity.groups, shares)
        if not self.facts.set_base(identity.owner, base, since):
            raise HubUnavailable("the Hub changes faster than it answers")
        facts = self.facts.facts_of(identity.owner)
        if facts is None:
            raise HubUnavailable("the owner was forgotten meanwhile")
        return identity, facts

    async def serve(self, subscriber: Subscriber, facts: OwnerFacts, last_event_id: str) -> None:
        """Write to the server until its connection ends."""
        owner = subscriber.identity.owner
        self.subscribers.add(subscriber, facts, last_event_id)
        self._left_at.pop(owner, None)
        try:
            await subscriber.ended.wait()
        finally:
            self.subscribers.remove(subscriber)
            if not self.subscribers.has(owner):
                self._left_at[owner] = time.monotonic()

    def _tells_shares(self) -> bool:
        """Return whether the policy asks for the servers that are shared with a visitor."""
        try:
            return LIST_OWN_SHARES in self._policy.current().token_scopes()
        except NoPolicyError:
            return False

    def _apply(self, changes: list[Change]) -> None:
        self.facts.apply(changes)
        for change in changes:
            self._end_connections(change)
        self._also_tell(changes)

    def _end_connections(self, change: Change) -> None:
        """End connections whose token or server is gone."""
        end_where = self.subscribers.end_where
        if change["kind"] == "token":
            token = change["token"]
            end_where(lambda identity: identity.token_id == token)
        elif change["kind"] == "server" and not change["running"]:
            server = change["server"]
            end_where(lambda identity: identity.server == server, server.partition("/")[0])
        elif change["kind"] == "user" and change.get("exists") is False:
            end_where(lambda _: True, change["user"])
        elif change["kind"] == "user" and "renamed_from" in change:
            end_where(lambda _: True, change["renamed_from"])

    def _lost(self) -> None:
        self.losses += 1
        self._log_event("changes_lost")
        self._look_now.set()
        self._also_lose()

    def _hub_restarted(self) -> None:
        self.facts.roles.forget()

    async def _look_forever(self) -> None:
        """Read the Hub's list of users again and again, for what was lost."""
        interval_s = MIN_LOOK_INTERVAL_S
        failure = LastingProblem(self._log_event, "look_failed")
        while True:
            wait_s = interval_s * random.uniform(0.9, 1.1)  # noqa: S311
            with suppress(TimeoutError, asyncio.TimeoutError):
                await asyncio.wait_for(self._look_now.wait(), wait_s)
            self._look_now.clear()
            self._forget_owners()
            if not self.facts.owners:
                continue
            began = time.monotonic()
            try:
                await self._look()
            except Exception as error:
                failure.begin(error, exc_info=not isinstance(error, HubError))
                continue
            failure.end()
            hub_s = (time.monotonic() - began) * self._settings.hub_share
            interval_s = max(MIN_LOOK_INTERVAL_S, hub_s / LOOK_HUB_PART)

    async def _look(self) -> None:
        """Read all users, and take them as the base of those that are followed."""
        since = self.facts.now
        found = await self._slow_client.whole_list(
            "/users", parse=_parse_user, page_size=self._settings.page_size
        )
        for name, base in found:
            if name in self.facts.owners:
                self.facts.set_base(name, base, since)
        self.looks += 1

    def _forget_owners(self) -> None:
        now = time.monotonic()
        for owner in [name for name, at in self._left_at.items() if now - at > KEEP_OWNER_S]:
            del self._left_at[owner]
            if not self.subscribers.has(owner):
                self.facts.forget(owner)
                self.subscribers.forget(owner)


def _parse_user(model: Any) -> tuple[str, Base]:
    visitor = visitor_from_model(model, scopes=())
    return visitor.user, Base(visitor.admin, visitor.groups)
