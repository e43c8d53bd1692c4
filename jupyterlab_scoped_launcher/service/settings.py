"""How the service runs; docs/reference/service.md describes each option."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from .grants.sharing_api import SharingApi
from .mail.settings import MailSettings


@dataclass(frozen=True)
class ServiceSettings:
    """The options of ``scoped-launcher service``, and what the Hub tells its services."""

    policy: Path
    database: Path
    api_url: str
    token: str = field(repr=False)
    hub_key: str = field(repr=False, default="")
    interval_s: float = 15.0
    max_revocations: int | None = None
    page_size: int = 200
    hub_share: float = 0.25
    mail: MailSettings | None = None
    pages_url: str = ""
    """The public URL of the service's pages, which mails link to. It ends with a slash."""

    def sharing_api(self) -> SharingApi:
        """Return a client for the Hub of these settings."""
        return SharingApi(
            self.api_url, self.token, page_size=self.page_size, hub_share=self.hub_share
        )
