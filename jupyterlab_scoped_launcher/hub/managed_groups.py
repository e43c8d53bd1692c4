"""Finds what relies on groups that the identity provider overwrites."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .traitlets_config import configured_value, sections_with

if TYPE_CHECKING:
    from traitlets.config import Config

    from .._core import Policy

CHANGES_GROUPS = ("groups", "admin:groups")
"""Scopes that change the members of groups, with or without a filter."""


def overwritten_memberships(c: Config, policy: Policy) -> list[str]:
    """Return a sentence for the admin for each use of groups that the next login may overwrite.

    With ``manage_groups`` the authenticator sets all groups of a user at each login, and each time
    that it refreshes the user. None without it.
    """
    if not manages_groups(c):
        return []
    return [
        *_about_load_groups(c),
        *_about_roles("c.JupyterHub.load_roles", configured_value(c.JupyterHub, "load_roles", [])),
        *_about_roles("the policy", json.loads(policy.roles())),
        *_about_policy(policy),
    ]


def manages_groups(c: Config) -> bool:
    """Return whether ``c`` turns ``manage_groups`` on for any authenticator."""
    return any(section["manage_groups"] is True for _, section in sections_with(c, "manage_groups"))


def _about_load_groups(c: Config) -> Iterator[str]:
    groups = configured_value(c.JupyterHub, "load_groups", {})
    if groups:
        yield (
            f"c.JupyterHub.load_groups has {_listed(groups)}, but the authenticator manages groups"
            " (manage_groups = True): JupyterHub does not start with both. Remove load_groups, and"
            " let the identity provider put its users into these groups."
        )


def _about_roles(where: str, roles: list[dict[str, Any]]) -> Iterator[str]:
    """Yield a sentence for each role with which people change the members of groups."""
    for role in roles:
        name, scopes = role.get("name"), sorted(role.get("scopes") or ())
        changing = [scope for scope in scopes if scope.partition("!")[0] in CHANGES_GROUPS]
        if name != "admin" and changing and (role.get("users") or role.get("groups")):
            yield (
                f"the role {name!r} in {where} has {_listed(changing)}, but the authenticator"
                " manages groups (manage_groups = True): each login and each refresh of a user"
                " overwrites what its holders change. Let them change the groups at the identity"
                " provider, and remove the scope."
            )


def _about_policy(policy: Policy) -> Iterator[str]:
    document = json.loads(policy.document())
    for part in ("rules", "cards"):
        for entry in document.get(part) or ():
            group = (entry.get("request") or {}).get("group")
            if group:
                yield (
                    f"{part[:-1]} {entry.get('id')!r} of the policy lets people ask to join"
                    f" {group!r}, but the authenticator manages groups (manage_groups = True): the"
                    " next login ends a membership that an instructor has approved. Remove"
                    " `request`, and write in `contact` who adds people at the identity provider."
                )
    if groups := policy.named_groups():
        yield (
            f"the policy decides by {_listed(groups)}, and the authenticator manages groups"
            " (manage_groups = True): only who is in these groups at the identity provider is in"
            " them after the next login. Members that were added at the Hub are removed then."
        )


def _listed(names: Any) -> str:
    return ", ".join(repr(name) for name in names)
