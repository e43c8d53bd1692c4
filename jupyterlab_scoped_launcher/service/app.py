"""The service: it makes one pass after another until it is stopped."""

from __future__ import annotations

import asyncio
import logging
import random
import sqlite3
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..hub_api import HubError, HubUnavailable
from ..policy_store import PolicyStore
from .grants.plan import PlanError
from .grants.reconcile import PassResult, Reconciler
from .grants.sharing_api import SharingApi
from .grants.store import ShareStore, StoreError, StoreLocked
from .log import event_log
from .metrics import Metrics

if TYPE_CHECKING:
    from .._core import Policy

MAX_RETRY_DELAY_S = 300.0

Status = Literal["starting", "ok", "held_back", "standby", "no_policy", "hub_unavailable", "error"]


@dataclass(frozen=True)
class ServiceSettings:
    """How the service runs; docs/grants.md describes each option."""

    policy: Path
    records: Path
    api_url: str
    token: str = field(repr=False)
    interval_s: float = 15.0
    max_revocations: int | None = None
    page_size: int = 200
    hub_share: float = 0.25

    def sharing_api(self) -> SharingApi:
        """Return a client for the Hub of these settings."""
        return SharingApi(
            self.api_url, self.token, page_size=self.page_size, hub_share=self.hub_share
        )


@dataclass
class ServiceState:
    """The service's state, for the health endpoint and the page."""

    status: Status = "starting"
    problem: str = ""
    result: PassResult | None = None
    ended_at: datetime | None = None
    failures: int = 0


class NoPolicyError(Exception):
    """There is no policy to follow; the text says why."""


class GrantsService:
    """Makes passes every ``interval_s``; after failures it waits longer and longer."""

    def __init__(self, settings: ServiceSettings, logger: logging.Logger) -> None:
        self.settings = settings
        self.state = ServiceState()
        self.metrics = Metrics()
        self.store: ShareStore | None = None
        self.reconciler: Reconciler | None = None
        self._log_event = event_log(logger)
        self._api = settings.sharing_api()
        self._hub_is_checked = False
        self._succeeded_at: float | None = None  # monotonic
        self._policies = PolicyStore(settings.policy, logger)

    @property
    def policy(self) -> Policy:
        """Return the last good policy; raise NoPolicyError when there never was one."""
        state = self._policies.current()
        if state.policy is None:
            raise NoPolicyError(f"{self.settings.policy} cannot be used:\n{state.problem}")
        return state.policy

    @property
    def policy_problem(self) -> str:
        """Return what is wrong with the policy file as it is now ("" if nothing is)."""
        return self._policies.current().problem

    async def run_forever(self) -> None:
        """Make passes until cancelled."""
        while True:
            began = time.monotonic()
            wait_s = await self._try_pass()
            await asyncio.sleep(max(0.0, wait_s - (time.monotonic() - began)))

    async def run_once(self) -> PassResult:
        """Make passes until no change remains; return the sums.

        Raises HubError, PlanError, StoreError or NoPolicyError.
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

    def close(self) -> None:
        """Close the store and the connections to the Hub."""
        self._api.close()
        if self.store is not None:
            self.store.close()

    async def _try_pass(self) -> float:
        """Make one pass and record its result; return how long to wait from its beginning."""
        interval_s = self.settings.interval_s
        try:
            result = await self._run_pass()
        except NoPolicyError as problem:
            self._record_failure("no_policy", problem)
            return interval_s
        except StoreLocked as problem:
            self._record_failure("standby", problem)
            return interval_s
        except HubUnavailable as problem:
            self._record_failure("hub_unavailable", problem)
            return max(self._retry_delay_s(), problem.retry_after_s)
        except (HubError, PlanError, StoreError, sqlite3.Error, OSError) as problem:
            self._record_failure("error", problem)
            return self._retry_delay_s()
        except Exception as problem:
            # A bug must not end the service: granted shares must still be revoked in time.
            self._record_failure("error", problem, unexpected=True)
            return self._retry_delay_s()
        self._record_success(result)
        return 0.0 if result.remaining else interval_s

    async def _run_pass(self) -> PassResult:
        if self.store is None:
            self.store = ShareStore(self.settings.records)
        if self.reconciler is None:
            self.reconciler = Reconciler(
                self._api,
                self.store,
                self._log_event,
                max_revocations=self.settings.max_revocations,
                interval_s=self.settings.interval_s,
            )
        policy = self.policy
        if not self._hub_is_checked:
            version = await self._api.check()
            self._hub_is_checked = True
            self._log_event("hub_found", version=version)
        return await self.reconciler.run(policy)

    def _record_success(self, result: PassResult) -> None:
        if self.store is None:
            return
        self._succeeded_at = time.monotonic()
        self.state = ServiceState(
            "held_back" if result.held_back else "ok", "", result, datetime.now(timezone.utc)
        )
        self.metrics.record_success(result, self.store.count())
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
        self.metrics.record_failure()
        self._hub_is_checked = False  # the Hub may be upgraded or replaced meanwhile

    def _retry_delay_s(self) -> float:
        """Return how long to wait after a failure: longer each time, with some randomness."""
        seconds = self.settings.interval_s * 2.0 ** min(self.state.failures - 1, 10)
        return min(seconds, MAX_RETRY_DELAY_S) * random.uniform(0.8, 1.2)  # noqa: S311
