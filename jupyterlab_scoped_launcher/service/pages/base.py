"""What all pages have in common: their headers, their language, and who may see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyterhub.services.auth import HubOAuth, HubOAuthenticated
from tornado.web import RequestHandler

from ...translations import Translation, accepted_languages, translation
from ..database import DatabaseError, DatabaseLocked

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
        """Let the page load its own style and the Hub's logo, and send its own forms."""
        hub = HubOAuth.instance()
        self.set_header(
            "Content-Security-Policy",
            f"default-src 'none'; style-src 'self'; img-src 'self' {hub.hub_host};"
            " form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        )
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Cache-Control", "no-store")

    @property
    def translation(self) -> Translation:
        """Return the texts in a language that the browser asks for."""
        return translation(*accepted_languages(self.request.headers.get("Accept-Language", "")))

    def get_template_namespace(self) -> dict[str, Any]:
        """Give all templates the texts, and where they are served."""
        hub, texts = HubOAuth.instance(), self.translation
        return {
            **super().get_template_namespace(),
            "text": texts.text,
            "language": (texts.language or "en").replace("_", "-"),
            "prefix": hub.base_url,
            "hub": f"{hub.hub_host}{hub.hub_prefix}",
            "visitor": None,
        }

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer errors as a page without internal details."""
        text = self.translation.text
        title, words = self._reason, ""
        error = kwargs.get("exc_info", (None, None))[1]
        if isinstance(error, DatabaseError):
            self.set_status(503)
            title = text("This page does not work right now")
            words = text("The database of the service cannot be used. The log of the Hub says why.")
        elif status_code == 403 and self.request.method == "POST":
            title = text("You are not logged in any more")
            words = text("Go back, reload the page, and try again. Nothing was changed.")
        self.render("error.html", status=self.get_status(), title=title, text_of_error=words)


class VisitorHandler(HubOAuthenticated, PageHandler):  # type: ignore[misc]
    """A page for users who are logged in at the Hub.

    A request that comes with the login's cookie and changes something must also have the page's
    XSRF token: without it, HubOAuth knows no visitor.
    """

    async def prepare(self) -> None:
        """Ask the Hub about the visitor without blocking other requests.

        While another process runs the service's parts, this one has nothing to show.
        """
        await self.hub_auth.get_user(self, sync=False)
        if self.service.status == "standby":
            raise DatabaseLocked("another process runs the service")

    @property
    def visitor(self) -> str:
        """Return the visitor's name; empty for a service."""
        model = self.current_user
        return str(model["name"]) if model.get("kind", "user") == "user" else ""

    @property
    def token(self) -> str:
        """Return the visitor's token, with which the Hub lets them do what they may do."""
        return str(self.hub_auth.get_token(self))

    @property
    def scopes(self) -> frozenset[str]:
        """Return the scopes of the visitor's token."""
        return frozenset(self.current_user["scopes"])

    def may_change(self, group: str) -> bool:
        """Return whether the Hub lets this visitor change the members of a group."""
        return not self.scopes.isdisjoint({"groups", f"groups!group={group}"})

    def get_template_namespace(self) -> dict[str, Any]:
        """Give templates the visitor's name, too."""
        namespace = super().get_template_namespace()
        namespace["visitor"] = self.visitor if self.current_user else None
        return namespace

    def refuse(self, title: str, words: str, status: int = 403) -> None:
        """Answer with a page that says why not."""
        self.set_status(status)
        self.render("error.html", status=status, title=title, text_of_error=words)


class RequiresShares(VisitorHandler):
    """A page for visitors whose token holds the whole scope ``shares``, or one of other scopes."""

    other_scopes: tuple[str, ...] = ()

    def check_scopes(self) -> bool:
        """Return whether the visitor may see this page; if not, answer with an error page."""
        if self.scopes.isdisjoint({"shares", *self.other_scopes}):
            text = self.translation.text
            self.refuse(
                text("This page is for those who may manage all shares"),
                text(
                    "Your account lacks the Hub's scope “shares”. An admin of this Hub can give "
                    "it to you by a role."
                ),
            )
            return False
        return True
