"""The routes ``scoped-launcher/`` ``context``, ``cards``, ``governed``, ``policy``, ``icons/NAME``.

The answers are about the visitor, who may differ from the server's owner. No answer has a token.
Every error is answered as JSON, ``{"code", "message"}``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tornado import web

from ..context import (
    AccessRevoked,
    ContextError,
    ContextSnapshot,
    NotAuthenticated,
    VisitorFacts,
)
from .decisions import UNUSABLE_POLICY
from .metrics import CONTEXT_READS
from .route_handler import RouteHandler
from .services import server_context

if TYPE_CHECKING:
    from ..policy_store import PolicyState


class ContextHandler(RouteHandler):
    """``GET scoped-launcher/context``: the visitor's context and the policy."""

    @web.authenticated
    async def get(self) -> None:
        """Answer the context (docs/reference/routes.md lists its keys).

        Query ``etag``: the ``policy.etag`` that the client has. If it still matches, ``policy`` has
        no ``document``. Query ``lang``: the language of the policy's own cards.
        """
        state = self.services.policies.current()
        try:
            snapshot = await self.services.load_context(self)
        except ContextError as error:
            is_refused = isinstance(error, NotAuthenticated | AccessRevoked)
            if self.services.is_governing(state) or is_refused:
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
        CONTEXT_READS.inc()
        # What the engine writes is inserted as text: it can be large, and it is text already.
        text = json.dumps(context)
        parts = {
            "policy": self._policy_text(state, snapshot, context["now"]),
            "page": json.dumps(
                {
                    **_page_facts(state, snapshot, text, self.services.is_governing(state)),
                    "refresh_s": self.services.page_refresh_s(snapshot),
                }
            ),
        }
        if state.policy is not None:
            parts["cards"] = state.policy.cards(text, self.translation().language)
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
                policy["message"] = UNUSABLE_POLICY
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


class CardsHandler(RouteHandler):
    """``GET scoped-launcher/cards``: the cards of this server that the visitor sees."""

    @web.authenticated
    async def get(self) -> None:
        """Answer ``{"cards": [...]}``; docs/reference/routes.md lists the keys of a card."""
        try:
            snapshot = await self.services.load_context(self)
        except ContextError as error:
            self.fail_with(error)
        else:
            self.finish(json.dumps({"cards": await self.server_cards.listed_for(snapshot)}))


class GovernedHandler(RouteHandler):
    """``POST scoped-launcher/governed``: for pages that could not load the engine."""

    @web.authenticated
    async def post(self) -> None:
        """Answer ``{"governed": [bool]}`` to ``{"cards": […]}`` (as in the batch contract).

        For each card: must it be hidden from a visitor who is unknown, because the policy governs
        it?
        """
        state = self.services.policies.current()
        cards, _ = self.read_cards()
        if state.policy is None:
            governed = [self.services.is_governing(state)] * len(cards)
        else:
            try:
                governed = state.policy.governed(json.dumps(cards))
            except ValueError:
                raise web.HTTPError(400) from None
        self.finish(json.dumps({"governed": governed}))


class PolicyHandler(RouteHandler):
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


class IconHandler(RouteHandler):
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


def _page_facts(
    state: PolicyState, snapshot: ContextSnapshot, context: str, is_governing: bool
) -> dict[str, Any]:
    """Return what the page is told of the visitor, beside what the engine decides on.

    ``problem``, for those who may see details: what is wrong with the policy file while the last
    good one is in use, or none is and everything is shown.
    """
    policy = state.policy
    is_unseen = policy is not None or not is_governing
    has_problem = is_unseen and state.problem and _may_see_details(snapshot)
    return {
        "user": snapshot.visitor.user or snapshot.visitor.service,
        "admin": snapshot.visitor.admin,
        "may_preview": policy is not None and policy.allows_preview(context),
        "has_locked": policy is not None and policy.has_locked,
        "lists_hidden": policy is not None and policy.lists_hidden(context),
        "problem": state.problem if has_problem else None,
    }


ROUTES = (
    (r"/scoped-launcher/cards", CardsHandler),
    (r"/scoped-launcher/context", ContextHandler),
    (r"/scoped-launcher/icons/([^/]+)", IconHandler),
    (r"/scoped-launcher/policy", PolicyHandler),
    (r"/scoped-launcher/governed", GovernedHandler),
)
"""The routes, each with its handler."""
