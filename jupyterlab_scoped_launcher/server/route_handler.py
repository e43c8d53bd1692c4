"""What the routes of the server extension share."""

from __future__ import annotations

import json
from http.client import responses
from typing import TYPE_CHECKING, Any

from jupyter_server.base.handlers import APIHandler
from tornado import web

from ..context import AccessRevoked, ContextError, ErrorCode, NotAuthenticated
from ..translations import ENGLISH, MAX_LANGUAGE_CHARS, Translation, translation

if TYPE_CHECKING:
    from .explanations import Explanations
    from .hub_service import OwnerRequests
    from .preview import Preview
    from .server_cards import ServerCards
    from .services import Services

MAX_CARDS = 20_000
MAX_CARDS_BYTES = 1024 * 1024
"""Limits for one request of a page: while the engine answers, the server does nothing else."""


class RouteHandler(APIHandler):  # type: ignore[misc,unused-ignore]
    """What the routes share: headers, authentication errors, the form of errors, and bodies."""

    # A launcher that refreshes by itself must not keep an idle server alive.
    _track_activity = False

    def initialize(
        self,
        services: Services,
        server_cards: ServerCards,
        explanations: Explanations,
        preview: Preview,
        requests: OwnerRequests,
    ) -> None:
        """Take what the handlers need."""
        super().initialize()
        self.services = services
        self.server_cards = server_cards
        self.explanations = explanations
        self.preview = preview
        self.requests = requests

    def set_default_headers(self) -> None:
        """Add to Jupyter's headers that no cache may keep an answer."""
        super().set_default_headers()
        self.set_header("Cache-Control", "no-store")
        self.set_header("Vary", "Cookie, Authorization")

    def compute_etag(self) -> None:
        """Return no ETag for the whole answer: it contains the time. The policy has its own."""

    async def prepare(self) -> None:  # type: ignore[override,unused-ignore]
        """Authenticate the visitor. Errors in that come from the Hub or the identity provider."""
        try:
            await super().prepare()
        except web.HTTPError as error:
            if error.status_code < 500:
                raise
            raise web.HTTPError(503) from None
        except ValueError:  # the Hub's answer to HubAuth was no JSON
            raise web.HTTPError(503) from None
        if not self.current_user and await self.services.is_access_revoked(self):
            self.fail_with(AccessRevoked())

    def fail(self, status: int, code: ErrorCode, message: str) -> None:
        """Answer ``{"code", "message"}``."""
        self.set_status(status)
        self.finish(json.dumps({"code": code, "message": message}))

    def fail_with(self, error: ContextError) -> None:
        """Answer that there is no context."""
        self.fail(error.status, error.code, str(error))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer Jupyter Server's errors in the same form, without internal details."""
        if status_code == 503:
            message = "JupyterHub cannot confirm who you are right now."
            self.fail(503, "hub-unreachable", message)
        elif status_code in (401, 403):
            self.fail_with(NotAuthenticated())
        elif status_code < 500:
            self.fail(status_code, "bad-request", responses.get(status_code, "Refused"))
        else:
            self.fail(500, "internal-error", "The server failed; its log says why.")

    def read_cards(self) -> tuple[list[Any], dict[str, Any]]:
        """Return the cards of the request's body, and the whole body.

        Raises a 400 for what is not as the route says, and a 413 for too many cards. What is in the
        cards is checked by the engine.
        """
        if len(self.request.body) > MAX_CARDS_BYTES:
            raise web.HTTPError(413)
        body = self.get_json_body()
        if not isinstance(body, dict):
            raise web.HTTPError(400)
        cards = body.get("cards")
        if not isinstance(cards, list) or not all(isinstance(card, dict) for card in cards):
            raise web.HTTPError(400)
        if len(cards) > MAX_CARDS:
            raise web.HTTPError(413)
        return cards, body

    def translation(self) -> Translation:
        """Return the texts in the language of the query's ``lang``, which JupyterLab sends."""
        language = self.get_query_argument("lang", "")
        return translation(language) if 0 < len(language) <= MAX_LANGUAGE_CHARS else ENGLISH
