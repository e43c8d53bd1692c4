"""The contexts of visitors, from options, from files and from a Hub."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ..context import (
    ContextSnapshot,
    VisitorFacts,
    context_model,
    current_time,
    default_token_scopes,
)
from .errors import CliError
from .files import read_json
from .hub_queries import read_user
from .server_names import split_server

Context = dict[str, Any]


def visitor_context(
    *,
    user: str,
    groups: Iterable[str] = (),
    scopes: Iterable[str] = (),
    shares: Iterable[str] = (),
    admin: bool = False,
    server: str | None = None,
    no_hub: bool = False,
    hub_url: str | None = None,
) -> Context:
    """Return a visitor's context from options and, with ``hub_url``, from the Hub.

    Without ``scopes`` the visitor holds what a server's token has by default. ``server`` is
    ``owner/name``; the default is the visitor's own default server.
    """
    visitor = VisitorFacts(
        hub=not no_hub,
        user=user,
        admin=admin,
        groups=tuple(groups),
        scopes=tuple(scopes) or default_token_scopes(user),
        shares=tuple(shares),
    )
    if hub_url:
        hub_visitor = read_user(hub_url, user)
        visitor = replace(
            visitor,
            admin=visitor.admin or hub_visitor.admin,
            groups=tuple(sorted({*visitor.groups, *hub_visitor.groups})),
            shares=tuple(sorted({*visitor.shares, *hub_visitor.shares})),
            warnings=hub_visitor.warnings,
        )
    owner, name = split_server(server) if server else (user, "")
    return context_model(
        ContextSnapshot(visitor), server_owner=owner, server_name=name, now=current_time()
    )


def visitor_contexts(visitors: Iterable[VisitorFacts]) -> list[Context]:
    """Return the contexts of the Hub's users, each at their own default server."""
    return [
        visitor_context(user=visitor.user, groups=visitor.groups, admin=visitor.admin)
        for visitor in visitors
    ]


def read_contexts(path: str) -> list[Context]:
    """Read a JSON file: a list of contexts, or of the Hub's models of users."""
    items = read_json(path)
    if isinstance(items, dict):
        items = items.get("items") or items.get("users") or [items]
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise CliError(f'{path} is not a list of users: write [{{"name": …, "groups": […]}}, …].')
    return [_context_of(item, path) for item in items]


def _context_of(item: dict[str, Any], path: str) -> Context:
    """Return the context for a part of a context, or for the Hub's model of a user."""
    name = str(item.get("user") or item.get("name") or "")
    options: dict[str, Any] = {"admin": bool(item.get("admin"))}
    for key in ("groups", "scopes", "shares"):
        options[key] = item.get(key) or []
        if not _is_list_of_text(options[key]):
            raise CliError(f"{path}: {key} of the user {name!r} must be a list of text.")
    context = visitor_context(user=name, **options)
    if "hub" in item:
        context["hub"] = item["hub"]
    if isinstance(item.get("server"), dict):  # in the Hub's model, it is an address
        context["server"] = item["server"]
    return context


def _is_list_of_text(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
