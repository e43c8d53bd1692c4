"""What Prometheus may read of the service; names of users and servers are never labels."""

from __future__ import annotations

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from .reconcile import Report

PREFIX = "scoped_launcher_grants"


class Metrics:
    """The service's metrics, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._passes = self._counter("passes", "Passes, by how they ended", "result")
        self._changes = self._counter("changes", "Shares created, revoked, refused", "change")
        self._requests = self._counter("hub_requests", "Requests to the Hub's API")
        self._shares = self._gauge("shares", "Shares in the records, by state", "state")
        self._held_back = self._gauge("held_back", "Revocations that wait for approval")
        self._waiting = self._gauge("waiting", "Changes that later passes will make")
        self._users = self._gauge("users", "Users at the Hub")
        self._servers = self._gauge("servers", "Servers at the Hub, running or not")
        self._plan_s = self._gauge("plan_seconds", "How long the last plan took")
        self._last = self._gauge("last_success_timestamp_seconds", "When the last pass ended well")
        self._seconds = Histogram(
            f"{PREFIX}_pass_seconds",
            "How long passes took",
            registry=self._registry,
            buckets=(0.1, 0.3, 1, 3, 10, 30, 100, 300),
        )

    def done(self, report: Report, shares: dict[str, int]) -> None:
        """Note a pass that ended well, and what the records hold after it."""
        self._passes.labels("done").inc()
        for change in ("created", "revoked", "refused"):
            self._changes.labels(change).inc(getattr(report, change))
        self._requests.inc(report.requests)
        for state in ("creating", "held", "revoking", "gone", "foreign"):
            self._shares.labels(state).set(shares.get(state, 0))
        self._held_back.set(report.held_back)
        self._waiting.set(report.left + report.waiting)
        self._users.set(report.users)
        self._servers.set(report.servers)
        self._plan_s.set(report.plan_seconds)
        self._seconds.observe(report.seconds)
        self._last.set(time.time())

    def failed(self) -> None:
        """Note a pass that failed."""
        self._passes.labels("failed").inc()

    def text(self) -> bytes:
        """Return all metrics in Prometheus's text format."""
        return generate_latest(self._registry)

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(f"{PREFIX}_{name}", what, labels, registry=self._registry)

    def _gauge(self, name: str, what: str, *labels: str) -> Gauge:
        return Gauge(f"{PREFIX}_{name}", what, labels, registry=self._registry)
