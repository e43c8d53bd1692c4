"""Who may see the service's pages."""

from __future__ import annotations

from jupyterhub.services.auth import HubOAuth, HubOAuthenticated
from tornado.web import RequestHandler

CACHE_S = 10
"""How long somebody who lost ``shares`` may still see a page."""


def limit_auth_cache() -> None:
    """Make the Hub's answers about visitors expire after `CACHE_S`."""
    HubOAuth.instance().cache_max_age = CACHE_S


class RequiresShares(HubOAuthenticated, RequestHandler):  # type: ignore[misc]
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
