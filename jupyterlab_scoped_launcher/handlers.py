"""The routes: ``scoped-launcher/context``, ``…/ungoverned``, ``…/policy`` and ``…/icons/NAME``.

The first and the third answer about the visitor, who may differ from the server's owner; no answer
carries a token.
Every error answers JSON, ``{"code", "message"}``.
"""

from __future__ import annotations

import json
import os
from http.client import responses
from typing import TYPE_CHECKING, Any, cast

from jupyter_server.base.handlers import APIHandler
from jupyter_server.extension.handler import ExtensionHandlerMixin
from tornado import web

from .facts import Facts, FactsError, NotIdentified, Reading
from .metrics import CONTEXT_READS
from .outline import now

if TYPE_CHECKING:
    from .extension import ScopedLauncher
    from .policy_store import PolicyState


MAX_CARDS = 20_000
MAX_CARDS_BYTES = 1024 * 1024
"""What a page may ask about at once: while the engine decides, the server does nothing else."""


class _Handler(ExtensionHandlerMixin, APIHandler):  # type: ignore[misc,unused-ignore]
    """What the routes share: who asks, and how errors look."""

    # A launcher that refreshes by itself must not keep an idle server alive.
    _track_activity = False

    @property
    def launcher(self) -> ScopedLauncher:
        return cast("ScopedLauncher", self.extensionapp)

    def set_default_headers(self) -> None:
        """Add to Jupyter's headers that no cache may keep an answer."""
        super().set_default_headers()
        self.set_header("Cache-Control", "no-store")
        self.set_header("Vary", "Cookie, Authorization")

    def compute_etag(self) -> None:
        """Give no ETag for the whole answer: it has the time in it. The policy has its own."""

    async def prepare(self) -> None:  # type: ignore[override,unused-ignore]
        """Identify the visitor; what fails there is the Hub's or the identity provider's."""
        try:
            await super().prepare()
        except web.HTTPError as error:
            if error.status_code < 500:
                raise
            raise web.HTTPError(503) from None
        except ValueError:  # the Hub answered no JSON to HubAuth
            raise web.HTTPError(503) from None

    def fail(self, error: FactsError) -> None:
        """Answer ``{"code", "message"}``."""
        self.set_status(error.status)
        self.finish(json.dumps({"code": error.code, "message": str(error)}))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer what Jupyter Server raised in the same shape, and nothing of the inside."""
        if status_code == 503:
            error = FactsError("hub-unreachable", "JupyterHub cannot confirm who you are just now.")
        elif status_code in (401, 403):
            error = NotIdentified()
        elif status_code < 500:
            error = FactsError(
                "bad-request", responses.get(status_code, "Refused"), status=status_code
            )
        else:
            error = FactsError("internal-error", "The server failed; its log says why.", status=500)
        self.fail(error)


class ContextHandler(_Handler):
    """``GET scoped-launcher/context``: the facts and the policy the browser decides on."""

    @web.authenticated
    async def get(self) -> None:
        """Answer the context (docs/configuration.md lists its keys).

        Query ``etag``: the ``policy.etag`` the client has; if it is still right, ``policy`` comes
        without its ``document``.
        """
        state = self.launcher.policies.current()
        try:
            reading = await self.launcher.read_facts(self)
        except FactsError as error:
            if _governs(state, self.launcher.on_invalid) or isinstance(error, NotIdentified):
                self.fail(error)
                return
            warning = f"Nothing is known of you, and nothing is governed: {error}"
            reading = Reading(Facts(hub=True, user="", warnings=(warning,)), stale=True)
        context = as_context(reading)
        if state.problem and state.policy is not None and _may_see_details(reading):
            context["warnings"].append(
                f"The policy file has errors; the last good one is in use:\n{state.problem}"
            )
        CONTEXT_READS.inc()
        # The policy is spliced in as text: it can be large, and is ready as text.
        policy = self._policy_text(state, reading)
        self.finish(f'{json.dumps(context)[:-1]}, "policy": {policy}}}')

    def _policy_text(self, state: PolicyState, reading: Reading) -> str:
        head: dict[str, Any] = {"state": state.state, "on_invalid": self.launcher.on_invalid}
        if state.policy is None:
            if state.state == "invalid":
                head["message"] = "The launcher policy cannot be used. The server's log says why."
                if _may_see_details(reading):
                    head["message"] += f"\n{state.problem}"
            return json.dumps({"etag": None, "document": None, **head})
        etag, document = self.launcher.policies.for_visitor(state.policy, reading.facts.user)
        text = json.dumps({"etag": etag, **head})
        if self.get_query_argument("etag", "") == etag:
            return text
        return f'{text[:-1]}, "document": {document}}}'


class UngovernedHandler(_Handler):
    """``POST scoped-launcher/ungoverned``: for pages that could not load the engine."""

    @web.authenticated
    async def post(self) -> None:
        """Answer ``{"ungoverned": [bool]}``: for each of ``{"cards": […]}`` (as in the batch
        contract) whether it is shown to everybody because the policy does not govern it.
        """
        state = self.launcher.policies.current()
        if len(self.request.body) > MAX_CARDS_BYTES:
            raise web.HTTPError(413)
        body = self.get_json_body()
        cards = body.get("cards") if isinstance(body, dict) else None
        if not isinstance(cards, list):
            raise web.HTTPError(400)
        if len(cards) > MAX_CARDS:
            raise web.HTTPError(413)
        if state.policy is None:
            ungoverned = [not _governs(state, self.launcher.on_invalid)] * len(cards)
        else:
            try:
                # Without a Hub the engine says of each card whether any rule governs it.
                answer = state.policy.decide(json.dumps({"hub": False}), json.dumps(cards), None)
            except ValueError:
                raise web.HTTPError(400) from None
            ungoverned = [
                decision["visible"] and decision["reason"] == "default"
                for decision in json.loads(answer)["decisions"]
            ]
        self.finish(json.dumps({"ungoverned": ungoverned}))


class PolicyHandler(_Handler):
    """``GET scoped-launcher/policy``: the whole policy, for whom its ``preview`` allows."""

    @web.authenticated
    async def get(self) -> None:
        """Answer the whole document."""
        state = self.launcher.policies.current()
        try:
            reading = await self.launcher.read_facts(self)
            if state.policy is None:
                raise FactsError("no-policy", "There is no usable policy.", status=404)
            if not state.policy.allows_preview(json.dumps(as_context(reading))):
                raise FactsError(
                    "not-allowed",
                    "You may not read the whole policy; its `preview` condition says who may.",
                    status=403,
                )
        except FactsError as error:
            self.fail(error)
            return
        self.finish(state.policy.document())


class IconHandler(_Handler):
    """``GET scoped-launcher/icons/NAME``: the image next to the policy file that its cards name."""

    @property
    def content_security_policy(self) -> str:
        """Let an SVG that is opened as a page use its own styles, and nothing else."""
        return f"{super().content_security_policy}; style-src 'unsafe-inline'; sandbox"

    @web.authenticated
    async def get(self, name: str) -> None:
        """Answer the image."""
        try:
            icon = self.launcher.policies.icon(name)
        except OSError as error:
            self.log.warning("scoped-launcher: icon %s of the policy: %s", name, error)
            icon = None
        if icon is None:
            self.fail(FactsError("no-icon", "The policy has no such icon.", status=404))
            return
        media_type, image = icon
        self.set_header("Cache-Control", "private, max-age=300")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.finish(image, set_content_type=media_type)


def _governs(state: PolicyState, on_invalid: str) -> bool:
    """Whether any card may depend on who the visitor is."""
    return state.state == "ok" or (state.state == "invalid" and on_invalid == "hide_all")


def _may_see_details(reading: Reading) -> bool:
    """Paths and lines of the policy file are for admins, and for whoever runs a server alone."""
    return reading.facts.admin or not reading.facts.hub


def as_context(reading: Reading) -> dict[str, Any]:
    """Write the facts as the engine's context, with the server's owner, name and clock."""
    facts = reading.facts
    owner = os.environ.get("JUPYTERHUB_USER", "") if facts.hub else facts.user
    name = os.environ.get("JUPYTERHUB_SERVER_NAME", "") if facts.hub else ""
    return {
        "hub": facts.hub,
        "user": facts.user,
        "admin": facts.admin,
        "groups": list(facts.groups),
        "scopes": list(facts.scopes),
        "shares": list(facts.shares),
        "server": {"owner": owner, "name": name},
        "now": now(),
        "age_s": round(reading.age_s, 3),
        "stale": reading.stale,
        "warnings": list(facts.warnings),
    }
