"""How mails are sent; docs/reference/service.md describes each option."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

PASSWORD_VARIABLE = "SCOPED_LAUNCHER_SMTP_PASSWORD"  # noqa: S105
"""Environment variable with the password for the mail server."""

Security = Literal["starttls", "tls", "none"]

_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+")


@dataclass(frozen=True, slots=True)
class MailSettings:
    """The mail server, and whose addresses are known.

    A name that is an address itself is used as it is. For others, ``user_address`` has ``{user}``
    in the place of the name; if it is empty, they get no mails. ``digest_s`` is the shortest time
    between two mails about requests for one group, in seconds.
    """

    host: str
    port: int
    sender: str
    security: Security = "starttls"
    user: str = ""
    password: str = field(repr=False, default="")
    user_address: str = ""
    digest_s: float = 300.0

    def address_of(self, user: str) -> str | None:
        """Return the user's mail address; None if it is not known."""
        return mail_address(user) or mail_address(self.user_address.replace("{user}", user))


def mail_address(text: str) -> str | None:
    """Return ``text`` as a mail address, without ``mailto:``; None if it is none."""
    address = text.strip()
    if address.lower().startswith("mailto:"):
        address = address[len("mailto:") :].partition("?")[0]
    return address if _ADDRESS.fullmatch(address) else None
