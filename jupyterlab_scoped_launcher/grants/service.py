"""The service: one pass after another, as long as it is wanted."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import sqlite3
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from jupyterlab_scoped_launcher.policy_store import PolicyStore

from .hub_client import HubClient, HubError, HubUnavailable
from .log import events
from .metrics import Metrics
from .plan import PlanError
from .reconcile import Reconciler, Report
from .records import Records, RecordsError, RecordsLocked

if TYPE_CHECKING:
    from jupyterlab_scoped_launcher._core import Policy

MAX_BACK_OFF_S = 300.0

Status = Literal["starting", "ok", "held_back", "standby", "no_policy", "hub_trouble", "trouble"]


@dataclass(frozen=True)
class Settings:
    """How the service runs; docs/grants.md tells what each option is for."""

    policy: Path
    records: Path
    api_url: str
    token: str = field(repr=False)
    interval_s: float = 15.0
    cap: int | None = None
    page_size: int = 200
    hub_share: float = 0.25

    def hub_client(self) -> HubClient:
        """Return a client for the Hub of these settings."""
        return HubClient(
            self.api_url, self.token, page_size=self.page_size, hub_share=self.hub_share
        )


@dataclass
class State:
    """How the service is, for the health endpoint and the page."""

    status: Status = "starting"
    problem: str = ""
    report: Report | None = None
    ended_at: datetime | None = None
    failures: int = 0


class NoPolicyError(Exception):
    """There is no policy to follow; the text says why."""


class Service:
    """Runs passes every ``interval_s``; on trouble it waits longer and longer."""

    def __init__(self, settings: Settings, logger: logging.Logger) -> None:
        self.settings = settings
        self.state = State()
        self.metrics = Metrics()
        self.records: Records | None = None
        self.reconciler: Reconciler | None = None
        self._log = events(logger)
        self._hub = settings.hub_client()
        self._hub_is_checked = False
        self._ended_at: float | None = None  # by the clock that does not jump
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

    async def forever(self) -> None:
        """Make passes until cancelled."""
        while True:
            began = time.monotonic()
            wait = await self._guarded_pass()
            await asyncio.sleep(max(0.0, wait - (time.monotonic() - began)))

    async def once(self) -> Report:
        """Make passes until nothing is left to do now; return the sums.

        Raises HubError, PlanError, RecordsError or NoPolicyError.
        """
        total = await self._pass()
        while total.left:
            more = await self._pass()
            for name in ("created", "revoked", "refused", "requests"):
                setattr(more, name, getattr(more, name) + getattr(total, name))
            more.seconds += total.seconds
            total = more
        return total

    def age_s(self) -> float | None:
        """Return how long ago the last good pass ended, in seconds (None: there was none)."""
        if self._ended_at is None:
            return None
        return round(time.monotonic() - self._ended_at, 1)

    def close(self) -> None:
        """Let go of the records and the Hub."""
        self._hub.close()
        if self.records is not None:
            self.records.close()

    async def _guarded_pass(self) -> float:
        """Make one pass and note how it went; return how long to wait from its beginning."""
        interval = self.settings.interval_s
        try:
            report = await self._pass()
        except NoPolicyError as problem:
            self._trouble("no_policy", problem)
            return interval
        except RecordsLocked as locked:
            self._trouble("standby", locked)
            return interval
        except HubUnavailable as problem:
            self._trouble("hub_trouble", problem)
            return max(self._back_off(), problem.retry_after_s)
        except (HubError, PlanError, RecordsError, sqlite3.Error, OSError) as problem:
            self._trouble("trouble", problem)
            return self._back_off()
        except Exception as problem:
            # A bug must not end the service: what is granted now is still to be revoked in time.
            self._trouble("trouble", problem, exc_info=True)
            return self._back_off()
        self._ended_well(report)
        return 0.0 if report.left else interval

    async def _pass(self) -> Report:
        if self.records is None:
            self.records = Records(self.settings.records)
            self.reconciler = Reconciler(
                self._hub,
                self.records,
                self._log,
                cap=self.settings.cap,
                interval_s=self.settings.interval_s,
            )
        assert self.reconciler is not None  # noqa: S101 (made with the records)
        policy = self.policy
        if not self._hub_is_checked:
            version = await self._hub.check()
            self._hub_is_checked = True
            self._log("hub_found", version=version)
        return await self.reconciler.run(policy)

    def _ended_well(self, report: Report) -> None:
        if self.records is None:
            return
        self._ended_at = time.monotonic()
        self.state = State(
            "held_back" if report.held_back else "ok", "", report, datetime.now(timezone.utc)
        )
        self.metrics.done(report, self.records.count())
        if report.created or report.revoked or report.refused or report.left:
            self._log("pass_ended", **{k: _short(v) for k, v in vars(report).items()})

    def _trouble(self, status: Status, problem: Exception, *, exc_info: bool = False) -> None:
        text = str(problem) or type(problem).__name__
        if (status, text) != (self.state.status, self.state.problem) or exc_info:
            self._log("pass_failed", status=status, problem=text)
        self.state.status, self.state.problem = status, text
        self.state.failures += 1
        self.metrics.failed()
        self._hub_is_checked = False  # the Hub that comes back may be another version

    def _back_off(self) -> float:
        """Return how long to wait after a failure: longer each time, and never all at once."""
        seconds = self.settings.interval_s * 2.0 ** min(self.state.failures - 1, 10)
        return min(seconds, MAX_BACK_OFF_S) * random.uniform(0.8, 1.2)  # noqa: S311


def grants_of(policy: Policy) -> list[dict[str, Any]]:
    """Return the grants of a policy, as written there."""
    found: list[dict[str, Any]] = json.loads(policy.document()).get("grants") or []
    return found


def _short(value: float) -> float:
    return round(value, 3)
