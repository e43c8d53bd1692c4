"""The visitor's data that the engine decides on, and how it is written as the context's JSON.

A context passes through four forms: the Hub's user model, `VisitorFacts`, the context's JSON (made
by `context_model` and nowhere else), and the engine's ``Context``.

Under a Hub it is read with the visitor's own token. The single-user server's cached answer is up to
five minutes old, and the server's own token belongs to the server's owner, who may be somebody else
than the visitor.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any, Literal, cast

from .hub_api import (
    MAX_SHARE_PAGES,
    PAGE_SIZE,
    READ_SHARES_SCOPE,
    HubClient,
    HubError,
    TokenRejected,
    malformed_response,
    name_of,
    required_field,
)
from .hub_api.errors import SUMMARIES

ErrorCode = Literal[
    "not-authenticated",
    "access-revoked",
    "hub-timeout",
    "hub-unreachable",
    "hub-error",
    "malformed-response",
    "no-hub-login",
    "bad-request",
    "internal-error",
    "no-policy",
    "not-allowed",
    "no-icon",
]
"""The error codes that Python answers. All of them are in the engine's ``ERROR_CODES``."""


class ContextError(Exception):
    """The visitor's context cannot be loaded.

    ``code`` is stable and for programs. The text is for the visitor and names nothing inside the
    deployment. ``detail`` is for the log and may do so. Neither has a token. ``status`` is the HTTP
    status of the answer to the visitor.
    """

    def __init__(
        self, code: ErrorCode, message: str, *, detail: str = "", status: int = 503
    ) -> None:
        super().__init__(message)
        self.code: ErrorCode = code
        self.detail = detail or message
        self.status = status


class NotAuthenticated(ContextError):
    """The Hub does not accept the visitor's token (any more)."""

    def __init__(self) -> None:
        super().__init__("not-authenticated", SUMMARIES["not-authenticated"], status=403)


ACCESS_REVOKED = (
    "You may no longer use this server: JupyterHub does not give you access to it any more."
)


class AccessRevoked(ContextError):
    """The Hub knows the visitor, who may not use this server: usually, not any more."""

    def __init__(self) -> None:
        super().__init__("access-revoked", ACCESS_REVOKED, status=403)


@dataclass(frozen=True)
class VisitorFacts:
    """One visitor, as described by the Hub or, without a Hub, by the operating system.

    ``shares`` are the servers that others share with the visitor, each ``owner/name``. ``service``
    is the name of the Hub's service that the visitor is. Then ``user`` is empty.
    """

    hub: bool
    user: str
    admin: bool = False
    groups: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    service: str = ""


@dataclass(frozen=True)
class ContextSnapshot:
    """A visitor's facts and their age in seconds; ``stale`` when the Hub could not be asked."""

    visitor: VisitorFacts
    age_s: float = 0.0
    stale: bool = False


def context_model(
    snapshot: ContextSnapshot, *, server_owner: str, server_name: str, now: str
) -> dict[str, Any]:
    """Return the context as a JSON object. This is the only place that writes one.

    The server is the one that the launcher runs on; ``now`` is its clock (`current_time`). Only
    the context of a service has the key ``service``.
    """
    visitor = snapshot.visitor
    service = {"service": visitor.service} if visitor.service else {}
    return {
        "hub": visitor.hub,
        "user": visitor.user,
        **service,
        "admin": visitor.admin,
        "groups": list(visitor.groups),
        "scopes": list(visitor.scopes),
        "shares": list(visitor.shares),
        "server": {"owner": server_owner, "name": server_name},
        "now": now,
        "age_s": round(snapshot.age_s, 3),
        "stale": snapshot.stale,
        "warnings": list(visitor.warnings),
    }


def current_time() -> str:
    """Return the time now, RFC 3339 in UTC."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def local_visitor(*, with_groups: bool = False) -> VisitorFacts:
    """Return the facts of the account that the server runs as: there is no Hub.

    ``with_groups``: with the account's groups, as the operating system's database has them now.
    Environment variables do not count. A number without a name has an empty ``user``, or is left
    out of the groups; a container may run under one.
    """
    try:
        import grp
        import pwd
    except ImportError:  # not a Unix system
        return VisitorFacts(hub=False, user=getpass.getuser())
    try:
        account = pwd.getpwuid(os.getuid())
    except KeyError:
        user, numbers = "", os.getgroups()
    else:
        user, numbers = account.pw_name, os.getgrouplist(account.pw_name, account.pw_gid)
    groups = []
    for number in numbers if with_groups else ():
        with suppress(KeyError):
            groups.append(grp.getgrgid(number).gr_name)
    return VisitorFacts(hub=False, user=user, groups=tuple(groups))


def default_token_scopes(user: str) -> tuple[str, ...]:
    """Return the scopes of a visitor's token at their own default server, unless configured."""
    return (
        f"access:servers!server={user}/",
        f"read:users:name!user={user}",
        f"read:users:groups!user={user}",
    )


async def load_visitor(client: HubClient, token: str) -> VisitorFacts:
    """Read at the Hub whom ``token`` belongs to, and their shares if the token may list them.

    A service has no shares.
    Raises `ContextError`. If the shares cannot be read, the facts have a warning instead: shares
    can only add cards.
    """
    try:
        visitor = visitor_from_model(await client.get("/user", token=token))
    except HubError as error:
        raise _context_error(error) from None
    if visitor.service or not may_list_shares(visitor):
        return visitor
    try:
        shared = await client.servers_shared_with(
            visitor.user, token=token, page_size=PAGE_SIZE, max_pages=MAX_SHARE_PAGES
        )
    except HubError as error:
        warning = f"The servers shared with you are unknown: {error.summary}"
        return replace(visitor, warnings=(warning,))
    warnings: tuple[str, ...] = ()
    if not shared.complete:
        limit = PAGE_SIZE * MAX_SHARE_PAGES
        warnings = (f"Only the first {limit} servers shared with you are used.",)
    return replace(visitor, shares=shared.names, warnings=warnings)


def may_list_shares(visitor: VisitorFacts) -> bool:
    """Return whether the visitor's token may list the servers that are shared with them."""
    return any(scope.split("!", 1)[0] == READ_SHARES_SCOPE for scope in visitor.scopes)


def visitor_from_model(model: Any, *, scopes: Iterable[str] | None = None) -> VisitorFacts:
    """Return the facts in the Hub's model of a user or a service, checked.

    ``GET /hub/api/user`` answers a model with the token's scopes. Give ``scopes`` for the models of
    ``GET /hub/api/users``, which have none. A service is in no group. Raises `HubError` for what
    is no such model.
    """
    name = name_of(model)
    if not name:
        raise malformed_response("the visitor's model", "has an empty name")
    kind = model.get("kind", "user")
    if kind not in ("user", "service"):
        raise malformed_response("the visitor's model", "is neither a user's nor a service's")
    admin = model.get("admin", False)
    if not isinstance(admin, bool):
        raise malformed_response("the visitor's model", "has an admin flag that is no boolean")
    held = _strings(model, "scopes") if scopes is None else tuple(scopes)
    if kind == "service":
        return VisitorFacts(hub=True, user="", service=name, admin=admin, scopes=held)
    return VisitorFacts(
        hub=True, user=name, admin=admin, groups=_strings(model, "groups"), scopes=held
    )


def _strings(model: dict[str, Any], key: str) -> tuple[str, ...]:
    values = required_field(model, key, list)
    if not all(isinstance(value, str) for value in values):
        raise malformed_response("the visitor's model", f"has {key} that are no text")
    return tuple(values)


def _context_error(error: HubError) -> ContextError:
    if isinstance(error, TokenRejected):
        return NotAuthenticated()
    # All codes of hub_api are in `ErrorCode`; a test compares them.
    return ContextError(cast("ErrorCode", error.code), error.summary, detail=str(error))
