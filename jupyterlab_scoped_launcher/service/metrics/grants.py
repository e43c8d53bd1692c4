"""The metrics of the grants. Names of users and servers are never labels."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

if TYPE_CHECKING:
    from ..grants.changer import PassResult

PREFIX = "scoped_launcher_grants"


class GrantMetrics:
    """The metrics of the grants, in the service's ``registry``."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._passes = self._counter("passes", "Passes, by result", "result")
        self._changes = self._counter("changes", "Shares created, revoked, refused", "change")
        self._requests = self._counter("hub_requests", "Requests to the Hub's API")
        self._shares = self._gauge("shares", "Shares in the records, by state", "state")
        self._held_back = self._gauge("held_back", "Revocations that wait for approval")
        self._waiting = self._gauge("waiting", "Changes that later passes will make")
        self._users = self._gauge("users", "Users at the Hub")
        self._servers = self._gauge("servers", "Servers at the Hub, running or not")
        self._plan_s = self._gauge("plan_seconds", "How long the last plan took")
        self._last = self._gauge("last_success_timestamp_seconds", "When a pass last succeeded")
        self._seconds = Histogram(
            f"{PREFIX}_pass_seconds",
            "How long passes took",
            registry=self._registry,
            buckets=(0.1, 0.3, 1, 3, 10, 30, 100, 300),
        )

    def record_success(self, result: PassResult, shares: dict[str, int]) -> None:
        """Count a pass that succeeded. ``shares`` has the number of records by state."""
        self._passes.labels("done").inc()
        for change in ("created", "revoked", "refused"):
            self._changes.labels(change).inc(getattr(result, change))
        self._requests.inc(result.requests)
        for state in ("creating", "held", "revoking", "gone", "foreign"):
            self._shares.labels(state).set(shares.get(state, 0))
        self._held_back.set(result.held_back)
        self._waiting.set(result.remaining + result.postponed)
        self._users.set(result.users)
        self._servers.set(result.servers)
        self._plan_s.set(result.plan_seconds)
        self._seconds.observe(result.seconds)
        self._last.set(time.time())

    def record_changes(self, result: PassResult) -> None:
        """Count what was done between passes, because the Hub has told of changes."""
        for change in ("created", "revoked", "refused"):
            self._changes.labels(change).inc(getattr(result, change))

    def record_failure(self) -> None:
        """Count a pass that failed."""
        self._passes.labels("failed").inc()

    def _counter(self, name: str, documentation: str, *labels: str) -> Counter:
        return Counter(f"{PREFIX}_{name}", documentation, labels, registry=self._registry)

    def _gauge(self, name: str, documentation: str, *labels: str) -> Gauge:
        return Gauge(f"{PREFIX}_{name}", documentation, labels, registry=self._registry)
