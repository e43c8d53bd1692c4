"""The service's pages: the grants for people who hold ``shares``, health, and metrics."""

from __future__ import annotations

import json
import secrets
from collections import defaultdict
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlparse

from jupyterhub.services.auth import HubOAuthCallbackHandler
from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler, authenticated

from .app import GrantsService, NoPolicyError
from .auth import RequiresShares, limit_auth_cache
from .grants.plan import policy_grants

MAX_ROWS = 100
"""Rows of one table on one page."""

STALE_INTERVALS = 4
"""The service is unhealthy when no pass succeeded for this many intervals and a minute."""

_PAGES = Path(__file__).parent / "pages"


class _PageHandler(RequestHandler):
    """Common to all pages here."""

    def initialize(self, service: GrantsService) -> None:
        self.service = service

    def set_default_headers(self) -> None:
        self.set_header(
            "Content-Security-Policy",
            "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
        )
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Cache-Control", "no-store")

    def write_error(self, status_code: int, **_: Any) -> None:
        self.render("error.html", status=status_code, title=self._reason, text="")


class GrantsPageHandler(RequiresShares, _PageHandler):
    """The current shares by grant, and the last plan."""

    @authenticated
    def get(self) -> None:
        if not self.check_scopes():
            return
        service = self.service
        grants: list[dict[str, Any]] = []
        policy_problem = service.policy_problem
        try:
            grants = policy_grants(service.policy)
        except NoPolicyError as error:
            policy_problem = str(error)
        by_grant = defaultdict(list)
        for record in service.store.records("held", "revoking") if service.store else []:
            by_grant[record.grant].append(record)
        shown_grant = self.get_query_argument("grant", "")
        offset = self._offset()
        self.render(
            "grants.html",
            state=service.state,
            settings=service.settings,
            policy_problem=policy_problem,
            sections=[
                {
                    "id": grant["id"],
                    "grant": grant,
                    "records": by_grant[grant["id"]][begin : begin + MAX_ROWS],
                    "begin": begin,
                    "total": len(by_grant[grant["id"]]),
                    "next": _next_page(grant["id"], begin, len(by_grant[grant["id"]])),
                    "previous": _previous_page(grant["id"], begin),
                }
                for grant in grants
                for begin in [offset if grant["id"] == shown_grant else 0]
            ],
            removed=[
                record
                for name in by_grant.keys() - {grant["id"] for grant in grants}
                for record in by_grant[name]
            ][:MAX_ROWS],
            plan=service.reconciler.plan if service.reconciler else None,
            held_back=service.reconciler.held_back if service.reconciler else [],
            max_rows=MAX_ROWS,
        )

    def _offset(self) -> int:
        text = self.get_query_argument("begin", "0")
        return int(text) if text.isdecimal() and len(text) < 10 else 0


class StyleHandler(_PageHandler):
    """The style of the pages."""

    def get(self) -> None:
        self.set_header("Content-Type", "text/css; charset=utf-8")
        self.finish((_PAGES / "grants.css").read_bytes())


class HealthHandler(_PageHandler):
    """200 while passes succeed, or another instance makes them; else 503. It names nobody."""

    def get(self) -> None:
        service, state = self.service, self.service.state
        max_age_s = STALE_INTERVALS * service.settings.interval_s + 60.0
        age_s = service.age_s()
        recent = age_s is not None and age_s < max_age_s
        healthy = recent or state.status in ("ok", "held_back", "standby")
        self.set_status(200 if healthy else 503)
        self.set_header("Content-Type", "application/json")
        self.finish(
            json.dumps({"healthy": healthy, "status": state.status, "last_pass_age_s": age_s})
        )


class MetricsHandler(RequiresShares, _PageHandler):
    """Prometheus's text format, for a token (or a visitor) with ``read:metrics`` or ``shares``."""

    other_scopes = ("read:metrics",)

    def get(self) -> None:
        if self.current_user is None:
            self.set_status(403)
            self.render(
                "error.html",
                status=403,
                title="Metrics need a token",
                text="Send “Authorization: token …” with a token that may access this service and "
                "holds read:metrics.",
            )
        elif self.check_scopes():
            self.set_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.finish(self.service.metrics.render())


def listen(service: GrantsService, url: str, prefix: str) -> HTTPServer:
    """Serve the pages under ``prefix`` on the address of ``url`` (both from the Hub)."""
    limit_auth_cache()
    options = {"service": service}
    application = Application(
        [
            (prefix, GrantsPageHandler, options),
            (f"{prefix}oauth_callback", HubOAuthCallbackHandler),
            (f"{prefix}grants.css", StyleHandler, options),
            (f"{prefix}health", HealthHandler, options),
            (f"{prefix}metrics", MetricsHandler, options),
        ],
        cookie_secret=secrets.token_bytes(32),
        template_path=str(_PAGES),
        log_function=lambda _: None,  # the Hub's proxy logs requests; a callback's URL has a code
    )
    address = urlparse(url)
    return application.listen(address.port or 80, address.hostname or "127.0.0.1")


def _next_page(grant: str, begin: int, total: int) -> str:
    return _link(grant, begin + MAX_ROWS) if begin + MAX_ROWS < total else ""


def _previous_page(grant: str, begin: int) -> str:
    return _link(grant, max(begin - MAX_ROWS, 0)) if begin else ""


def _link(grant: str, begin: int) -> str:
    return "?" + urlencode({"grant": grant, "begin": begin}) + "#shares"
