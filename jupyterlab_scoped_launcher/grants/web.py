"""The service's pages: the grants for people who hold ``shares``, health, and metrics."""

from __future__ import annotations

import json
import secrets
from collections import defaultdict
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlparse

from jupyterhub.services.auth import (
    HubOAuth,
    HubOAuthCallbackHandler,
    HubOAuthenticated,
)
from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler, authenticated

from .service import NoPolicyError, Service, grants_of

MAX_ROWS = 100
"""Rows of one table on one page."""

STALE_PASSES = 4
"""The service is unhealthy when no pass ended well for so many intervals (and a minute)."""

AUTH_CACHE_S = 10
"""How long somebody who lost ``shares`` may still see the page."""


class _Handler(RequestHandler):
    """Common to all pages here."""

    def initialize(self, service: Service) -> None:
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


class _ForHolders(HubOAuthenticated, _Handler):  # type: ignore[misc]
    """A page for those whose token holds the whole scope ``shares`` or another one named."""

    also_for: tuple[str, ...] = ()

    def may_see(self) -> bool:
        """Whether the visitor may see this page; if not, answer that."""
        held = set(self.current_user["scopes"])
        if held.isdisjoint({"shares", *self.also_for}):
            self.set_status(403)
            self.render(
                "error.html",
                status=403,
                title="This page is for those who may manage all shares",
                text="Your account lacks the Hub's scope “shares”. Whoever runs this Hub can give "
                "it to you by a role.",
            )
            return False
        return True


class PageHandler(_ForHolders):
    """The grants by rule, and the plan."""

    @authenticated
    def get(self) -> None:
        if not self.may_see():
            return
        service = self.service
        grants: list[dict[str, Any]] = []
        problem = service.policy_problem
        try:
            grants = grants_of(service.policy)
        except NoPolicyError as error:
            problem = str(error)
        held = defaultdict(list)
        for row in service.records.rows("held", "revoking") if service.records else []:
            held[row.grant].append(row)
        chosen = self.get_query_argument("grant", "")
        begin = self._offset()
        self.render(
            "grants.html",
            state=service.state,
            settings=service.settings,
            policy_problem=problem,
            sections=[
                {
                    "id": grant["id"],
                    "grant": grant,
                    "rows": held[grant["id"]][start : start + MAX_ROWS],
                    "begin": start,
                    "total": len(held[grant["id"]]),
                    "more": _more(grant["id"], start, len(held[grant["id"]])),
                    "less": _less(grant["id"], start),
                }
                for grant in grants
                for start in [begin if grant["id"] == chosen else 0]
            ],
            leaving=[row for name in held.keys() - {g["id"] for g in grants} for row in held[name]][
                :MAX_ROWS
            ],
            plan=service.reconciler.plan if service.reconciler else None,
            held_back=service.reconciler.held_back if service.reconciler else [],
            max_rows=MAX_ROWS,
        )

    def _offset(self) -> int:
        text = self.get_query_argument("begin", "0")
        return int(text) if text.isdecimal() and len(text) < 10 else 0


class StyleHandler(_Handler):
    """The style of the pages."""

    def get(self) -> None:
        self.set_header("Content-Type", "text/css; charset=utf-8")
        self.finish((_PAGES / "grants.css").read_bytes())


class HealthHandler(_Handler):
    """200 while passes end well, or another instance makes them; else 503. Names nobody."""

    def get(self) -> None:
        service, state = self.service, self.service.state
        limit = STALE_PASSES * service.settings.interval_s + 60.0
        age = service.age_s()
        well = state.status in ("ok", "held_back", "standby") or (age is not None and age < limit)
        self.set_status(200 if well else 503)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps({"healthy": well, "status": state.status, "last_pass_age_s": age}))


class MetricsHandler(_ForHolders):
    """Prometheus's text format, for a token (or a visitor) with ``read:metrics`` or ``shares``."""

    also_for = ("read:metrics",)

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
        elif self.may_see():
            self.set_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.finish(self.service.metrics.text())


_PAGES = Path(__file__).parent / "page"


def listen(service: Service, url: str, prefix: str) -> HTTPServer:
    """Serve the pages under ``prefix`` on the address of ``url`` (both from the Hub)."""
    HubOAuth.instance().cache_max_age = AUTH_CACHE_S
    ours = {"service": service}
    application = Application(
        [
            (prefix, PageHandler, ours),
            (f"{prefix}oauth_callback", HubOAuthCallbackHandler),
            (f"{prefix}grants.css", StyleHandler, ours),
            (f"{prefix}health", HealthHandler, ours),
            (f"{prefix}metrics", MetricsHandler, ours),
        ],
        cookie_secret=secrets.token_bytes(32),
        template_path=str(_PAGES),
        log_function=lambda _: None,  # the Hub's proxy logs requests; a callback's URL holds a code
    )
    address = urlparse(url)
    return application.listen(address.port or 80, address.hostname or "127.0.0.1")


def _more(grant: str, begin: int, total: int) -> str:
    return _link(grant, begin + MAX_ROWS) if begin + MAX_ROWS < total else ""


def _less(grant: str, begin: int) -> str:
    return _link(grant, max(begin - MAX_ROWS, 0)) if begin else ""


def _link(grant: str, begin: int) -> str:
    return "?" + urlencode({"grant": grant, "begin": begin}) + "#shares"
