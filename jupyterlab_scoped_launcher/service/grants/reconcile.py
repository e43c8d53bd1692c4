"""One pass: read the Hub, plan, and apply the difference. A pass may end at any point."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from math import ceil
from typing import TYPE_CHECKING

from ...hub_api import HubUnavailable
from ..log import LogEvent
from .changer import PassResult, ShareChanger, batches, owners_of
from .clock import JumpTolerantClock
from .plan import Plan, Planner, RevocationReason
from .quick import QuickPasses
from .sharing_api import HubUser, SharingApi
from .store import ShareRecord, ShareStore

if TYPE_CHECKING:
    from ..._core import Policy

AUDIT_S = 300.0
"""A share that somebody else ended is noticed within this time."""

MIN_REVOCATION_LIMIT, REVOCATION_LIMIT_PART = 20, 0.1
"""A pass revokes at most this many shares, or this part of those held if that is more."""


class Reconciler:
    """Makes the Hub's shares the same as a policy's grants.

    ``max_revocations`` limits the revocations of one pass (None: MIN_REVOCATION_LIMIT, or
    REVOCATION_LIMIT_PART of the shares held). After ``budget_s``, or the time that reading the Hub
    takes if that is longer, a pass stops changing things, so that the Hub is read again.

    While the Hub tells its changes (``is_told``), ``quick`` follows them, also during a pass.
    Otherwise users who were active recently get their shares within ``interval_s``, however long a
    pass takes.
    """

    def __init__(
        self,
        api: SharingApi,
        store: ShareStore,
        log_event: LogEvent,
        *,
        max_revocations: int | None = None,
        budget_s: float = 15.0,
        interval_s: float = 15.0,
        audit_s: float = AUDIT_S,
        is_told: Callable[[], bool] = lambda: False,
    ) -> None:
        self._api = api
        self._store = store
        self._log_event = log_event
        self._max_revocations = max_revocations
        self._budget_s = budget_s
        self._interval_s = interval_s
        self._audit_s = audit_s
        self._clock = JumpTolerantClock()
        self._is_told = is_told
        self._changer = ShareChanger(api, store, log_event)
        self.quick = QuickPasses(
            api,
            store,
            self._changer,
            now=self._now,
            revocation_limit=lambda: self._revocation_limit(store.count().get("held", 0)),
        )
        self._extra_syncs: Counter[str] = Counter()  # owner -> passes that read their shares anyway
        self._started: dict[str, str | None] = {}  # granted server -> its last start
        self._audited_at = time.monotonic()
        self._list_seconds = 0.0  # how long that list took
        self._recent_users: dict[str, HubUser] = {}  # read since the whole list was begun
        self._next_recent_at = 0.0
        self.plan = Plan()
        """The plan of the last pass."""
        self.held_back: list[ShareRecord] = []
        """What the last pass would have revoked without the limit."""

    async def dry_run(self, policy: Policy) -> Plan:
        """Return what a pass would do, without doing anything."""
        planner = await self._read_users(policy, PassResult())
        return planner.plan(
            self._store.records("held", "creating", "revoking"), self._store.records("foreign")
        )

    async def run(self, policy: Policy) -> PassResult:
        """Make one pass. Raises `HubError`; the next pass then continues."""
        result = PassResult()
        began, requests = time.monotonic(), self._api.request_count
        planner = await self._read_users(policy, result)
        for owner in owners_of(self._store.servers("creating", "revoking")):
            await self._changer.sync_owner(owner)
        plan = self.plan = await self._make_plan(planner, result)
        self._store.change(put=plan.relabel)
        # At least as long as reading took, or a large Hub would mostly be read.
        deadline = time.monotonic() + max(self._budget_s, self._list_seconds)
        await self._revoke_all(plan.revoke, planner, result, deadline)
        await self._changer.create_all(
            plan.create, result, deadline, lambda: self.quick.run(policy, result)
        )
        await self._audit(lambda: self.quick.run(policy, result))
        self._store.delete_old_gone(self._api.hub_time)
        result.requests = self._api.request_count - requests
        result.seconds = time.monotonic() - began
        return result

    async def _read_users(self, policy: Policy, result: PassResult) -> Planner:
        """Read all users; note which granted servers were started again."""

        is_told = self._is_told()

        async def after_page() -> None:
            await self.quick.run(policy, result)
            is_due = not is_told and time.monotonic() >= self._next_recent_at
            if is_due and self.quick.users:
                await self._share_with_recent_users(policy, result)

        began = time.monotonic()
        self._next_recent_at = began + self._interval_s / 2
        self._recent_users = {}
        self.quick.read.clear()
        if not is_told and self._list_seconds > self._interval_s / 3:
            await self._share_with_recent_users(policy, result)
        users = await self._api.users(after_page)
        self._list_seconds = time.monotonic() - began
        result.users = len(users)
        result.servers = sum(len(user.servers) for user in users)
        if not users and self._store.count().get("held"):
            raise HubUnavailable("The Hub's list of users is empty, although servers are shared.")
        now = self._now()
        self._note_starts(users)
        # Who was read meanwhile may have joined a group after the list had them.
        newer = {**self._recent_users, **self.quick.read}
        self.quick.users = {
            user.name: user
            for user in (newer.get(listed.name, listed) for listed in users)
            if user is not None
        } | {name: user for name, user in newer.items() if user is not None}
        return Planner(policy, list(self.quick.users.values()), now)

    async def _share_with_recent_users(self, policy: Policy, result: PassResult) -> None:
        """Create the shares of the users who were active last, and of their servers.

        The whole list of a large Hub takes a while; these users need not wait for it. Nothing is
        revoked here.
        """
        began = time.monotonic()
        recent = {user.name: user for user in await self._api.recent_users()}
        self._recent_users.update(recent)
        planner = Planner(policy, {**self.quick.users, **recent}.values(), self._now())
        plan = await self._make_plan(planner, result)
        desired = [share for share in plan.create if share.user in recent or share.owner in recent]
        await self._changer.create_all(desired, result, time.monotonic() + self._budget_s)
        now = time.monotonic()
        self._next_recent_at = now + max(self._interval_s / 2, 2 * (now - began))

    async def _make_plan(self, planner: Planner, result: PassResult) -> Plan:
        before = time.monotonic()
        plan = await asyncio.to_thread(  # pages are served meanwhile
            planner.plan, self._store.records("held"), self._store.records("foreign")
        )
        result.plan_seconds = time.monotonic() - before
        return plan

    def _now(self) -> datetime:
        """Return the time to plan for."""
        hub_time = self._api.hub_time
        now = self._clock.now(hub_time)
        if self._clock.jumped:
            self._log_event("clock_jumped", hub_time=hub_time.isoformat(), used=now.isoformat())
        return now

    def _note_starts(self, users: Iterable[HubUser]) -> None:
        """Note the owners who started a granted server again: their shares are read in two passes.

        Programs that replace a server (jhub-apps does) end all its shares just after the start.
        """
        granted = set(self._store.servers("held"))
        for user in users:
            for name, server in user.servers.items():
                full_name = f"{user.name}/{name}"
                if full_name not in granted:
                    continue
                if self._started.get(full_name, server.started) != server.started:
                    self._extra_syncs[user.name] = 2
                self._started[full_name] = server.started

    async def _revoke_all(
        self,
        unwanted: Sequence[tuple[ShareRecord, RevocationReason]],
        planner: Planner,
        result: PassResult,
        deadline: float,
    ) -> None:
        self.held_back = []
        if not unwanted:
            return
        reasons = dict(unwanted)
        for owner in owners_of(record.server for record in reasons):
            await self._changer.sync_owner(owner)
        held = set(self._store.records("held"))
        reasons = {record: reason for record, reason in reasons.items() if record in held}
        for record, reason in reasons.items():
            if reason in (RevocationReason.SERVER_GONE, RevocationReason.USER_GONE):
                raise HubUnavailable(
                    f"The Hub's lists contradict each other about {record.server} and "
                    f"{record.user}."
                )
        by_policy = [record for record, reason in reasons.items() if reason.from_policy]
        by_lists = [record for record, reason in reasons.items() if not reason.from_policy]
        approved = self._store.approved_revocations(self._api.hub_time)
        limit = max(self._revocation_limit(len(held)), approved)
        if len(by_lists) > limit:
            self.held_back = by_lists
            result.held_back = len(by_lists)
            self._log_event("revocations_held_back", wanted=len(by_lists), limit=limit)
            by_lists = []
        elif by_lists:
            by_lists = await self._changer.confirm(by_lists, planner)
        todo = (by_lists + by_policy)[:limit]
        result.postponed = len(by_lists) + len(by_policy) - len(todo)
        if len(todo) > self._revocation_limit(len(held)):
            self._store.clear_approval()
        for batch in batches(todo):
            if time.monotonic() > deadline and result.revoked:
                result.remaining += len(todo) - result.revoked
                return
            await self._changer.revoke(batch, reasons, result)

    def _revocation_limit(self, held: int) -> int:
        if self._max_revocations is not None:
            return self._max_revocations
        return max(MIN_REVOCATION_LIMIT, int(held * REVOCATION_LIMIT_PART))

    async def _audit(self, before_owner: Callable[[], Awaitable[None]]) -> None:
        """Read the shares of some owners, so that all are read within ``audit_s``."""
        owners = owners_of(self._store.servers("held", "foreign"))
        now = time.monotonic()
        part = min(1.0, (now - self._audited_at) / self._audit_s)
        self._audited_at = now
        before = self._changer.synced_at
        synced_at = self._changer.synced_at = {owner: before.get(owner, 0.0) for owner in owners}
        oldest_first = sorted(owners, key=lambda owner: synced_at[owner])
        for owner in {*self._extra_syncs, *oldest_first[: ceil(len(owners) * part)]}:
            await before_owner()
            await self._changer.sync_owner(owner)
        self._extra_syncs = Counter(
            {o: left - 1 for o, left in self._extra_syncs.items() if left > 1}
        )
