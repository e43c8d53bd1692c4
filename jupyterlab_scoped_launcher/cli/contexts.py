"""The contexts of visitors, from options, from files and from a Hub."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any

from .errors import CliError
from .files import read_json
from .hub_queries import read_user

Context = dict[str, Any]


def now_text() -> str:
    """Return the time now as RFC 3339."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")


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

    Without ``scopes`` the visitor holds what a server's token has by default.
    """
    context: Context = {
        "hub": not no_hub,
        "user": user,
        "admin": admin,
        "groups": list(groups),
        "scopes": list(scopes) or default_token_scopes(user),
        "shares": list(shares),
    }
    if hub_url:
        model, shared = read_user(hub_url, user)
        context["admin"] = admin or bool(model.get("admin"))
        context["groups"] = sorted({*groups, *model.get("groups", [])})
        context["shares"] = sorted({*shares, *shared})
    owner, _, name = (server or f"{user}/").partition("/")
    context["server"] = {"owner": owner, "name": name}
    return context


def default_token_scopes(user: str) -> list[str]:
    """Return the scopes of the visitor's token at their own default server, unless configured."""
    return [
        f"access:servers!server={user}/",
        f"read:users:name!user={user}",
        f"read:users:groups!user={user}",
    ]


def read_contexts(path: str) -> list[Context]:
    """Read a JSON file: a list of contexts, or of the Hub's models of users."""
    items = read_json(path)
    if isinstance(items, dict):
        items = items.get("items") or items.get("users") or [items]
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise CliError(f'{path} is not a list of users: write [{{"name": …, "groups": […]}}, …].')
    return [context_of(item) for item in items]


def context_of(item: dict[str, Any]) -> Context:
    """Return the context for a part of a context, or for the Hub's model of a user."""
    name = str(item.get("user") or item.get("name") or "")
    options = {key: item[key] for key in ("groups", "scopes", "shares", "admin") if item.get(key)}
    context = visitor_context(user=name, **options)
    return {**context, **{key: item[key] for key in ("hub", "server") if key in item}}
