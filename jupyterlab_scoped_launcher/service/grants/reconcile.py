"""One pass: read the Hub, plan, and apply the difference. A pass may end at any point.

Before the Hub is asked for a change, the store has a record of it; afterwards the record says that
it was made. If a crash leaves one unfinished, the next pass reads the Hub's shares and finishes it
(``sync_records``).
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from math import ceil
from typing import TYPE_CHECKING, Any, TypeVar

from ...hub_api import HubRefused, HubUnavailable
from ..log import LogEvent
from .clock import JumpTolerantClock
from .plan import DesiredShare, Plan, Planner, RevocationReason
from .sharing_api import HubUser, SharingApi
from .store import ShareRecord, ShareStore
from .sync_records import sync_records

if TYPE_CHECKING:
    from ..._core import Policy

BATCH_SIZE = 50
"""How many changes are written to the store at once before the Hub is asked for them."""

AUDIT_S = 300.0
"""A share that somebody else ended is noticed within this time."""

MIN_REVOCATION_LIMIT, REVOCATION_LIMIT_PART = 20, 0.1
"""A pass revokes at most this many shares, or this part of those held if that is more."""

Item = TypeVar("Item")


@dataclass
class PassResult:
    """What one pass found and did."""

    users: int = 0
    servers: int = 0
    created: int = 0
    revoked: int = 0
    refused: int = 0
    """Changes that the Hub refused: a user or server that was removed meanwhile."""
    remaining: int = 0
    """Changes for the next pass, which should begin at once."""
    postponed: int = 0
    """Revocations that the policy asks for, beyond the limit of a pass: the next passes do them."""
    held_back: int = 0
    """Revocations that wait for an admin's approval: more than the limit at once."""
    requests: int = 0
    seconds: float = 0.0
    plan_seconds: float = 0.0


class Reconciler:
    """Makes the Hub's shares the same as a policy's grants.

    ``max_revocations`` limits the revocations of one pass (None: MIN_REVOCATION_LIMIT, or
    REVOCATION_LIMIT_PART of the shares held). After ``budget_s``, or the time that reading the Hub
    takes if that is longer, a pass stops changing things, so that the Hub is read again. Within
    ``interval_s`` users who were active recently get their shares, however long a pass takes.
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
    ) -> None:
        self._api = api
        self._store = store
        self._log_event = log_event
        self._max_revocations = max_revocations
        self._budget_s = budget_s
        self._interval_s = interval_s
        self._audit_s = audit_s
        self._clock = JumpTolerantClock()
        self._synced_at: dict[str, float] = {}  # owner -> when their shares were read last
        self._extra_syncs: Counter[str] = Counter()  # owner -> passes that read their shares anyway
        self._started: dict[str, str | None] = {}  # granted server -> its last start
        self._audited_at = time.monotonic()
        self._users: dict[str, HubUser] = {}  # as the last whole list had them
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
        for owner in _owners(self._store.servers("creating", "revoking")):
            await self._sync_owner(owner)
        plan = self.plan = await self._make_plan(planner, result)
        self._store.change(put=plan.relabel)
        # At least as long as reading took, or a large Hub would mostly be read.
        deadline = time.monotonic() + max(self._budget_s, self._list_seconds)
        await self._revoke_all(plan.revoke, planner, result, deadline)
        await self._create_all(plan.create, result, deadline)
        await self._audit()
        self._store.delete_old_gone(self._api.hub_time)
        result.requests = self._api.request_count - requests
        result.seconds = time.monotonic() - began
        return result

    async def _read_users(self, policy: Policy, result: PassResult) -> Planner:
        """Read all users; note which granted servers were started again."""

        async def after_page() -> None:
            if self._users and time.monotonic() >= self._next_recent_at:
                await self._share_with_recent_users(policy, result)

        began = time.monotonic()
        self._next_recent_at = began + self._interval_s / 2
        self._recent_users = {}
        if self._list_seconds > self._interval_s / 3:
            await self._share_with_recent_users(policy, result)
        users = await self._api.users(after_page)
        self._list_seconds = time.monotonic() - began
        result.users = len(users)
        result.servers = sum(len(user.servers) for user in users)
        if not users and self._store.count().get("held"):
            raise HubUnavailable("The Hub's list of users is empty, although servers are shared.")
        now = self._now()
        self._note_starts(users)
        # A user who was read as a recent user may have joined a group after the list had them.
        self._users = {user.name: self._recent_users.get(user.name, user) for user in users}
        return Planner(policy, self._users.values(), now)

    async def _share_with_recent_users(self, policy: Policy, result: PassResult) -> None:
        """Create the shares of the users who were active last, and of their servers.

        The whole list of a large Hub takes a while; these users need not wait for it. Nothing is
        revoked here.
        """
        began = time.monotonic()
        recent = {user.name: user for user in await self._api.recent_users()}
        self._recent_users.update(recent)
        planner = Planner(policy, {**self._users, **recent}.values(), self._now())
        plan = await self._make_plan(planner, result)
        desired = [share for share in plan.create if share.user in recent or share.owner in recent]
        await self._create_all(desired, result, time.monotonic() + self._budget_s)
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

    async def _sync_owner(self, owner: str) -> datetime:
        """Bring the records of ``owner``'s servers up to date; return the Hub's time before."""
        owner_shares = await self._api.shares_of(owner)
        records = self._store.records_of_owner(owner)
        changes = sync_records(records, owner_shares, self._store.find_gone)
        self._store.change(changes.put, changes.drop)
        self._synced_at[owner] = time.monotonic()
        for record in changes.lost:
            self._log_event("share_lost", **_fields(record), reason="the Hub no longer has it")
        for record in changes.found:
            self._log_event("share_found", **_fields(record), reason="the Hub has it; it is ours")
        for record in changes.revoked:
            self._log_event("revoked", **_fields(record), reason="asked for before; now certain")
        return owner_shares.asked_at

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
        for owner in _owners(record.server for record in reasons):
            await self._sync_owner(owner)
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
            by_lists = await self._confirm(by_lists, planner)
        todo = (by_lists + by_policy)[:limit]
        result.postponed = len(by_lists) + len(by_policy) - len(todo)
        if len(todo) > self._revocation_limit(len(held)):
            self._store.clear_approval()
        for batch in _batches(todo):
            if time.monotonic() > deadline and result.revoked:
                result.remaining += len(todo) - result.revoked
                return
            await self._revoke(batch, reasons, result)

    def _revocation_limit(self, held: int) -> int:
        if self._max_revocations is not None:
            return self._max_revocations
        return max(MIN_REVOCATION_LIMIT, int(held * REVOCATION_LIMIT_PART))

    async def _confirm(self, records: Sequence[ShareRecord], planner: Planner) -> list[ShareRecord]:
        """Read each user and owner of ``records`` again; return the records still unwanted."""
        users = {
            name: await self._api.user(name)
            for name in sorted({r.user for r in records} | {r.owner for r in records})
        }
        confirmed = planner.still_unwanted(records, users)
        if len(confirmed) < len(records):
            self._log_event(
                "revocations_not_confirmed", wanted=len(records), confirmed=len(confirmed)
            )
        return confirmed

    async def _revoke(
        self,
        batch: Sequence[ShareRecord],
        reasons: dict[ShareRecord, RevocationReason],
        result: PassResult,
    ) -> None:
        now = self._api.hub_time
        self._store.change(
            put=[replace(record, state="revoking", changed_at=now) for record in batch]
        )
        done: list[ShareRecord] = []
        try:
            for record in batch:
                await self._api.revoke(record.server, record.user)
                done.append(record)
                self._log_event("revoked", **_fields(record), reason=reasons[record].value)
        finally:
            self._store.change(drop=done)
            result.revoked += len(done)

    async def _create_all(
        self, desired: Sequence[DesiredShare], result: PassResult, deadline: float
    ) -> None:
        by_owner: dict[str, list[DesiredShare]] = defaultdict(list)
        for share in desired:
            by_owner[share.owner].append(share)
        done = 0
        for owner, of_owner in by_owner.items():
            if time.monotonic() > deadline and done:
                break
            asked_at = await self._sync_owner(owner)
            present = {
                (record.server, record.user)
                for record in self._store.records_of_owner(owner)
                if record.state != "gone"
            }
            missing = [share for share in of_owner if (share.server, share.user) not in present]
            done += len(of_owner) - len(missing)
            for batch in _batches(missing):
                if time.monotonic() > deadline and done:
                    break
                await self._create(batch, asked_at, result)
                done += len(batch)
        result.remaining += len(desired) - done

    async def _create(
        self, batch: Sequence[DesiredShare], asked_at: datetime, result: PassResult
    ) -> None:
        records = [ShareRecord(s.server, s.user, s.grant, "creating", "", asked_at) for s in batch]
        self._store.change(put=records)
        held: list[ShareRecord] = []
        refused: list[ShareRecord] = []
        try:
            for record in records:
                try:
                    share = await self._api.create(record.server, record.user)
                except HubRefused as error:
                    refused.append(record)
                    self._log_event("refused", **_fields(record), reason=str(error))
                else:
                    # The Hub had none when its shares were read just before, so this one is ours.
                    held.append(replace(record, state="held", created_at=share.created_at))
                    self._log_event("granted", **_fields(record), reason="wanted by the policy")
        finally:
            self._store.change(put=held, drop=refused)
            result.created += len(held)
            result.refused += len(refused)

    async def _audit(self) -> None:
        """Read the shares of some owners, so that all are read within ``audit_s``."""
        owners = _owners(self._store.servers("held", "foreign"))
        now = time.monotonic()
        part = min(1.0, (now - self._audited_at) / self._audit_s)
        self._audited_at = now
        self._synced_at = {owner: self._synced_at.get(owner, 0.0) for owner in owners}
        oldest_first = sorted(owners, key=lambda owner: self._synced_at[owner])
        for owner in {*self._extra_syncs, *oldest_first[: ceil(len(owners) * part)]}:
            await self._sync_owner(owner)
        self._extra_syncs = Counter(
            {o: left - 1 for o, left in self._extra_syncs.items() if left > 1}
        )


def _owners(servers: Iterable[str]) -> list[str]:
    return sorted({server.partition("/")[0] for server in servers})


def _batches(items: Sequence[Item]) -> Iterator[list[Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH_SIZE)):
        yield batch


def _fields(record: ShareRecord) -> dict[str, Any]:
    return {"server": record.server, "user": record.user, "grant": record.grant}
