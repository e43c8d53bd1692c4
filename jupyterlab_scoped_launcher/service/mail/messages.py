"""Writes the mails: text and HTML, with the same words in both."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from tornado.template import Loader

from ..requests.offers import Offer
from ..requests.store import Request
from .outbox import Mail

TEMPLATES = Loader(str(Path(__file__).parent / "templates"), whitespace="all")

MAX_LISTED = 50
"""How many requests one mail lists; the page has them all."""


class Messages:
    """Writes mails whose links begin with ``url``, the public URL of the service's pages."""

    def __init__(self, url: str) -> None:
        self._url = url

    def asked(self, offer: Offer, requests: Sequence[Request], recipients: Sequence[str]) -> Mail:
        """Return the mail to those who decide about these requests."""
        if len(requests) == 1:
            subject = f"{requests[0].user} asks to join {offer.group}"
        else:
            subject = f"{len(requests)} people ask to join {offer.group}"
        link = f"{self._url}classes/{quote(offer.group, safe='')}"
        lines = [
            f"{subject}.",
            *([f"It gives access to: {', '.join(offer.cards)}."] if offer.cards else []),
            "",
            *(_line(request) for request in requests[:MAX_LISTED]),
            *([f"and {len(requests) - MAX_LISTED} more"] if len(requests) > MAX_LISTED else []),
            "",
            f"Approve or decline: {link}",
            "",
            "You need to log in to JupyterHub there. The link itself gives no rights.",
        ]
        html = TEMPLATES.load("asked.html").generate(
            subject=subject, offer=offer, requests=requests, link=link, max_listed=MAX_LISTED
        )
        return Mail(f"group:{offer.group}", tuple(recipients), subject, _text(lines), html.decode())

    def ended(self, request: Request, recipient: str) -> Mail:
        """Return the mail to the person whose request was approved or declined."""
        approved = request.state == "approved"
        subject = (
            f"You are a member of {request.group} now"
            if approved
            else f"Your request to join {request.group} was declined"
        )
        link = f"{self._url}join/{quote(request.group, safe='')}"
        lines = [
            f"{subject}.",
            *(
                ["Your launcher shows what belongs to it within moments."]
                if approved
                else [f"Reason: {request.answer}"]
                if request.answer
                else []
            ),
            "",
            f"Your request: {link}",
        ]
        html = TEMPLATES.load("ended.html").generate(
            subject=subject, request=request, approved=approved, link=link
        )
        return Mail(f"request:{request.id}", (recipient,), subject, _text(lines), html.decode())


def _line(request: Request) -> str:
    reason = " ".join(request.reason.split())
    return f"- {request.user}: {reason}" if reason else f"- {request.user}"


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n"
