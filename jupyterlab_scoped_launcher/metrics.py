"""Prometheus metrics, on Jupyter Server's ``/metrics`` (and as that is protected).

No label carries a user, a kernel or an address.
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge

CONTEXT_READS = Counter(
    "scoped_launcher_context_reads", "Answered requests for the launcher's context"
)
HUB_REQUESTS = Counter("scoped_launcher_hub_requests", "Readings of a visitor's facts at the Hub")
HUB_ERRORS = Counter(
    "scoped_launcher_hub_errors", "Readings of a visitor's facts that failed, by code", ["code"]
)
FACTS_AGE_SECONDS = Gauge(
    "scoped_launcher_facts_age_seconds", "Age of the facts that were decided on last"
)
DENIALS = Counter(
    "scoped_launcher_denials", "Refused uses of a card, by its kind and why", ["kind", "reason"]
)
