"""Which users a change at the Hub concerns, and what to plan for them alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from ...changes import Change
from .sharing_api import HubUser


def affected_users(changes: Iterable[Change]) -> set[str]:
    """Return the users whose groups or servers have changed, and owners of whom a share ended.

    Left out is what no grant is about: default servers, who is an admin, and shares that begin
    (most of them are the service's own).
    """
    names = set()
    for change in changes:
        kind = change["kind"]
        owner, _, server = change.get("server", "").partition("/")
        if kind == "membership" or (kind == "user" and "admin" not in change):
            names.add(change["user"])
        elif server and (kind == "server" or (kind == "share" and not change["scopes"])):
            names.add(owner)
    return names


def as_recipients(users: Mapping[str, HubUser], names: Collection[str]) -> list[HubUser]:
    """Return users of whom only those in ``names`` are in groups, and so get shares by a group.

    Others who have no named server are left out: there is nothing of theirs to share.
    """
    return [
        user if user.name in names else replace(user, groups=())
        for user in users.values()
        if user.name in names or has_named_server(user)
    ]


def as_owners(users: Mapping[str, HubUser], names: Collection[str]) -> list[HubUser]:
    """Return all users, of whom only those in ``names`` have servers."""
    return [user if user.name in names else replace(user, servers={}) for user in users.values()]


def has_named_server(user: HubUser) -> bool:
    """Return whether the user has a server that can be shared."""
    return any(user.servers)
