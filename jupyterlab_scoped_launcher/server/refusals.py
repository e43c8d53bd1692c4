"""What a visitor is told who may not use something: as JSON, and as a page.

A program recognizes a refusal by the header `REFUSED_HEADER`, and not by the text.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jupyter_server.base.handlers import APIHandler
from tornado import web

from ..contacts import contact_url, shown_contact
from ..translations import ENGLISH, Translation
from .hub_service import join_url

if TYPE_CHECKING:
    from jinja2 import Environment, Template
    from jupyter_server.base.handlers import JupyterHandler

    from ..cards import Card

REFUSED_HEADER = "X-Scoped-Launcher"
REFUSED = "refused"
"""The header of each refusal, and its value."""


@dataclass(frozen=True)
class Refusal:
    """Why a visitor may not use ``card``, in the visitor's language.

    ``explanation`` is the engine's sentence, ``message`` the policy's. ``contact`` may be asked
    about it. ``group`` is the one that the visitor may ask to join.
    """

    card: Card
    explanation: str
    message: str | None = None
    contact: str | None = None
    group: str | None = None
    rule: str | None = None
    reason: str = "error"
    user: str = ""
    translation: Translation = ENGLISH

    @property
    def title(self) -> str:
        """What the visitor calls that which is refused."""
        return self.card.title or self.card.name

    @property
    def text(self) -> str:
        """All of it in a line: the sentence, whom to ask, and last the card's id."""
        sentences = [self.message or self.explanation]
        if self.contact:
            sentences.append(self.translation.text("Ask {}.", shown_contact(self.contact)))
        if self.group:
            sentences.append(self.translation.text("You may ask to join the group {}.", self.group))
        return f"{' '.join(sentences)} ({self.card.id})"

    @property
    def short_text(self) -> str:
        """What the policy says, with the contact; or else the engine's sentence."""
        if self.message:
            return " ".join(filter(None, (self.message, self.contact)))
        ask = self.translation.text("Ask {}.", shown_contact(self.contact)) if self.contact else ""
        return f"{self.explanation} {ask}".strip()

    def model(self) -> dict[str, Any]:
        """Return the refusal as a JSON object."""
        return {
            "card": {"kind": self.card.kind, "name": self.card.name},
            "explanation": self.explanation,
            "message": self.message,
            "contact": self.contact,
            "request": {"group": self.group} if self.group else None,
            "rule": self.rule,
            "reason": self.reason,
        }


class AccessDenied(web.HTTPError):
    """A 403 with what the visitor is told.

    Tornado doubles each ``%`` of ``HTTPError.log_message``, because some pages format it. Jupyter
    Server formats it in pages and writes it as it is in JSON: both get the sentence as it is.
    """

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(403, refusal.text)

    @property
    def log_message(self) -> str:  # type: ignore[override,unused-ignore]
        """The sentence, also when it is formatted."""
        return _Unformatted(self.refusal.text)

    @log_message.setter
    def log_message(self, _doubled: str) -> None:
        """Ignore what Tornado sets before version 6.5."""


class _Unformatted(str):
    """A text that formatting does not change."""

    def __mod__(self, _values: object) -> str:
        return str(self)

    def __radd__(self, before: str) -> str:
        """Return a format: Tornado before version 6.5 logs ``"%d %s: " + log_message``."""
        return before + self.replace("%", "%%")


def refused(handler: JupyterHandler, refusal: Refusal) -> AccessDenied:
    """Return the error to raise in a request of ``handler``, whose answer then has the refusal.

    Handlers of other packages write errors in their own ways, so ``write_error`` is replaced in
    this one request. It writes other errors as before.
    """
    write_error: Callable[..., None] = handler.write_error

    def write_refusal(status_code: int, **kwargs: Any) -> None:
        error = (kwargs.get("exc_info") or (None, None))[1]
        if isinstance(error, AccessDenied):
            _write(handler, error.refusal)
        else:
            write_error(status_code, **kwargs)

    handler.write_error = write_refusal  # type: ignore[method-assign]
    return AccessDenied(refusal)


def _write(handler: JupyterHandler, refusal: Refusal) -> None:
    """Answer the refusal: as a page if the client asks for one, otherwise as JSON."""
    handler.set_header(REFUSED_HEADER, REFUSED)
    handler.set_header("Cache-Control", "no-store")
    handler.set_header("Vary", "Cookie, Authorization, Accept, Accept-Language")
    if asks_for_page(handler):
        try:
            page = _page(handler, refusal)
        except Exception:  # a deployment's own templates may be anything
            handler.log.exception("scoped-launcher: the page about a refusal cannot be made")
        else:
            handler.set_header("Content-Type", "text/html; charset=UTF-8")
            handler.write(page)
            return
    body = {"message": refusal.text, "reason": None, "scoped_launcher": refusal.model()}
    handler.set_header("Content-Type", "application/json")
    handler.write(json.dumps(body))


def asks_for_page(handler: JupyterHandler) -> bool:
    """Return whether the request is one of a browser that opens a page or a frame.

    The routes of Jupyter's API answer JSON to everybody.
    """
    headers = handler.request.headers
    if isinstance(handler, APIHandler) or headers.get("Upgrade", "").lower() == "websocket":
        return False
    accepted = (kind.partition(";") for kind in headers.get("Accept", "").split(","))
    return any(
        kind.strip().lower() in ("text/html", "application/xhtml+xml")
        and re.fullmatch(r"\s*q=0(\.0*)?\s*", parameters) is None
        for kind, _, parameters in accepted
    )


def _page(handler: JupyterHandler, refusal: Refusal) -> str:
    """Return the page: Jupyter Server's own page for errors with other content."""
    namespace = {
        **handler.template_namespace,
        "refusal": refusal,
        "text": refusal.translation.text,
        "start_url": handler.settings.get("default_url") or handler.base_url,
        "contact_url": contact_url(refusal.contact),
        "contact_text": shown_contact(refusal.contact or ""),
        "join_url": join_url(refusal.group) if refusal.group else None,
        "request_url": mail_url(handler, refusal),
    }
    return _template(handler.settings["jinja2_env"]).render(namespace)


@lru_cache
def _template(environment: Environment) -> Template:
    source = Path(__file__).with_name("templates") / "refused.html"
    return environment.from_string(source.read_text(encoding="utf-8"))


def mail_url(handler: JupyterHandler, refusal: Refusal) -> str | None:
    """Return a link to a mail that asks the contact for access; None without a mailbox to ask."""
    url = contact_url(refusal.contact)
    if url is None or not url.startswith("mailto:"):
        return None
    text = refusal.translation.text
    lines = [
        text("{} asks for access to {}.", refusal.user, refusal.title)
        if refusal.user
        else text("I ask for access to {}.", refusal.title),
    ]
    if refusal.group:
        lines += [text("Group: {}", refusal.group), _hub_admin_url(handler)]
    subject = quote(text("Access to {}", refusal.title), safe="")
    body = quote("\r\n".join(filter(None, lines)), safe="")
    return f"{url}?subject={subject}&body={body}"


def _hub_admin_url(handler: JupyterHandler) -> str:
    """Return the address of the Hub's page on which members of groups are changed."""
    public = os.environ.get("JUPYTERHUB_PUBLIC_HUB_URL", "")
    prefix = os.environ.get("JUPYTERHUB_BASE_URL", "")
    if not public and prefix:
        public = f"{handler.request.protocol}://{handler.request.host}{prefix}hub/"
    return f"{public}admin#/groups" if public else ""
