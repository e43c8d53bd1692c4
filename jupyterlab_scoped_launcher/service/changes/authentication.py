"""Finds out whose server subscribes, by the token that the Hub has given it."""

from __future__ import annotations

from dataclasses import dataclass

from ...context import visitor_from_model
from ...hub_api import HubClient, TokenRejected, access_scope, malformed_response


class NotAllowed(Exception):
    """The token is not that of the server that it is used for."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A user's server, and what the Hub says of its owner. ``token_id`` is the Hub's name of the
    token."""

    owner: str
    server: str
    token_id: str
    admin: bool
    groups: tuple[str, ...]


async def identify(client: HubClient, token: str, server: str) -> Identity:
    """Return who uses ``token`` for the server ``owner/name``.

    A server's own token may report activity (`users:activity`) and open this server. The token of
    a visitor, which the server's owner can use too, may not do both: it belongs to another user, or
    it is one for a page. Raises `NotAllowed`, or `HubError` while the Hub cannot be asked.
    """
    try:
        model = await client.get("/user", token=token)
    except TokenRejected as error:
        if error.status in (401, 403):
            raise NotAllowed("the Hub does not accept this token") from None
        raise
    visitor = visitor_from_model(model)
    owner, separator, _ = server.partition("/")
    if visitor.service or not separator or visitor.user != owner:
        raise NotAllowed("the token is not of the server's owner")
    held = set(visitor.scopes)
    may_report = held & {"users:activity", f"users:activity!user={owner}"}
    may_open = held & {access_scope(server), "access:servers", f"access:servers!user={owner}"}
    if not may_report or not may_open:
        raise NotAllowed("the token is not the server's own")
    token_id = model.get("token_id")
    if not isinstance(token_id, str):
        raise malformed_response("GET /user", "answered no token_id")
    return Identity(owner, server, token_id, visitor.admin, visitor.groups)
