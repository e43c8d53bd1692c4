"""The routes ``scoped-launcher/`` ``access``, ``explain`` and ``visitors``: why a card is hidden.

They answer in the language of the query's ``lang``. With ``as``, for those whom the policy's
``preview`` allows, they answer what somebody else would see.
"""

from __future__ import annotations

import json
import os
from typing import Any

from tornado import web

from ..context import ContextError, ContextSnapshot
from .preview import Subject
from .route_handler import RouteHandler
from .services import server_context

NOT_ALLOWED = (
    "You may not see the launcher as somebody else; the policy's `preview` condition says who may."
)


class ExplainHandler(RouteHandler):
    """``POST scoped-launcher/explain``: why the visitor sees cards, or not."""

    @web.authenticated
    async def post(self) -> None:
        """Answer ``{"explanations": […]}`` to ``{"cards": […]}``, in the order of the cards."""
        cards, _ = self.read_cards()
        try:
            context = server_context(await self.services.load_context(self))
        except ContextError as error:
            self.fail_with(error)
            return
        try:
            explained = await self.explanations.explain(context, cards, self.translation())
        except ValueError:
            raise web.HTTPError(400) from None
        self.finish(json.dumps({"explanations": explained}))


class AccessHandler(RouteHandler):
    """``POST scoped-launcher/access``: all cards that the visitor may know of, and why."""

    @web.authenticated
    async def post(self) -> None:
        """Answer the cards of the body and those of the server (docs/reference/routes.md).

        With ``as`` in the body, ``{"user": …}`` or ``{"groups": […]}``: all cards, as that visitor
        would see them.
        """
        page_cards, body = self.read_cards()
        try:
            viewer = await self.services.load_context(self)
            may_preview = self.preview.is_allowed(server_context(viewer))
            if "as" in body:
                context = await self._context_of_other(viewer, body["as"], may_preview)
                # The policy's own cards depend on the visitor: those in the page are the viewer's.
                page_cards = [card for card in page_cards if not card.get("policy_card")]
            else:
                context = server_context(viewer)
        except ContextError as error:
            self.fail_with(error)
            return
        except ValueError:
            raise web.HTTPError(400) from None
        try:
            cards = await self.explanations.access(
                context, page_cards, self.translation(), lists_all="as" in body
            )
        except ValueError:
            raise web.HTTPError(400) from None
        shows_requests = (
            "as" not in body
            and _is_owner(viewer)
            and any(card["request"] and not card["visible"] for card in cards)
        )
        answer = {
            "visitor": {key: context[key] for key in ("user", "admin", "groups")},
            "age_s": context["age_s"],
            "stale": context["stale"],
            "may_preview": may_preview,
            "warnings": context["warnings"],
            "requests": await self.requests.states(asks=shows_requests),
            "cards": cards,
        }
        self.finish(json.dumps(answer))

    async def _context_of_other(
        self, viewer: ContextSnapshot, subject: Any, may_preview: bool
    ) -> dict[str, Any]:
        if not may_preview:
            raise ContextError("not-allowed", NOT_ALLOWED, status=403)
        return await self.preview.context_of(self, viewer, Subject.from_model(subject))


def _is_owner(viewer: ContextSnapshot) -> bool:
    """Return whether the visitor is the owner of this server."""
    visitor = viewer.visitor
    return not visitor.service and visitor.user == os.environ.get("JUPYTERHUB_USER")


class VisitorsHandler(RouteHandler):
    """``GET scoped-launcher/visitors``: the names as whom the launcher can be looked at."""

    @web.authenticated
    async def get(self) -> None:
        """Answer ``{"users": […], "complete": bool}``: users whose names contain ``prefix``."""
        try:
            viewer = await self.services.load_context(self)
            if not self.preview.is_allowed(server_context(viewer)):
                raise ContextError("not-allowed", NOT_ALLOWED, status=403)
            prefix = self.get_query_argument("prefix", "")
            users, complete = (
                await self.preview.users(self, prefix) if viewer.visitor.hub else ([], False)
            )
        except ContextError as error:
            self.fail_with(error)
        else:
            self.finish(json.dumps({"users": users, "complete": complete}))


EXPLAIN_ROUTES = (
    (r"/scoped-launcher/access", AccessHandler),
    (r"/scoped-launcher/explain", ExplainHandler),
    (r"/scoped-launcher/visitors", VisitorsHandler),
)
"""The routes, each with its handler."""
