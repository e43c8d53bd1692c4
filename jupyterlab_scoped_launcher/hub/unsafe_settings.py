"""Finds settings of a Hub that make a launcher policy ineffective."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .code_names import uses_name
from .tokens import VisitorTokenScopes
from .traitlets_config import configured_value, sections_with

if TYPE_CHECKING:
    from traitlets.config import Config

WIDE_SCOPES = {
    "inherit": "is everything that its owner may do",
    "self": "is everything that its owner may do to their own account and servers",
    "access:servers": "opens every user's every server",
    "access:services": "opens every service",
    "shares": "can share, and so open, every user's every server",
    "tokens": "makes tokens of every user's",
    "admin:servers": "starts and stops every user's every server",
    "admin:users": "changes users",
    "admin:groups": "changes groups",
    "groups": "changes the members of every group",
}
"""Scopes that no visitor's or server's token should have, and what each of them allows."""

OPENS_ALL_SERVERS = {"access:servers", "shares"}


def unsafe_settings(c: Config) -> list[str]:
    """Return a sentence for the admin for each setting that makes the policy ineffective."""
    return [
        *_wide_token_scopes(c),
        *_wide_roles(c),
        *_overriding_settings(c),
        *_uses_of_group_properties(c),
    ]


def _wide_token_scopes(c: Config) -> Iterator[str]:
    """Tokens that a server's owner can read must open nothing but that server."""
    for trait, whose in (
        ("oauth_client_allowed_scopes", "the token of each visitor of a server"),
        ("server_token_scopes", "the token in each server's environment"),
    ):
        for name, section in sections_with(c, trait):
            scopes = configured_value(section, trait, [])
            if isinstance(scopes, VisitorTokenScopes):
                scopes = scopes.all_configured()
            for scope in scopes if isinstance(scopes, (list, tuple, set)) else ():
                if scope in WIDE_SCOPES:
                    yield (
                        f"c.{name}.{trait} has {scope!r}: {whose} can be read by everybody who can"
                        f" run code in that server, and this scope {WIDE_SCOPES[scope]}. Remove it."
                    )


def _wide_roles(c: Config) -> Iterator[str]:
    for role in configured_value(c.JupyterHub, "load_roles", []):
        name, scopes = role.get("name", ""), set(role.get("scopes") or ())
        everybody = name in ("user", "server")
        if name != "admin" and (everybody or role.get("users") or role.get("groups")):
            for scope in sorted(scopes & OPENS_ALL_SERVERS):
                yield (
                    f"the role {name!r} in c.JupyterHub.load_roles has {scope!r} without a filter,"
                    f" which {WIDE_SCOPES[scope]}, default servers too. Write"
                    f" '{scope}!server=OWNER/NAME', or use the policy's grants."
                )
        if name == "server" and "inherit" in scopes:
            yield (
                "the role 'server' in c.JupyterHub.load_roles has 'inherit': the token in each"
                f" server's environment then {WIDE_SCOPES['inherit']}. Remove it."
            )
        for scope in sorted(scopes):
            base, _, group = scope.partition("!group=")
            if base == "groups" and group and f"access:servers!group={group}" in scopes:
                yield (
                    f"the role {name!r} in c.JupyterHub.load_roles has both {scope!r} and"
                    f" 'access:servers!group={group}': who holds it can put anybody into the group"
                    " and then open their servers, so it opens every server. Remove one of the two."
                )
    for scope in configured_value(c.JupyterHub, "extra_user_scopes", []):
        if scope in WIDE_SCOPES:
            yield (
                f"c.JupyterHub.extra_user_scopes has {scope!r}, which"
                f" {WIDE_SCOPES[scope]}, for every user. Remove it."
            )


def _overriding_settings(c: Config) -> Iterator[str]:
    """Settings that JupyterHub applies over those that `configure` makes."""
    for name, section in sections_with(c, "group_overrides"):
        overrides = section["group_overrides"]
        for key, override in overrides.items() if isinstance(overrides, dict) else ():
            if "pre_spawn_hook" in (override.get("spawner_override") or {}):
                yield (
                    f"c.{name}.group_overrides[{key!r}] sets pre_spawn_hook: for its groups nothing"
                    " of the policy is applied at spawn. Set c.Spawner.pre_spawn_hook before"
                    " configure(), which chains it."
                )


def _uses_of_group_properties(c: Config) -> Iterator[str]:
    """Whoever may change a group's members may also write its properties."""
    for trait in ("pre_spawn_hook", "group_overrides", "auth_state_hook", "profile_list"):
        for name, section in sections_with(c, trait):
            if uses_name(section[trait], "properties"):
                yield (
                    f"c.{name}.{trait} seems to read group properties: everybody with"
                    " 'groups!group=…' (an instructor) can write them. Decide by the group's name."
                )
