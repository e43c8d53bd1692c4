"""The start page of the service: what the visitor has asked, and what they may change."""

from __future__ import annotations

from typing import Any

from tornado.web import authenticated

from ...hub_api import HubError
from .base import VisitorHandler

MAX_GROUPS = 200


class HomeHandler(VisitorHandler):
    """The visitor's requests; their classes; for those who hold ``shares``, the service's state."""

    @authenticated
    async def get(self) -> None:
        """Answer the page."""
        service = self.service
        store = service.requests.store
        groups, problem = await self._groups()
        self.render(
            "home.html",
            own=store.latest_by_group(self.visitor) if self.visitor else [],
            groups=groups,
            problem=problem,
            open_counts=store.count_open(),
            state=self._state() if "shares" in self.scopes else None,
        )

    async def _groups(self) -> tuple[list[dict[str, Any]], str]:
        """Return the groups that the visitor may change, and what went wrong ("" if nothing)."""
        if not any(scope.partition("!")[0] == "groups" for scope in self.scopes):
            return [], ""
        try:
            page = await self.service.requests.memberships.groups(self.token, MAX_GROUPS)
        except HubError as error:
            return [], self.translation.text(error.summary)
        return [group for group in page if self.may_change(str(group["name"]))], ""

    def _state(self) -> dict[str, Any]:
        """Return what admins see of the service."""
        service = self.service
        return {
            "status": service.status,
            "policy_problem": service.policy.problem_for_admins,
            "roles_problem": service.changes.facts.policy_problem,
            "grants": service.grants.state.status,
            "grants_problem": service.grants.state.problem,
            "subscribers": len(service.changes.subscribers),
            "is_hub_heard": service.changes.received.is_hub_heard,
            "mails": service.mail.count(),
        }
