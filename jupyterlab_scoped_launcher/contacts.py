"""Whom a policy names to ask: a mailbox, a page, or another text."""

from __future__ import annotations

import re
from urllib.parse import quote

ADDRESS_PATTERN = re.compile(r"(?:mailto:)?([^@\s<>\"]+@[^@\s<>\"]+)")
"""A contact that is the address of a mailbox."""

WEB_PATTERN = re.compile(r"https?://\S+", re.IGNORECASE)
"""A contact that is a page."""


def shown_contact(contact: str) -> str:
    """Return a contact as people write it."""
    return contact.removeprefix("mailto:")


def contact_url(contact: str | None) -> str | None:
    """Return the address of a link to the contact; None if it is neither a mailbox nor a page."""
    if contact and (mailbox := ADDRESS_PATTERN.fullmatch(contact)):
        return f"mailto:{quote(mailbox[1], safe='@')}"
    return contact if contact and WEB_PATTERN.fullmatch(contact) else None
