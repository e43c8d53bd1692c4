"""Audit: what was refused (and, if configured, allowed), as an event of jupyter_events.

A deployment collects them with a handler in ``EventLogger.handlers``. They carry the visitor's user
name and no other personal data, and never a token.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .metrics import DENIALS

if TYPE_CHECKING:
    from .extension import ScopedLauncher
    from .guards.judge import Verdict

SCHEMA_ID = (
    "https://github.com/jupyterlab-scoped-launcher/jupyterlab-scoped-launcher/events/decision/v1"
)
SCHEMA_FILE = Path(__file__).parent / "event_schemas" / "decision" / "v1.yaml"


class Audit:
    """Emits one event for each decision that a guard acts on."""

    def __init__(self, launcher: ScopedLauncher) -> None:
        self._launcher = launcher
        server: Any = launcher.serverapp
        self._events = server.event_logger
        if SCHEMA_ID not in self._events.schemas:
            self._events.register_event_schema(SCHEMA_FILE)

    def decided(self, verdict: Verdict, action: str) -> None:
        """Record ``verdict`` on the visitor's ``action`` (as the schema lists them)."""
        if not verdict.allowed:
            DENIALS.labels(kind=verdict.card.kind, reason=verdict.reason).inc()
        if verdict.allowed and not self._launcher.audit_decisions:
            return
        self._events.emit(
            schema_id=SCHEMA_ID,
            data={
                "outcome": "allowed" if verdict.allowed else "denied",
                "action": action,
                "kind": verdict.card.kind,
                "name": verdict.card.name,
                "user": verdict.user,
                "rule": verdict.rule,
                "reason": verdict.reason,
                "stale": verdict.stale,
            },
        )
