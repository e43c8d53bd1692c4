"""Reads users, groups and shares from a running JupyterHub."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import click

from ..context import VisitorFacts, visitor_from_model
from ..hub_api import (
    HubClient,
    HubError,
    HubRefused,
    TokenRejected,
    name_of,
    quote_segment,
)
from .errors import CliError

TOKEN_VARIABLE = "JUPYTERHUB_API_TOKEN"  # noqa: S105  a variable's name

TIMEOUT_S = 20.0

HINTS = {
    401: "The Hub does not know the token.",
    403: "The token may not read this: give it list:users, read:users and list:groups.",
    404: "There is no such user, or the token may not see it.",
}
"""What to do about the Hub's status codes."""

Answer = TypeVar("Answer")


def read_groups(hub_url: str) -> list[str]:
    """Return the names of all groups of the Hub."""
    return _query(hub_url, lambda client: client.whole_list("/groups", parse=name_of))


def read_users(hub_url: str) -> list[VisitorFacts]:
    """Return all users of the Hub, without their scopes and shares."""
    return _query(hub_url, lambda client: client.whole_list("/users", parse=_user_from_model))


def read_user(hub_url: str, name: str) -> VisitorFacts:
    """Return a user of the Hub, without scopes. Where shares are unknown, a warning says so."""

    async def read_user_and_shares(client: HubClient) -> VisitorFacts:
        user = _user_from_model(await client.get(f"/users/{quote_segment(name)}"))
        try:
            shared = await client.servers_shared_with(name)
        except (TokenRejected, HubRefused):
            unknown = f"The token may not list the servers shared with {name}."
            return replace(user, warnings=(unknown,))
        return replace(user, shares=shared.names)

    return _query(hub_url, read_user_and_shares)


def read_server_url(hub_url: str, owner: str | None, server_name: str = "") -> str:
    """Return the address of a running server at the Hub.

    Without ``owner`` it belongs to the user of the token. The token needs ``read:servers`` of it.
    Raises `CliError` where the server does not run, or where the token may not see that.
    """

    async def read_servers(client: HubClient) -> Any:
        return await client.get(f"/users/{quote_segment(owner)}" if owner else "/user")

    model = _query(hub_url, read_servers)
    name = name_of(model)
    servers = model.get("servers")
    if not isinstance(servers, dict):
        raise CliError(
            f"The token may not see the servers of {name}: give it read:servers!user={name} and "
            f"access:servers!user={name}."
        )
    server = servers.get(server_name)
    if not isinstance(server, dict) or not server.get("ready"):
        raise CliError(f"The server {name}/{server_name} is not running. Start it, and try again.")
    return urljoin(_api_url(hub_url), str(server.get("full_url") or server["url"]))


def _user_from_model(model: Any) -> VisitorFacts:
    return visitor_from_model(model, scopes=())


def _query(hub_url: str, send: Callable[[HubClient], Awaitable[Answer]]) -> Answer:
    """Return what ``send`` reads; a failed request ends the command."""
    api_url = _api_url(hub_url)
    token = os.environ.get(TOKEN_VARIABLE, "")
    if not token:
        raise click.UsageError(f"--hub needs a token in the environment variable {TOKEN_VARIABLE}.")

    async def send_and_close() -> Answer:
        client = HubClient(api_url, token, timeout_s=TIMEOUT_S)
        try:
            return await send(client)
        finally:
            client.close()

    try:
        return asyncio.run(send_and_close())
    except HubError as error:
        hint = HINTS.get(error.status or 0, "")
        raise CliError(f"{str(error).rstrip('.')}. {hint}".strip()) from None


def _api_url(url: str) -> str:
    """Return the address of the Hub's API."""
    return f"{base_url(url)}/hub/api"


def base_url(url: str) -> str:
    """Return the base of a Hub's addresses. ``url`` is that, its ``/hub/`` or its API."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise click.BadParameter(f"{url!r} is not the address of a Hub.", param_hint="--hub")
    return url.rstrip("/").removesuffix("/api").removesuffix("/hub")
