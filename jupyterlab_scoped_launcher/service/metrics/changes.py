"""The metrics of the changes. Names of users and servers are never labels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from ..changes.part import Changes

PREFIX = "scoped_launcher_changes"


class ChangeMetrics(Collector):
    """Reads the metrics from the part when they are asked for."""

    def __init__(self, registry: CollectorRegistry, changes: Changes) -> None:
        self._changes = changes
        registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics."""
        changes = self._changes
        yield GaugeMetricFamily(
            f"{PREFIX}_subscribers", "Users' servers that listen", len(changes.subscribers)
        )
        yield GaugeMetricFamily(
            f"{PREFIX}_hub_heard",
            "1 while the Hub tells",
            changes.received.is_hub_heard,
        )
        for name, text, value in (
            ("received", "Changes that the Hub has told", changes.facts.now),
            ("sent", "Events that were sent to servers", changes.subscribers.sent),
            ("cut_off", "Readers that were too slow", changes.subscribers.cut_off),
            ("lost", "Times that changes were lost", changes.losses),
            ("looks", "Looks at the Hub's list of users", changes.looks),
        ):
            yield CounterMetricFamily(f"{PREFIX}_{name}", text, value)
