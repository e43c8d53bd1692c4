"""The routes ``scoped-launcher/`` ``context``, ``cards``, ``governed``, ``policy``, ``icons/NAME``.

The answers are about the visitor, who may differ from the server's owner. No answer has a token.
Every error is answered as JSON, ``{"code", "message"}``.
"""

from __future__ import annotations

import json
from http.client import responses
from typing import TYPE_CHECKING, Any

from jupyter_server.base.handlers import APIHandler
from tornado import web

from ..context import ContextError, ContextSnapshot, ErrorCode, NotAuthenticated, VisitorFacts
from .metrics import CONTEXT_READS
from .services import server_context

if TYPE_CHECKING:
    from ..policy_store import PolicyState
    from .server_cards import ServerCards
    from .services import Services

MAX_CARDS = 20_000
MAX_CARDS_BYTES = 1024 * 1024
"""Limits for one request of a page: while the engine answers, the server does nothing else."""


def routes(
    services: Services, server_cards: ServerCards
) -> list[tuple[str, type[APIHandler], dict[str, Any]]]:
    """Return the routes, each with what its handler needs."""
    return [
        (pattern, handler, {"services": services, "server_cards": server_cards})
        for pattern, handler in (
            (r"/scoped-launcher/cards", CardsHandler),
            (r"/scoped-launcher/context", ContextHandler),
            (r"/scoped-launcher/icons/([^/]+)", IconHandler),
            (r"/scoped-launcher/policy", PolicyHandler),
            (r"/scoped-launcher/governed", GovernedHandler),
        )
    ]


class _Handler(APIHandler):  # type: ignore[misc,unused-ignore]
    """What the routes share: headers, authentication errors, and the form of errors."""

    # A launcher that refreshes by itself must not keep an idle server alive.
    _track_activity = False

    services: Services
    server_cards: ServerCards

    def initialize(self, services: Services, server_cards: ServerCards) -> None:
        """Take what the handler needs."""
        super().initialize()
        self.services = services
        self.server_cards = server_cards

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


class ContextHandler(_Handler):
    """``GET scoped-launcher/context``: the visitor's context and the policy."""

    @web.authenticated
    async def get(self) -> None:
        """Answer the context (docs/configuration.md lists its keys).

        Query ``etag``: the ``policy.etag`` that the client has. If it still matches, ``policy`` has
        no ``document``.
        """
        state = self.services.policies.current()
        try:
            snapshot = await self.services.load_context(self)
        except ContextError as error:
            if self.services.is_governing(state) or isinstance(error, NotAuthenticated):
                self.fail_with(error)
                return
            warning = f"You are unknown to this server, and no card is governed: {error}"
            snapshot = ContextSnapshot(
                VisitorFacts(hub=True, user="", warnings=(warning,)), stale=True
            )
        else:
            await self.server_cards.report_unmatched_rules(snapshot)
        context = server_context(snapshot)
        if state.policy is not None:
            context["warnings"] += self.services.unknown_facts(state.policy, snapshot)
        if state.problem and state.policy is not None and _may_see_details(snapshot):
            context["warnings"].append(
                f"The policy file has errors; the last good one is in use:\n{state.problem}"
            )
        CONTEXT_READS.inc()
        # What the engine writes is inserted as text: it can be large, and it is text already.
        text = json.dumps(context)
        parts = {"policy": self._policy_text(state, snapshot, context["now"])}
        if state.policy is not None:
            parts["cards"] = state.policy.cards(text)
            parts["sections"] = state.policy.sections()
        inserted = ", ".join(f'"{key}": {part}' for key, part in parts.items())
        self.finish(f"{text[:-1]}, {inserted}}}")

    def _policy_text(self, state: PolicyState, snapshot: ContextSnapshot, now: str) -> str:
        policy: dict[str, Any] = {
            "state": state.state,
            "on_invalid": self.services.settings.on_invalid,
        }
        if state.policy is None:
            if state.state == "invalid":
                policy["message"] = "The launcher policy cannot be used. The server's log says why."
                if _may_see_details(snapshot):
                    policy["message"] += f"\n{state.problem}"
            return json.dumps({"etag": None, "document": None, **policy})
        visitor = snapshot.visitor
        etag, document = self.services.policies.for_visitor(
            state.policy, visitor.user, now, service=visitor.service or None
        )
        text = json.dumps({"etag": etag, **policy})
        if self.get_query_argument("etag", "") == etag:
            return text
        return f'{text[:-1]}, "document": {document}}}'


class CardsHandler(_Handler):
    """``GET scoped-launcher/cards``: the cards of this server that the visitor sees."""

    @web.authenticated
    async def get(self) -> None:
        """Answer ``{"cards": [...]}`` (docs/configuration.md lists the keys of a card)."""
        try:
            snapshot = await self.services.load_context(self)
        except ContextError as error:
            self.fail_with(error)
        else:
            self.finish(json.dumps({"cards": await self.server_cards.listed_for(snapshot)}))


class GovernedHandler(_Handler):
    """``POST scoped-launcher/governed``: for pages that could not load the engine."""

    @web.authenticated
    async def post(self) -> None:
        """Answer ``{"governed": [bool]}`` to ``{"cards": […]}`` (as in the batch contract).

        For each card: must it be hidden from a visitor who is unknown, because the policy governs
        it?
        """
        state = self.services.policies.current()
        if len(self.request.body) > MAX_CARDS_BYTES:
            raise web.HTTPError(413)
        body = self.get_json_body()
        cards = body.get("cards") if isinstance(body, dict) else None
        if not isinstance(cards, list):
            raise web.HTTPError(400)
        if len(cards) > MAX_CARDS:
            raise web.HTTPError(413)
        if state.policy is None:
            governed = [self.services.is_governing(state)] * len(cards)
        else:
            try:
                governed = state.policy.governed(json.dumps(cards))
            except ValueError:
                raise web.HTTPError(400) from None
        self.finish(json.dumps({"governed": governed}))


class PolicyHandler(_Handler):
    """``GET scoped-launcher/policy``: the whole policy, for visitors whom ``preview`` allows."""

    @web.authenticated
    async def get(self) -> None:
        """Answer the whole document."""
        policy = self.services.policies.current().policy
        try:
            context = server_context(await self.services.load_context(self))
        except ContextError as error:
            self.fail_with(error)
            return
        if policy is None:
            self.fail(404, "no-policy", "There is no usable policy.")
        elif not policy.allows_preview(json.dumps(context)):
            self.fail(
                403,
                "not-allowed",
                "You may not read the whole policy; its `preview` condition says who may.",
            )
        else:
            self.finish(policy.document())


class IconHandler(_Handler):
    """``GET scoped-launcher/icons/NAME``: an image that a card of the policy has as its icon.

    It is read from the folder of the policy file.
    """

    @property
    def content_security_policy(self) -> str:
        """Let an SVG that is opened as a page use its own styles, and nothing else."""
        return f"{super().content_security_policy}; style-src 'unsafe-inline'; sandbox"

    @web.authenticated
    async def get(self, name: str) -> None:
        """Answer the image."""
        try:
            icon = self.services.policies.icon(name)
        except OSError as error:
            self.services.log.warning("scoped-launcher: icon %s of the policy: %s", name, error)
            icon = None
        if icon is None:
            self.fail(404, "no-icon", "The policy has no such icon.")
            return
        media_type, image = icon
        self.set_header("Cache-Control", "private, max-age=300")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.finish(image, set_content_type=media_type)


def _may_see_details(snapshot: ContextSnapshot) -> bool:
    """Paths and lines of the policy file are for admins, and for users without a Hub."""
    return snapshot.visitor.admin or not snapshot.visitor.hub
