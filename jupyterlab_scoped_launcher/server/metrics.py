"""Prometheus metrics, on Jupyter Server's ``/metrics`` (which Jupyter Server protects).

No label has a user, a kernel or an address.
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge

CONTEXT_READS = Counter(
    "scoped_launcher_context_reads", "Answered requests for the launcher's context"
)
HUB_REQUESTS = Counter("scoped_launcher_hub_requests", "Reads of a visitor's context at the Hub")
HUB_ERRORS = Counter(
    "scoped_launcher_hub_errors",
    "Reads of a visitor's context that failed, by error code",
    ["code"],
)
CONTEXT_AGE_SECONDS = Gauge(
    "scoped_launcher_context_age_seconds", "Age of the context that was used last"
)
IS_TOLD = Gauge("scoped_launcher_told", "1 while the Hub service tells this server of changes")
TOLD_CHANGES = Counter("scoped_launcher_told_changes", "Events that the Hub service has told")
DENIALS = Counter(
    "scoped_launcher_denials",
    "Refused uses of a card, by its kind and the reason",
    ["kind", "reason"],
)
