"""Audit events (of jupyter_events) for what was refused and, if configured, for what was allowed.

A deployment collects them with a handler in ``EventLogger.handlers``. An event has the visitor's
name and no other personal data, and never a token.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .metrics import DENIALS

if TYPE_CHECKING:
    from .decisions import Decision

SCHEMA_ID = (
    "https://github.com/jupyterlab-scoped-launcher/jupyterlab-scoped-launcher/events/decision/v1"
)
SCHEMA_FILE = Path(__file__).parents[1] / "event_schemas" / "decision" / "v1.yaml"


class Audit:
    """Emits one event for each decision that a guard applies.

    ``event_logger`` is the server's ``jupyter_events.EventLogger``. ``with_allowed``: emit events
    also for what is allowed.
    """

    def __init__(self, event_logger: Any, *, with_allowed: bool) -> None:
        self._with_allowed = with_allowed
        self._events = event_logger
        if SCHEMA_ID not in self._events.schemas:
            self._events.register_event_schema(SCHEMA_FILE)

    def record(self, decision: Decision, action: str) -> None:
        """Record ``decision`` about the visitor's ``action`` (one of the schema's)."""
        if not decision.allowed:
            DENIALS.labels(kind=decision.card.kind, reason=decision.reason).inc()
        if decision.allowed and not self._with_allowed:
            return
        service = {"service": decision.service} if decision.service else {}
        self._events.emit(
            schema_id=SCHEMA_ID,
            data={
                **service,
                "outcome": "allowed" if decision.allowed else "denied",
                "action": action,
                "kind": decision.card.kind,
                "name": decision.card.name,
                "user": decision.user,
                "rule": decision.rule,
                "reason": decision.reason,
                "stale": decision.stale,
            },
        )
