"""What all pages have in common: their headers, and who may see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyterhub.services.auth import HubOAuth, HubOAuthenticated
from tornado.web import RequestHandler

if TYPE_CHECKING:
    from ..app import Service

CACHE_S = 10
"""How long somebody who lost ``shares`` may still see a page."""


def limit_auth_cache() -> None:
    """Make the Hub's answers about visitors expire after `CACHE_S`."""
    HubOAuth.instance().cache_max_age = CACHE_S


class PageHandler(RequestHandler):
    """Common to all pages here."""

    def initialize(self, service: Service) -> None:
        """Take the service that the page is about."""
        self.service = service

    def set_default_headers(self) -> None:
        """Let the page load its own style, and nothing else."""
        self.set_header(
            "Content-Security-Policy",
            "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
        )
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Cache-Control", "no-store")

    def write_error(self, status_code: int, **_: Any) -> None:
        """Answer errors as a page without internal details."""
        self.render("error.html", status=status_code, title=self._reason, text="")


class RequiresShares(HubOAuthenticated, PageHandler):  # type: ignore[misc]
    """A page for visitors whose token holds the whole scope ``shares``, or one of other scopes."""

    other_scopes: tuple[str, ...] = ()

    def check_scopes(self) -> bool:
        """Return whether the visitor may see this page; if not, answer with an error page."""
        held = set(self.current_user["scopes"])
        if held.isdisjoint({"shares", *self.other_scopes}):
            self.set_status(403)
            self.render(
                "error.html",
                status=403,
                title="This page is for those who may manage all shares",
                text="Your account lacks the Hub's scope “shares”. An admin of this Hub can give "
                "it to you by a role.",
            )
            return False
        return True
