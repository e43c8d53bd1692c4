"""Looking at the launcher as somebody else: who may, and what is known of the other.

Nothing is done as the other: there is no token of theirs and no request in their name. The facts
come from the Hub with the viewer's own token, or the viewer names the groups.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..context import (
    ContextError,
    ContextSnapshot,
    VisitorFacts,
    context_model,
    current_time,
    default_token_scopes,
    visitor_from_model,
)
from ..hub_api import (
    LIST_OWN_SHARES,
    HubError,
    HubRefused,
    TokenRejected,
    may_share_server,
    name_of,
    quote_segment,
)

if TYPE_CHECKING:
    from jupyter_server.base.handlers import JupyterHandler

    from .._core import Policy
    from .services import Services

SCHEMA_ID = (
    "https://github.com/jupyterlab-scoped-launcher/jupyterlab-scoped-launcher/events/preview/v1"
)
SCHEMA_FILE = Path(__file__).parents[1] / "event_schemas" / "preview" / "v1.yaml"

MAX_USERS = 20
"""How many users are proposed for the beginning of a name."""

MAX_GROUPS = 200
"""How many groups a viewer may name."""


@dataclass(frozen=True)
class Subject:
    """As whom the launcher is looked at: ``user``, or else somebody in ``groups``."""

    user: str = ""
    groups: tuple[str, ...] = ()

    @classmethod
    def from_model(cls, model: Any) -> Subject:
        """Read ``{"user": …}`` or ``{"groups": […]}``. Raises ValueError for anything else."""
        if not isinstance(model, dict) or len(model) != 1:
            raise ValueError("`as` is not one of {user} and {groups}")
        user, groups = model.get("user", ""), model.get("groups", [])
        if not isinstance(user, str) or not isinstance(groups, list):
            raise ValueError("`as` has a user that is no text, or groups that are no list")
        if not all(isinstance(group, str) for group in groups) or len(groups) > MAX_GROUPS:
            raise ValueError("`as` has groups that are no texts, or too many of them")
        if "user" in model and not user:
            raise ValueError("`as` has a user without a name")
        return cls(user, tuple(groups))


class Preview:
    """Finds the context of somebody else for a viewer whom the policy's ``preview`` allows."""

    def __init__(self, services: Services, event_logger: Any) -> None:
        self._services = services
        self._events = event_logger
        if SCHEMA_ID not in self._events.schemas:
            self._events.register_event_schema(SCHEMA_FILE)

    def is_allowed(self, context: dict[str, Any]) -> bool:
        """Return whether the visitor with this context may look as somebody else."""
        policy = self._services.policies.current().policy
        return policy is not None and policy.allows_preview(json.dumps(context))

    async def context_of(
        self, handler: JupyterHandler, viewer: ContextSnapshot, subject: Subject
    ) -> dict[str, Any]:
        """Return the context of ``subject`` at their own default server, and emit an event.

        Raises `ContextError` where the viewer may not read this user at the Hub.
        """
        facts = self._with_scopes(await self._facts(handler, viewer, subject))
        self._events.emit(
            schema_id=SCHEMA_ID,
            data={
                "viewer": viewer.visitor.user or viewer.visitor.service,
                "user": subject.user,
                "groups": list(facts.groups),
            },
        )
        return context_model(
            ContextSnapshot(facts), server_owner=facts.user, server_name="", now=current_time()
        )

    async def _facts(
        self, handler: JupyterHandler, viewer: ContextSnapshot, subject: Subject
    ) -> VisitorFacts:
        hub = viewer.visitor.hub
        if not subject.user:
            return VisitorFacts(hub=hub, user="", groups=subject.groups)
        if not hub:
            raise ContextError(
                "not-allowed",
                "There is no JupyterHub that knows other users: name groups instead.",
                status=403,
            )
        return await self._user(handler, subject.user)

    async def _user(self, handler: JupyterHandler, name: str) -> VisitorFacts:
        async with self._services.hub_of(handler) as (client, token):
            try:
                model = await client.get(f"/users/{quote_segment(name)}", token=token)
                if "groups" not in model:
                    raise HubRefused("groups are left out", status=403)
                facts = visitor_from_model(model, scopes=())
            except (HubRefused, TokenRejected) as error:
                raise ContextError(
                    "not-allowed",
                    f"JupyterHub does not let you read the groups of {name}, or does not know the"
                    " name: name groups instead.",
                    detail=str(error),
                    status=403,
                ) from None
            except HubError as error:
                raise ContextError("hub-error", error.summary, detail=str(error)) from None
            policy = self._services.policies.current().policy
            if policy is None or not policy.needs_shares:
                return facts
            try:
                shared = await client.servers_shared_with(name, token=token)
            except HubError:
                unknown = f"The servers shared with {name} are not known."
                return replace(facts, warnings=(unknown,))
        return replace(facts, shares=shared.names)

    def _with_scopes(self, facts: VisitorFacts) -> VisitorFacts:
        """Return the facts with the scopes of a token at the visitor's own default server.

        They are those that everybody's has, and those for which the policy asks and which the
        policy's roles, shares, or being an admin give. The Hub's other roles cannot be read.
        """
        policy = self._services.policies.current().policy
        if policy is None or not facts.hub:
            return facts
        held = (*default_token_scopes(facts.user), *token_scopes_of(policy, facts))
        warnings = facts.warnings
        asked = (scope for scope in policy.token_scopes() if scope != LIST_OWN_SHARES)
        if unknown := sorted({*asked} - {*held}):
            name = facts.user or "somebody in these groups"
            warnings += (f"It is not known whether {name} holds {', '.join(unknown)}.",)
        return replace(facts, scopes=held, warnings=warnings)

    async def users(self, handler: JupyterHandler, prefix: str) -> tuple[list[str], bool]:
        """Return the names at the Hub that contain ``prefix``, and whether these are all.

        Only those that the viewer may list; none, and not all, if the Hub lets them list nobody.
        """
        async with self._services.hub_of(handler) as (client, token):
            query = {"name_filter": prefix, "limit": MAX_USERS + 1}
            try:
                answer = await client.get("/users", query, token=token)
            except HubError:
                return [], False
        items = answer.get("items", []) if isinstance(answer, dict) else answer
        names = sorted({name_of(model) for model in items})
        return names[:MAX_USERS], len(names) <= MAX_USERS


def token_scopes_of(policy: Policy, facts: VisitorFacts) -> list[str]:
    """Return those of the scopes for which the policy asks that the visitor's token has.

    That is computed by the Hub's own rules (docs/explanation/scopes.md), with the roles of the
    policy. For a server that its owner may share, `configure` lets tokens have only
    `LIST_OWN_SHARES`.
    """
    user = facts.user or "somebody"
    owner = {
        "owner": {"kind": "user", "name": user},
        "admin": facts.admin,
        "load_roles": json.loads(policy.roles()),
        "custom_scopes": json.loads(policy.custom_scopes()),
        "groups_of": {user: list(facts.groups)},
    }
    asked = policy.token_scopes()
    if may_share_server(_resolve(owner, token=None), user):
        asked = [scope for scope in asked if scope == LIST_OWN_SHARES]
    oauth_client = {"kind": "server", "user": user, "name": ""}
    return _resolve(owner, token={"scopes": asked, "oauth_client": oauth_client})


def _resolve(owner: dict[str, Any], token: dict[str, Any] | None) -> list[str]:
    """Return the scopes of the owner, or of a token; none for a role that the Hub would refuse."""
    from .._core import batch

    answer = json.loads(batch(json.dumps({"op": "resolve", **owner, "token": token})))
    scopes: list[str] = answer.get("scopes", [])
    return scopes
