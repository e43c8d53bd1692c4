"""Makes one pass after another until it is stopped."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Literal

from ...changes import Change
from ...hub_api import HubError, HubUnavailable
from ..database import Database, DatabaseError
from ..log import LogEvent
from ..metrics.grants import GrantMetrics
from ..policy import FollowedPolicy, NoPolicyError
from .changer import PassResult
from .plan import PlanError, policy_grants
from .reconcile import Reconciler
from .store import ShareStore

if TYPE_CHECKING:
    from ..settings import ServiceSettings

MAX_RETRY_DELAY_S = 300.0

TOLD_INTERVALS = 4
"""While the Hub tells its changes, whole passes have so many intervals between them."""

STALE_INTERVALS = 2 * TOLD_INTERVALS
"""The grants are unhealthy when no pass succeeded for this many intervals and a minute."""

Status = Literal[
    "starting", "ok", "not_needed", "held_back", "no_policy", "hub_unavailable", "error"
]


@dataclass
class GrantsState:
    """How the last pass went, for the health endpoint and the page."""

    status: Status = "starting"
    problem: str = ""
    result: PassResult | None = None
    ended_at: datetime | None = None
    failures: int = 0


class GrantPasses:
    """Makes passes every ``interval_s``; after failures it waits longer and longer.

    While the policy has no grants, and no share is left of earlier ones, it does not ask the Hub.
    While the Hub tells its changes (``is_told``), these are followed at once, and whole passes are
    made less often. ``open_database`` raises `DatabaseError` while the database cannot be used.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        policy: FollowedPolicy,
        open_database: Callable[[], Database],
        metrics: GrantMetrics,
        log_event: LogEvent,
        is_told: Callable[[], bool] = lambda: False,
    ) -> None:
        self.settings = settings
        self.state = GrantsState()
        self.store: ShareStore | None = None
        self.reconciler: Reconciler | None = None
        self._policy = policy
        self._open_database = open_database
        self._metrics = metrics
        self._log_event = log_event
        self._api = settings.sharing_api()
        self._is_told = is_told
        self._wakened = asyncio.Event()
        self._hub_is_checked = False
        self._succeeded_at: float | None = None  # monotonic

    async def run_forever(self) -> None:
        """Make passes until cancelled."""
        while True:
            began = time.monotonic()
            wait_s = await self._try_pass()
            if self._is_told() and self.state.status == "ok" and wait_s > 0:
                wait_s *= TOLD_INTERVALS
            while (left_s := began + wait_s - time.monotonic()) > 0:
                with suppress(TimeoutError, asyncio.TimeoutError):
                    await asyncio.wait_for(self._wakened.wait(), left_s)
                if self._wakened.is_set() and not await self._try_changes():
                    break

    def note(self, changes: list[Change]) -> None:
        """Take notice of changes at the Hub, and follow them soon."""
        if self.reconciler is not None:
            self.reconciler.quick.note(changes)
            self._wakened.set()

    def hasten(self) -> None:
        """Make the next pass soon: changes were lost."""
        self._hastened = True
        self._wakened.set()

    async def run_once(self) -> PassResult:
        """Make passes until no change remains; return the sums.

        Raises HubError, PlanError, DatabaseError or NoPolicyError.
        """
        total = await self._run_pass()
        while total.remaining:
            more = await self._run_pass()
            more.created += total.created
            more.revoked += total.revoked
            more.refused += total.refused
            more.requests += total.requests
            more.seconds += total.seconds
            total = more
        return total

    def age_s(self) -> float | None:
        """Return how long ago the last pass succeeded, in seconds (None: none did)."""
        if self._succeeded_at is None:
            return None
        return round(time.monotonic() - self._succeeded_at, 1)

    @property
    def is_healthy(self) -> bool:
        """Return whether passes succeed, or none is needed."""
        age_s = self.age_s()
        recent = age_s is not None and age_s < STALE_INTERVALS * self.settings.interval_s + 60.0
        return recent or self.state.status in ("ok", "held_back", "not_needed")

    def close(self) -> None:
        """Close the connections to the Hub."""
        self._api.close()

    async def _try_pass(self) -> float:
        """Make one pass and record its result; return how long to wait from its beginning."""
        interval_s = self.settings.interval_s
        try:
            if not self._is_needed():
                self.state = GrantsState("not_needed")
                return interval_s
            result = await self._run_pass()
        except NoPolicyError as problem:
            self._record_failure("no_policy", problem)
            return interval_s
        except HubUnavailable as problem:
            self._record_failure("hub_unavailable", problem)
            return max(self._retry_delay_s(), problem.retry_after_s)
        except (HubError, PlanError, DatabaseError, OSError) as problem:
            self._record_failure("error", problem)
            return self._retry_delay_s()
        except Exception as problem:
            # A bug must not end the service: granted shares must still be revoked in time.
            self._record_failure("error", problem, unexpected=True)
            return self._retry_delay_s()
        self._record_success(result)
        return 0.0 if result.remaining else interval_s

    async def _try_changes(self) -> bool:
        """Follow changes. Returns whether the next pass may wait for its time."""
        self._wakened.clear()
        hastened, self._hastened = self._hastened, False
        reconciler = self.reconciler
        if hastened or reconciler is None or self.state.status not in ("ok", "held_back"):
            return not hastened
        result = PassResult()
        try:
            await reconciler.quick.run(self._policy.current(), result)
        except Exception as problem:
            expected = isinstance(problem, HubError | PlanError | DatabaseError | NoPolicyError)
            self._log_event("changes_failed", exc_info=not expected, problem=str(problem))
            return False  # the next pass finds out what is wrong
        self._metrics.record_changes(result)
        return not result.remaining

    _hastened = False

    def _is_needed(self) -> bool:
        """Return whether the policy has grants, or shares of earlier ones are left."""
        if policy_grants(self._policy.current()):
            return True
        counts = self._opened_store().count()
        return any(counts.get(state) for state in ("creating", "held", "revoking"))

    def _opened_store(self) -> ShareStore:
        if self.store is None:
            self.store = ShareStore(self._open_database())
        return self.store

    async def _run_pass(self) -> PassResult:
        store = self._opened_store()
        if self.reconciler is None:
            self.reconciler = Reconciler(
                self._api,
                store,
                self._log_event,
                max_revocations=self.settings.max_revocations,
                interval_s=self.settings.interval_s,
                is_told=self._is_told,
            )
        policy = self._policy.current()
        if not self._hub_is_checked:
            version = await self._api.check()
            self._hub_is_checked = True
            self._log_event("hub_found", version=version)
        return await self.reconciler.run(policy)

    def _record_success(self, result: PassResult) -> None:
        self._succeeded_at = time.monotonic()
        self.state = GrantsState(
            "held_back" if result.held_back else "ok", "", result, datetime.now(timezone.utc)
        )
        self._metrics.record_success(result, self._opened_store().count())
        if result.created or result.revoked or result.refused or result.remaining:
            self._log_event("pass_ended", **{k: round(v, 3) for k, v in vars(result).items()})

    def _record_failure(
        self, status: Status, problem: Exception, *, unexpected: bool = False
    ) -> None:
        text = str(problem) or type(problem).__name__
        if (status, text) != (self.state.status, self.state.problem) or unexpected:
            self._log_event("pass_failed", exc_info=unexpected, status=status, problem=text)
        self.state.status, self.state.problem = status, text
        self.state.failures += 1
        self._metrics.record_failure()
        self._hub_is_checked = False  # the Hub may be upgraded or replaced meanwhile

    def _retry_delay_s(self) -> float:
        """Return how long to wait after a failure: longer each time, with some randomness."""
        seconds = self.settings.interval_s * 2.0 ** min(self.state.failures - 1, 10)
        return min(seconds, MAX_RETRY_DELAY_S) * random.uniform(0.8, 1.2)  # noqa: S311
