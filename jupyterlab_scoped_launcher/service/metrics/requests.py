"""The metrics of requests and mails. Names of users are never labels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ..database import DatabaseError

if TYPE_CHECKING:
    from ..mail.part import MailPart
    from ..requests.part import JoinRequests

PREFIX = "scoped_launcher_requests"


class RequestMetrics(Collector):
    """Reads the metrics from the database when they are asked for; none while it cannot be used."""

    def __init__(self, registry: CollectorRegistry, requests: JoinRequests, mail: MailPart) -> None:
        self._requests = requests
        self._mail = mail
        registry.register(self)

    def describe(self) -> Iterator[Metric]:
        """Yield nothing: the database may not be open yet."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics."""
        try:
            states, mails = self._requests.store.count(), self._mail.count()
        except DatabaseError:
            return
        requests = GaugeMetricFamily(PREFIX, "Requests to join groups", labels=["state"])
        for state, count in states.items():
            requests.add_metric([state], count)
        yield requests
        if mails is not None:
            family = GaugeMetricFamily(f"{PREFIX}_mails", "Mails about requests", labels=["state"])
            for state, count in mails.items():
                family.add_metric([state], count)
            yield family
