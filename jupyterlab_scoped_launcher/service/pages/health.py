"""Health and metrics, for programs."""

from __future__ import annotations

import json

from prometheus_client import generate_latest

from .base import PageHandler, RequiresShares


class HealthHandler(PageHandler):
    """200 while the service does its work, or another one does; else 503. It names nobody."""

    def get(self) -> None:
        """Answer ``healthy``, and the ``status`` of the service and of each part."""
        service = self.service
        grants = service.grants
        healthy = service.status == "standby" or grants.is_healthy
        self.set_status(200 if healthy else 503)
        self.set_header("Content-Type", "application/json")
        self.finish(
            json.dumps(
                {
                    "healthy": healthy,
                    "status": service.status,
                    "changes": {
                        "subscribers": len(service.changes.subscribers),
                        "hub_is_heard": service.changes.received.is_hub_heard,
                    },
                    "grants": {"status": grants.state.status, "last_pass_age_s": grants.age_s()},
                }
            )
        )


class _ForPrograms(RequiresShares):
    """Something for a token (or a visitor) with ``read:metrics`` or ``shares``."""

    other_scopes = ("read:metrics",)

    def is_allowed(self) -> bool:
        """Return whether the client may read this; if not, answer with an error page."""
        if self.current_user is not None:
            return self.check_scopes()
        self.refuse(
            "This needs a token",
            "Send “Authorization: token …” with a token that may access this service and "
            "holds read:metrics.",
        )
        return False


class MetricsHandler(_ForPrograms):
    """Prometheus's text format."""

    def get(self) -> None:
        """Answer all metrics of the service."""
        if self.is_allowed():
            self.set_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.finish(generate_latest(self.service.registry))


class StatusHandler(_ForPrograms):
    """What the service and the Hub do, and what is wrong, for `scoped-launcher hub status`."""

    def get(self) -> None:
        """Answer the status of each part, with its problem if there is one, as JSON."""
        if not self.is_allowed():
            return
        service, facts = self.service, self.service.changes.facts
        self.finish(
            {
                "service": service.status,
                "policy": {"problem": service.policy.problem},
                "roles": {
                    "applied": None if facts.policy_roles is None else len(facts.policy_roles),
                    "problem": facts.policy_problem,
                },
                "changes": {
                    "hub_is_heard": service.changes.received.is_hub_heard,
                    "subscribers": len(service.changes.subscribers),
                },
                "grants": {
                    "status": service.grants.state.status,
                    "problem": service.grants.state.problem,
                },
            }
        )
