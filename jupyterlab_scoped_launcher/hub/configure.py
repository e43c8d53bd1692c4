"""Adds a policy to JupyterHub's configuration: roles, custom scopes, spawn hook, token scopes."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..changes import HUB_KEY_VARIABLE
from ..hub_api import LIST_OWN_SHARES
from ..policy_store import PolicyStore
from ..variables import POLICY_VARIABLE
from .config_check import ExpectedConfig, after_loading
from .decisions import OwnerDecisions
from .live_parts import ServiceParts, start_live_parts
from .live_roles import PolicyRoles
from .managed_groups import overwritten_memberships
from .profiles import filtered_profiles
from .reach import unreached_servers
from .server_settings import ServerSettings, ServiceAddress
from .services import give_policy_to_services, services_elsewhere
from .spawn import SpawnHook
from .tokens import VisitorTokenScopes, without_own_shares
from .traitlets_config import (
    comparable,
    configured_value,
    hub_log,
    sections_with,
    take_over_outer_files,
)
from .unsafe_settings import unsafe_settings
from .versions import grantable_token_scopes, require_hub_version, require_token_scopes
from .wrapspawner_profiles import filtering_form

if TYPE_CHECKING:
    from traitlets.config import Config

    from .._core import Policy


def configure(
    c: Config,
    policy: str | os.PathLike[str],
    *,
    server_policy: str | None = None,
    policy_by: Literal["environment", "argument"] = "environment",
    token_scopes: Iterable[str] | None = None,
    on_invalid: Literal["stop", "start"] = "stop",
    service: bool | Mapping[str, Any] = False,
    preview_users: bool = False,
) -> None:
    """Make the Hub of this ``jupyterhub_config.py`` follow a policy; call it last in that file.

    It adds the policy's roles to ``JupyterHub.load_roles`` and its custom scopes to
    ``JupyterHub.custom_scopes``; chains a hook to every configured ``pre_spawn_hook`` that puts the
    allowed kernels' directories on the server's search path and tells it where its policy is; does
    the latter for services that run JupyterLab; adds the least ``oauth_client_allowed_scopes`` that
    the policy needs; and filters the profiles of KubeSpawner and wrapspawner. It logs a warning for
    each setting that makes the policy ineffective, and for each server that it cannot reach.

    * ``policy``: the policy file, as the Hub sees it.
    * ``server_policy``: the same file as the users' servers see it (a mounted ConfigMap, say).
      Default: the absolute path of ``policy``.
    * ``policy_by``: tell the server by ``SCOPED_LAUNCHER_POLICY`` in its environment, or also by a
      command line argument, which the configuration files in a user's home cannot override. Only
      commands that are known as Jupyter servers get the argument.
    * ``token_scopes``: replaces the computed token scopes; an empty list gives none.
    * ``on_invalid``: what a policy with errors does. ``stop`` ends the Hub's start with lint's
      output; ``start`` starts the Hub without the policy's roles, and refuses its kernels.
    * ``service``: also run the Hub service of this package (docs/reference/service.md), which
      shares servers as the policy's grants say and tells users' servers of changes: True, or
      keywords for its ``service_entry``. The keyword ``server_url`` is where servers reach it, if
      that is not the machine of the Hub.
    * ``preview_users``: let admins of the Hub see the launcher as a user whom they name, and not
      only as a member of groups: in their own default servers, their tokens may then list the
      Hub's users and read their groups and shares.

    Raises SystemExit with a text for the admin: for an invalid policy, for a role or scope that is
    configured twice in different ways, and for a JupyterHub that is too old for the policy. The
    Hub's start ends likewise when a later line of the file overwrites what this has set.
    """
    log = hub_log()
    take_over_outer_files(c)
    path = Path(policy).absolute()
    store = PolicyStore(path, log, hub_groups=lambda: _configured_groups(c))
    state = store.current()
    expected = ExpectedConfig()
    defined_here = PolicyRoles([], {})
    scopes = list(token_scopes or ())
    lacking_scopes: list[str] = []
    if state.policy is None:
        message = f"scoped-launcher: {path} cannot be used:\n{state.problem}"
        if on_invalid == "stop":
            raise SystemExit(message)
        log.error("%s\nThe Hub starts without the roles of this policy.", message)
    else:
        require_hub_version(state.policy, log)
        configured = PolicyRoles.configured(c)
        expected.custom_scopes = _merge_scopes(c, state.policy, path)
        expected.roles = _merge_roles(c, state.policy, path)
        defined_here = PolicyRoles.of(state.policy).without(configured)
        if token_scopes is None:
            scopes = state.policy.token_scopes()
        scopes, lacking_scopes = grantable_token_scopes(scopes, log)
        if preview_users:
            require_token_scopes("preview_users")
        if scopes or preview_users:
            trait = "oauth_client_allowed_scopes"
            expected.wrapped[trait] = _wrap_trait(
                c, trait, lambda old: VisitorTokenScopes(scopes, old, previews=preview_users)
            )
    # With the scopes added above, and before the hooks added below replace the configured ones.
    for warning in unsafe_settings(c):
        log.warning("scoped-launcher: %s", warning)

    by_argument = policy_by == "argument"
    give_policy_to_services(
        c,
        ServerSettings(str(path), by_argument, withheld_scopes=tuple(without_own_shares(scopes))),
        list_shares=LIST_OWN_SHARES in scopes,
    )
    address, service_parts = ServiceAddress(), None
    if service:
        keywords = {} if service is True else dict(service)
        origin = str(keywords.pop("server_url", ""))
        service_parts = _add_service(c, path, state.policy, keywords)
        expected.services[service_parts.entry["name"]] = {HUB_KEY_VARIABLE}
        expected.roles.append(service_parts.role(state.policy))
        address = ServiceAddress(origin, service_parts.entry["url"])
    decisions = OwnerDecisions(store)
    hook = SpawnHook(
        decisions,
        server_policy or str(path),
        by_argument=by_argument,
        token_scopes=scopes,
        lacking_scopes=lacking_scopes,
        service=address,
    )
    expected.wrapped["pre_spawn_hook"] = _wrap_trait(c, "pre_spawn_hook", hook.wrapping)
    expected.wrapped["profile_list"] = _wrap_trait(
        c, "profile_list", lambda old: filtered_profiles(decisions, old), everywhere=False
    )
    if sections_with(c, "profiles"):
        expected.wrapped["auth_state_hook"] = _wrap_trait(
            c, "auth_state_hook", lambda old: filtering_form(decisions, old)
        )

    def check(loaded: Config, spawner_class: type) -> None:
        expected.require_in(loaded)
        start_live_parts(store, defined_here, loaded, service_parts)
        warnings = unreached_servers(loaded, spawner_class, by_argument=by_argument)
        if (used := store.current().policy) is not None:
            warnings += overwritten_memberships(loaded, used)
        for warning in warnings:
            log.warning("scoped-launcher: %s", warning)
        if names := services_elsewhere(loaded):
            log.info(
                "scoped-launcher: this Hub does not start the services %s. Where one of them is a"
                " Jupyter server, set %s in its environment.",
                ", ".join(names),
                POLICY_VARIABLE,
            )

    after_loading(check)


def _configured_groups(c: Config) -> list[str]:
    """Return the groups that the Hub's configuration creates or gives roles to."""
    hub = c.JupyterHub
    roles = configured_value(hub, "load_roles", [])
    of_roles = (group for role in roles for group in role.get("groups") or ())
    return sorted({*configured_value(hub, "load_groups", {}), *of_roles})


def _add_service(
    c: Config, path: Path, policy: Policy | None, keywords: Mapping[str, Any]
) -> ServiceParts:
    """Add the Hub service and its role to what is configured."""
    from ..service.entry import (
        DATABASE,
        everybodys_role,
        needed_parts,
        role_entry,
        service_entry,
    )

    database = keywords.get("database", DATABASE)
    parts = ServiceParts(
        service_entry(path, **{"hub_key": secrets.token_hex(32), **keywords}),
        lambda policy: role_entry(needed_parts(policy, database)),
    )
    c.JupyterHub.services = [*configured_value(c.JupyterHub, "services", []), parts.entry]
    roles = configured_value(c.JupyterHub, "load_roles", [])
    everybody = everybodys_role(roles)
    others = [role for role in roles if role.get("name") != everybody["name"]]
    c.JupyterHub.load_roles = [*others, everybody, parts.role(policy)]
    return parts


def _merge_roles(c: Config, policy: Policy, path: Path) -> list[dict[str, Any]]:
    """Add the policy's roles, and return them.

    The same role twice is fine only if nothing differs.
    """
    roles: list[dict[str, Any]] = json.loads(policy.roles())
    assigned = [role["name"] for role in roles if role.get("users") or role.get("groups")]
    if assigned and any(section["manage_roles"] for _, section in sections_with(c, "manage_roles")):
        raise SystemExit(
            f"scoped-launcher: the authenticator manages roles (manage_roles = True), so JupyterHub"
            f" refuses roles for users and groups from elsewhere: {', '.join(assigned)} in {path}."
            " Return them from load_managed_roles, or turn manage_roles off."
        )
    present = configured_value(c.JupyterHub, "load_roles", [])
    by_name = {role.get("name"): role for role in present}
    added = []
    for role in roles:
        other = by_name.get(role["name"])
        if other is None:
            added.append(role)
        elif comparable(other) != comparable(role):
            raise SystemExit(
                _conflict("role", role["name"], path, "c.JupyterHub.load_roles", role, other)
            )
    c.JupyterHub.load_roles = [*present, *added]
    return roles


def _merge_scopes(c: Config, policy: Policy, path: Path) -> dict[str, dict[str, Any]]:
    """Add the policy's custom scopes, and return them.

    The same scope twice is fine only if nothing differs.
    """
    present = dict(configured_value(c.JupyterHub, "custom_scopes", {}))
    scopes: dict[str, dict[str, Any]] = json.loads(policy.custom_scopes())
    for name, definition in scopes.items():
        other = present.setdefault(name, definition)
        if comparable(other) != comparable(definition):
            raise SystemExit(
                _conflict(
                    "custom scope", name, path, "c.JupyterHub.custom_scopes", definition, other
                )
            )
    if present:
        c.JupyterHub.custom_scopes = present
    return scopes


def _conflict(kind: str, name: str, path: Path, setting: str, ours: Any, theirs: Any) -> str:
    return (
        f"scoped-launcher: the {kind} {name!r} is defined twice, and differently:\n"
        f"  in {path}: {json.dumps(ours, default=sorted)}\n"
        f"  in {setting}: {json.dumps(theirs, default=sorted)}\n"
        f"Remove one of them, or rename it."
    )


def _wrap_trait(
    c: Config, trait: str, wrapper: Callable[[Any], Any], *, everywhere: bool = True
) -> dict[str, Any]:
    """Replace ``trait`` by ``wrapper(its value or None)`` in each spawner section that sets it.

    A spawner reads the section of its own class before that of ``Spawner``, so wrapping only
    ``c.Spawner`` would miss what ``c.KubeSpawner`` sets. ``everywhere``: also where none sets it.
    Returns the new values by section.
    """
    sections = dict(sections_with(c, trait))
    if everywhere:
        sections.setdefault("Spawner", c.Spawner)
    for section in sections.values():
        section[trait] = wrapper(configured_value(section, trait, None))
    return {name: section[trait] for name, section in sections.items()}
