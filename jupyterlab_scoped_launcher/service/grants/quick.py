"""Shares with users and servers that have just changed, without reading all users.

The Hub tells which users these are. Each of them is read again, so that nothing is done on the
strength of what was told alone.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from ...changes import Change
from .affected import affected_users, as_owners, as_recipients, has_named_server
from .changer import PassResult, ShareChanger, owners_of
from .plan import Plan, Planner, RevocationReason
from .sharing_api import HubUser, SharingApi
from .store import ShareRecord, ShareStore

if TYPE_CHECKING:
    from ..._core import Policy

MAX_USERS = 500
"""With more users that have changed at once, the next pass follows them all."""

LIMIT_S = 300.0
"""In so long, changes end no more shares than one pass may revoke."""

BUDGET_S = 15.0
"""After so long, the rest is left to the next pass."""


class QuickPasses:
    """Follows changes one by one.

    ``users`` are those of the last whole list, which are kept up to date here. ``now`` returns the
    time to plan for, and ``revocation_limit`` how many shares a pass may revoke.
    """

    def __init__(
        self,
        api: SharingApi,
        store: ShareStore,
        changer: ShareChanger,
        *,
        now: Callable[[], datetime],
        revocation_limit: Callable[[], int],
    ) -> None:
        self.users: dict[str, HubUser] = {}
        self.read: dict[str, HubUser | None] = {}
        """Users read here since the last whole list was begun; None: removed."""
        self._api = api
        self._store = store
        self._changer = changer
        self._now = now
        self._revocation_limit = revocation_limit
        self._changed: set[str] = set()
        self._is_running = False
        self._revoked_at: list[float] = []

    @property
    def is_due(self) -> bool:
        """Return whether there is something to follow."""
        return bool(self._changed and self.users) and not self._is_running

    def note(self, changes: Iterable[Change]) -> None:
        """Take notice of changes at the Hub, for `run`."""
        self._changed |= affected_users(changes)

    async def run(self, policy: Policy, result: PassResult) -> None:
        """Create and revoke the shares of what has changed. Raises `HubError`.

        A whole pass calls it between its requests, because that of a large Hub takes long.
        """
        if not self.is_due:
            return
        names, self._changed = self._changed, set()
        if len(names) > MAX_USERS:
            return
        self._is_running = True
        try:
            with self._api.in_a_hurry():
                await self._follow(policy, names, result)
        except BaseException:
            self._changed |= names
            raise
        finally:
            self._is_running = False

    async def _follow(self, policy: Policy, names: set[str], result: PassResult) -> None:
        present = await self._read(names)
        about = self._store.records_about(present, "held", "foreign")
        await self._plan(policy, as_recipients(self.users, present), about, result)
        if not any(map(has_named_server, present.values())):
            return
        for owner in present:
            if any(record.state == "held" for record in self._store.records_of_owner(owner)):
                await self._changer.sync_owner(owner)  # somebody may have ended shares of ours
        owned = [r for name in present for r in self._store.records_of_owner(name)]
        await self._plan(policy, as_owners(self.users, present), owned, result)

    async def _read(self, names: Iterable[str]) -> dict[str, HubUser]:
        """Read the users again; return those that the Hub has."""
        read = {name: await self._api.user(name) for name in sorted(names)}
        self.read.update(read)
        present = {name: user for name, user in read.items() if user is not None}
        self.users.update(present)
        for name in read.keys() - present.keys():
            self.users.pop(name, None)  # the Hub has removed their shares, too
        return present

    async def _plan(
        self,
        policy: Policy,
        users: list[HubUser],
        records: list[ShareRecord],
        result: PassResult,
    ) -> None:
        planner = Planner(policy, users, self._now())
        plan = await asyncio.to_thread(
            planner.plan,
            [record for record in records if record.state == "held"],
            [record for record in records if record.state == "foreign"],
        )
        await self._revoke(plan, planner, result)
        await self._changer.create_all(plan.create, result, time.monotonic() + BUDGET_S)

    async def _revoke(self, plan: Plan, planner: Planner, result: PassResult) -> None:
        """Revoke what the change has ended. If that is much, the next pass decides."""
        reasons = {r: why for r, why in plan.revoke if why is RevocationReason.NO_MATCH}
        now = time.monotonic()
        self._revoked_at = [at for at in self._revoked_at if now - at < LIMIT_S]
        if not reasons or len(reasons) + len(self._revoked_at) > self._revocation_limit():
            return
        for owner in owners_of(record.server for record in reasons):
            await self._changer.sync_owner(owner)
        held = set(self._store.records_about({r.user for r in reasons}, "held"))
        batch = await self._changer.confirm([r for r in reasons if r in held], planner)
        self._revoked_at += [now] * len(batch)
        await self._changer.revoke(batch, reasons, result)
