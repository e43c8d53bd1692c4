"""Makes changes to shares at the Hub, and keeps the records in step.

Before the Hub is asked for a change, the store has a record of it; afterwards the record says that
it was made. If a crash leaves one unfinished, the next pass reads the Hub's shares and finishes it
(``sync_records``).
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from ...hub_api import HubRefused
from ..log import LogEvent
from .plan import DesiredShare, Planner, RevocationReason
from .sharing_api import SharingApi
from .store import ShareRecord, ShareStore
from .sync_records import sync_records

BATCH_SIZE = 50
"""How many changes are written to the store at once before the Hub is asked for them."""

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


class ShareChanger:
    """Creates and revokes shares. Its methods raise `HubError`; what is unfinished is recorded."""

    def __init__(self, api: SharingApi, store: ShareStore, log_event: LogEvent) -> None:
        self._api = api
        self._store = store
        self._log_event = log_event
        self.synced_at: dict[str, float] = {}
        """When the shares of each owner were read last (monotonic)."""

    async def sync_owner(self, owner: str) -> datetime:
        """Bring the records of ``owner``'s servers up to date; return the Hub's time before."""
        owner_shares = await self._api.shares_of(owner)
        records = self._store.records_of_owner(owner)
        changes = sync_records(records, owner_shares, self._store.find_gone)
        self._store.change(changes.put, changes.drop)
        self.synced_at[owner] = time.monotonic()
        for record in changes.lost:
            self._log_event("share_lost", **_fields(record), reason="the Hub no longer has it")
        for record in changes.found:
            self._log_event("share_found", **_fields(record), reason="the Hub has it; it is ours")
        for record in changes.revoked:
            self._log_event("revoked", **_fields(record), reason="asked for before; now certain")
        return owner_shares.asked_at

    async def confirm(self, records: Sequence[ShareRecord], planner: Planner) -> list[ShareRecord]:
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

    async def revoke(
        self,
        batch: Sequence[ShareRecord],
        reasons: Mapping[ShareRecord, RevocationReason],
        result: PassResult,
    ) -> None:
        """Revoke the shares of ``batch``."""
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

    async def create_all(
        self,
        desired: Sequence[DesiredShare],
        result: PassResult,
        deadline: float,
        before_owner: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Create shares until ``deadline`` (monotonic); at least one batch.

        ``before_owner`` is awaited before the servers of each owner.
        """
        by_owner: dict[str, list[DesiredShare]] = defaultdict(list)
        for share in desired:
            by_owner[share.owner].append(share)
        done = 0
        for owner, of_owner in by_owner.items():
            if time.monotonic() > deadline and done:
                break
            if before_owner is not None:
                await before_owner()
            asked_at = await self.sync_owner(owner)
            present = {
                (record.server, record.user)
                for record in self._store.records_of_owner(owner)
                if record.state != "gone"
            }
            missing = [share for share in of_owner if (share.server, share.user) not in present]
            done += len(of_owner) - len(missing)
            for batch in batches(missing):
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


def owners_of(servers: Iterable[str]) -> list[str]:
    """Return the owners of servers, each once and sorted."""
    return sorted({server.partition("/")[0] for server in servers})


def batches(items: Sequence[Item]) -> Iterator[list[Item]]:
    """Yield the items in lists of `BATCH_SIZE`."""
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH_SIZE)):
        yield batch


def _fields(record: ShareRecord) -> dict[str, Any]:
    return {"server": record.server, "user": record.user, "grant": record.grant}
