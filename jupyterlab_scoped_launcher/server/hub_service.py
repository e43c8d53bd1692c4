"""Where the Hub service is, and what it knows of requests to join groups."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..changes import REQUESTS_PATH
from ..hub_api import HubClient, HubError
from ..variables import SERVICE_NAME, SERVICE_VARIABLE

if TYPE_CHECKING:
    from logging import Logger

TIMEOUT_S = 2.0
"""How long a page waits for the states of requests."""


@dataclass(frozen=True, slots=True)
class HubService:
    """The Hub service at ``url``, for the server ``owner/name`` with its own ``token``."""

    url: str
    server: str
    token: str = field(repr=False)


def hub_service() -> HubService | None:
    """Return the Hub service; None if the Hub has none that this server can reach."""
    origin = os.environ.get(SERVICE_VARIABLE, "")
    owner = os.environ.get("JUPYTERHUB_USER", "")
    token = os.environ.get("JUPYTERHUB_API_TOKEN", "")
    if not origin or not owner or not token:
        return None
    base = os.environ.get("JUPYTERHUB_BASE_URL", "/")
    server = f"{owner}/{os.environ.get('JUPYTERHUB_SERVER_NAME', '')}"
    return HubService(f"{origin}{base}services/{SERVICE_NAME}/", server, token)


def join_url(group: str) -> str | None:
    """Return the path of the page on which a visitor asks to join a group.

    None if the Hub has no service that takes requests, or has it on another host.
    """
    if hub_service() is None or os.environ.get("JUPYTERHUB_HOST"):
        return None
    base = os.environ.get("JUPYTERHUB_BASE_URL", "/")
    return f"{base}services/{SERVICE_NAME}/join/{quote(group, safe='')}"


class OwnerRequests:
    """Asks the Hub service what this server's owner has asked for."""

    def __init__(self, service: HubService | None, log: Logger) -> None:
        self._service = service
        self._log = log
        self._client = (
            None
            if service is None
            else HubClient(service.url, service.token, timeout_s=TIMEOUT_S, requires_hub=False)
        )

    def close(self) -> None:
        """Close the connections to the service."""
        if self._client is not None:
            self._client.close()

    async def states(self, *, asks: bool) -> dict[str, Any] | None:
        """Return the last request for each group, as the service answers it.

        None: there is no service that takes requests. Empty without ``asks``, and while the service
        does not answer.
        """
        if self._service is None or self._client is None:
            return None
        if not asks:
            return {}
        try:
            answer = await self._client.get(f"/{REQUESTS_PATH}", {"server": self._service.server})
            return dict(answer["requests"])
        except (HubError, KeyError, TypeError, ValueError) as problem:
            self._log.info("scoped-launcher: the states of requests are unknown: %s", problem)
            return {}
