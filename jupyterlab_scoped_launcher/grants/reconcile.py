"""One pass: read the Hub, plan, apply the difference; safe to end at any point and begin again.

Before the Hub is asked to change anything, the records say so; afterwards they say that it did.
What a crash leaves in between is looked up at the Hub by the next pass (``settle``).
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from itertools import islice
from math import ceil
from typing import TYPE_CHECKING, Any, TypeVar

from .clock import SteadyClock
from .hub_client import HubClient, HubRefused, HubUnavailable, User
from .log import Log
from .plan import Cause, Plan, Planner, Wish
from .records import Records, Row
from .settle import settle

if TYPE_CHECKING:
    from jupyterlab_scoped_launcher._core import Policy

BATCH = 50
"""How many changes are announced in the records at once."""

AUDIT_S = 300.0
"""How soon a share that somebody else ended is noticed, at the latest."""

MIN_CAP, CAP_PART = 20, 0.1
"""A pass revokes at most this many shares, or this part of those held if that is more."""

Item = TypeVar("Item")


@dataclass
class Report:
    """What one pass found and did."""

    users: int = 0
    servers: int = 0
    created: int = 0
    revoked: int = 0
    refused: int = 0
    """Changes that the Hub refused: a user or server that had just gone."""
    left: int = 0
    """Changes that are left for the next pass, which should begin at once."""
    waiting: int = 0
    """Revocations that the policy asks for, beyond the cap of a pass: the next ones do them."""
    held_back: int = 0
    """Revocations that wait for somebody's approval: more than the cap at once."""
    requests: int = 0
    seconds: float = 0.0
    plan_seconds: float = 0.0


class Reconciler:
    """Makes the Hub's shares follow a policy's grants.

    ``cap`` is the most revocations of one pass (None: MIN_CAP, or CAP_PART of the shares held);
    ``budget_s`` is how long a pass may go on changing things before the Hub is read again, or as
    long as that takes if it is more;
    ``interval_s`` how soon those who were active last are seen, however long that takes.
    """

    def __init__(
        self,
        hub: HubClient,
        records: Records,
        log: Log,
        *,
        cap: int | None = None,
        budget_s: float = 15.0,
        interval_s: float = 15.0,
        audit_s: float = AUDIT_S,
    ) -> None:
        self._hub = hub
        self._records = records
        self._log = log
        self._cap = cap
        self._budget_s = budget_s
        self._interval_s = interval_s
        self._audit_s = audit_s
        self._clock = SteadyClock()
        self._looked_at: dict[str, float] = {}  # owner -> when their shares were read last
        self._due: Counter[str] = Counter()  # owner -> in how many passes to look, whatever else
        self._started: dict[str, str | None] = {}  # granted server -> its last start
        self._audited_at = time.monotonic()
        self._known: dict[str, User] = {}  # as the last whole list had them
        self._reading_s = 0.0  # how long that took
        self._recent: dict[str, User] = {}  # read in quick looks since the whole list was begun
        self._quick_look_due = 0.0
        self.plan = Plan()
        """The plan of the last pass."""
        self.held_back: list[Row] = []
        """What the last pass would have revoked, had it been allowed to."""

    async def dry_run(self, policy: Policy) -> Plan:
        """Return what a pass would do, without doing anything."""
        planner = await self._read(policy, Report())
        return planner.plan(
            self._records.rows("held", "creating", "revoking"), self._records.rows("foreign")
        )

    async def run(self, policy: Policy) -> Report:
        """Make one pass. Raises HubError when the Hub does not answer well; nothing is lost."""
        report = Report()
        began, requests = time.monotonic(), self._hub.requests
        planner = await self._read(policy, report)
        for owner in _owners(self._records.servers("creating", "revoking")):
            await self._look(owner)
        plan = self.plan = await self._plan(planner, report)
        self._records.change(put=plan.relabel)
        # As long at least as reading took, or a large Hub would mostly be read.
        deadline = time.monotonic() + max(self._budget_s, self._reading_s)
        await self._revoke_all(plan.revoke, planner, report, deadline)
        await self._create_all(plan.create, report, deadline)
        await self._audit()
        self._records.forget_gone(self._hub_time())
        report.requests = self._hub.requests - requests
        report.seconds = time.monotonic() - began
        return report

    async def _read(self, policy: Policy, report: Report) -> Planner:
        """Read all users; note which granted servers were started again."""

        async def between_pages() -> None:
            if self._known and time.monotonic() >= self._quick_look_due:
                await self._quick_look(policy, report)

        began = time.monotonic()
        self._quick_look_due = began + self._interval_s / 2
        self._recent = {}
        if self._reading_s > self._interval_s / 3:
            await self._quick_look(policy, report)
        users = await self._hub.users(between_pages)
        self._reading_s = time.monotonic() - began
        report.users = len(users)
        report.servers = sum(len(user.servers) for user in users)
        if not users and self._records.count().get("held"):
            raise HubUnavailable("The Hub says that it has no users at all: not believed.")
        now = self._now()
        self._note_starts(users)
        # Who was let in by a quick look may not have been a member yet when the list came to them.
        self._known = {user.name: self._recent.get(user.name, user) for user in users}
        return Planner(policy, self._known.values(), now)

    async def _quick_look(self, policy: Policy, report: Report) -> None:
        """Share what those who were active last wait for, while reading the whole list of a large
        Hub takes its time. Nothing is revoked by this."""
        began = time.monotonic()
        recent = {user.name: user for user in await self._hub.recent_users()}
        self._recent.update(recent)
        planner = Planner(policy, {**self._known, **recent}.values(), self._now())
        plan = await self._plan(planner, report)
        wishes = [wish for wish in plan.create if wish.user in recent or wish.owner in recent]
        await self._create_all(wishes, report, time.monotonic() + self._budget_s)
        now = time.monotonic()
        self._quick_look_due = now + max(self._interval_s / 2, 2 * (now - began))

    async def _plan(self, planner: Planner, report: Report) -> Plan:
        before = time.monotonic()
        plan = await asyncio.to_thread(  # pages are served meanwhile
            planner.plan, self._records.rows("held"), self._records.rows("foreign")
        )
        report.plan_seconds = time.monotonic() - before
        return plan

    def _now(self) -> datetime:
        """Return the time to plan for."""
        now = self._clock.now(self._hub_time())
        if self._clock.jumped:
            self._log("clock_jumped", hub_time=self._hub_time().isoformat(), used=now.isoformat())
        return now

    def _note_starts(self, users: Iterable[User]) -> None:
        """Mark the owners who started a granted server again, for a look now and one later.

        Programs that replace a server (jhub-apps does) end all its shares just after the start.
        """
        granted = set(self._records.servers("held"))
        for user in users:
            for name, server in user.servers.items():
                full_name = f"{user.name}/{name}"
                if full_name not in granted:
                    continue
                if self._started.get(full_name, server.started) != server.started:
                    self._due[user.name] = 2
                self._started[full_name] = server.started

    async def _look(self, owner: str) -> datetime:
        """Bring the records of ``owner``'s servers up to date; return the Hub's time before."""
        listing = await self._hub.shares(owner)
        changes = settle(self._records.of_owner(owner), listing, self._records.gone_since)
        self._records.change(changes.put, changes.drop)
        self._looked_at[owner] = time.monotonic()
        for row in changes.lost:
            self._log("share_lost", **_fields(row), reason="the Hub no longer has it")
        for row in changes.found:
            self._log("share_found", **_fields(row), reason="the Hub has it, and it is ours")
        for row in changes.revoked:
            self._log("revoked", **_fields(row), reason="begun before this start, now certain")
        return listing.asked_at

    async def _revoke_all(
        self,
        unwanted: Sequence[tuple[Row, Cause]],
        planner: Planner,
        report: Report,
        deadline: float,
    ) -> None:
        self.held_back = []
        if not unwanted:
            return
        causes = dict(unwanted)
        for owner in _owners(row.server for row in causes):
            await self._look(owner)
        held = set(self._records.rows("held"))
        causes = {row: cause for row, cause in causes.items() if row in held}
        for row, cause in causes.items():
            if cause in (Cause.SERVER_GONE, Cause.USER_GONE):
                raise HubUnavailable(
                    f"The Hub's lists contradict each other about {row.server} and {row.user}."
                )
        certain = [row for row, cause in causes.items() if cause.from_policy]
        doubtful = [row for row, cause in causes.items() if not cause.from_policy]
        approved = self._records.approved(self._hub_time())
        cap = max(self._cap_for(len(held)), approved)
        if len(doubtful) > cap:
            self.held_back = doubtful
            report.held_back = len(doubtful)
            self._log("revocations_held_back", wanted=len(doubtful), cap=cap)
            doubtful = []
        elif doubtful:
            doubtful = await self._confirmed(doubtful, planner)
        todo = (doubtful + certain)[:cap]
        report.waiting = len(doubtful) + len(certain) - len(todo)
        if len(todo) > self._cap_for(len(held)):
            self._records.end_approval()
        for batch in _batches(todo):
            if time.monotonic() > deadline and report.revoked:
                report.left += len(todo) - report.revoked
                return
            await self._revoke(batch, causes, report)

    def _cap_for(self, held: int) -> int:
        return max(MIN_CAP, int(held * CAP_PART)) if self._cap is None else self._cap

    async def _confirmed(self, rows: Sequence[Row], planner: Planner) -> list[Row]:
        """Return those of ``rows`` that are unwanted after reading each user in it again, alone."""
        fresh = {
            name: await self._hub.user(name)
            for name in sorted({row.user for row in rows} | {row.owner for row in rows})
        }
        confirmed = planner.still_unwanted(rows, fresh)
        if len(confirmed) < len(rows):
            self._log("revocations_doubted", wanted=len(rows), confirmed=len(confirmed))
        return confirmed

    async def _revoke(self, batch: Sequence[Row], causes: dict[Row, Cause], report: Report) -> None:
        now = self._hub_time()
        self._records.change(put=[replace(row, state="revoking", changed_at=now) for row in batch])
        done: list[Row] = []
        try:
            for row in batch:
                await self._hub.revoke(row.server, row.user)
                done.append(row)
                self._log("revoked", **_fields(row), reason=causes[row].value)
        finally:
            self._records.change(drop=done)
            report.revoked += len(done)

    async def _create_all(self, wishes: Sequence[Wish], report: Report, deadline: float) -> None:
        by_owner: dict[str, list[Wish]] = defaultdict(list)
        for wish in wishes:
            by_owner[wish.owner].append(wish)
        done = 0
        for owner, of_owner in by_owner.items():
            if time.monotonic() > deadline and done:
                break
            asked_at = await self._look(owner)
            known = {
                (row.server, row.user)
                for row in self._records.of_owner(owner)
                if row.state != "gone"
            }
            missing = [wish for wish in of_owner if (wish.server, wish.user) not in known]
            done += len(of_owner) - len(missing)
            for batch in _batches(missing):
                if time.monotonic() > deadline and done:
                    break
                await self._create(batch, asked_at, report)
                done += len(batch)
        report.left += len(wishes) - done

    async def _create(self, batch: Sequence[Wish], asked_at: datetime, report: Report) -> None:
        rows = [Row(w.server, w.user, w.grant, "creating", "", asked_at) for w in batch]
        self._records.change(put=rows)
        held: list[Row] = []
        refused: list[Row] = []
        try:
            for row in rows:
                try:
                    share = await self._hub.create(row.server, row.user)
                except HubRefused as error:
                    refused.append(row)
                    self._log("refused", **_fields(row), reason=str(error))
                else:
                    # The Hub had none when we looked just before, so this one is ours.
                    held.append(replace(row, state="held", created_at=share.created_at))
                    self._log("granted", **_fields(row), reason="wanted by the policy")
        finally:
            self._records.change(put=held, drop=refused)
            report.created += len(held)
            report.refused += len(refused)

    async def _audit(self) -> None:
        """Look at the shares of some owners, so that all are looked at within ``audit_s``."""
        owners = _owners(self._records.servers("held", "foreign"))
        now = time.monotonic()
        part = min(1.0, (now - self._audited_at) / self._audit_s)
        self._audited_at = now
        self._looked_at = {owner: self._looked_at.get(owner, 0.0) for owner in owners}
        by_age = sorted(owners, key=lambda owner: self._looked_at[owner])
        for owner in {*self._due, *by_age[: ceil(len(owners) * part)]}:
            await self._look(owner)
        self._due = Counter({owner: left - 1 for owner, left in self._due.items() if left > 1})

    def _hub_time(self) -> datetime:
        return self._hub.hub_time or datetime.now(timezone.utc)


def _owners(servers: Iterable[str]) -> list[str]:
    return sorted({server.partition("/")[0] for server in servers})


def _batches(items: Sequence[Item]) -> Iterator[list[Item]]:
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _fields(row: Row) -> dict[str, Any]:
    return {"server": row.server, "user": row.user, "grant": row.grant}
