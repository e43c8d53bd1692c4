"""The page on which a visitor asks to join a group."""

from __future__ import annotations

from tornado.web import authenticated

from ...contacts import contact_url, shown_contact
from ...hub_api import HubError
from ..requests.part import AskRefused, Refusal
from .base import VisitorHandler

REFUSALS: dict[Refusal, str] = {
    "not_offered": "The launcher policy does not let you ask to join this group.",
    "member": "You are in this group already.",
    "asked": "You have asked already. Your request waits for a decision.",
    "too_often": "You have asked too often today. Try again tomorrow.",
    "no_reason": "Write a reason: it is required for this group.",
    "long_reason": "The reason is too long. Write at most 1,000 characters.",
}
"""What a visitor is told whose request cannot be kept."""

REFUSAL_STATUS: dict[Refusal, int] = {"not_offered": 404, "too_often": 429}


class JoinHandler(VisitorHandler):
    """``join/GROUP``: what the group is for, the visitor's request, and a form to ask."""

    @authenticated
    async def get(self, group: str) -> None:
        """Answer the page."""
        self._show(group, await self._groups())

    @authenticated
    async def post(self, group: str) -> None:
        """Keep a request, or withdraw it (field ``action``)."""
        requests = self.service.requests
        if self.get_body_argument("action", "ask") == "withdraw":
            requests.withdraw(self.visitor, group)
        elif self.visitor:
            reason, groups = self.get_body_argument("reason", ""), await self._groups()
            try:
                requests.ask(self.visitor, groups, group, reason)
            except AskRefused as refused:
                self.set_status(REFUSAL_STATUS.get(refused.why, 400))
                self._show(group, groups, refused.why, reason)
                return
        # So that a reload of the page does not ask again.
        self.redirect(self.request.path)

    async def _groups(self) -> list[str]:
        """Return the visitor's groups as they are now: who has just been approved looks here."""
        try:
            model = await self.service.requests.client.get("/user", token=self.token)
            return [str(name) for name in model["groups"]]
        except (HubError, KeyError, TypeError):
            return list(self.current_user["groups"])

    def _show(
        self, group: str, groups: list[str], refusal: Refusal | None = None, reason: str = ""
    ) -> None:
        requests = self.service.requests
        offer = requests.offers().get(group)
        latest = requests.store.latest(self.visitor, group)
        text = self.translation.text
        if offer is None and latest is None:
            self.refuse(
                text("You cannot ask to join this group"), text(REFUSALS["not_offered"]), 404
            )
            return
        self.render(
            "join.html",
            group=group,
            offer=offer,
            request_=latest,
            is_member=group in groups,
            refusal=text(REFUSALS[refusal]) if refusal else "",
            reason=reason,
            mail=self.service.mail.status(latest) if latest else "off",
            contacts=[
                (shown_contact(contact), contact_url(contact))
                for contact in (offer.contacts if offer else [])
            ],
        )
