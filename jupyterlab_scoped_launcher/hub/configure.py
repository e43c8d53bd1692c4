"""Puts a policy into JupyterHub's configuration: roles, custom scopes, spawn hook, token scopes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..policy_store import PolicyStore
from .kept import Kept
from .profiles import filtered_profiles
from .risks import risks
from .settings import comparable, configured, hub_log, sections_with
from .spawn import SpawnPolicy
from .tokens import ScopesOfUnshared, least_scopes

if TYPE_CHECKING:
    from traitlets.config import Config

    from .._core import Policy

HUB_MINIMUM = (5, 5, 1)
"""The oldest JupyterHub with every fix that shared servers need."""


def configure(
    c: Config,
    policy: str | os.PathLike[str],
    *,
    server_policy: str | None = None,
    policy_by: Literal["environment", "argument"] = "environment",
    token_scopes: Iterable[str] | None = None,
    on_invalid: Literal["stop", "start"] = "stop",
    grants: bool | Mapping[str, Any] = False,
) -> None:
    """Make the Hub of this ``jupyterhub_config.py`` follow a policy; call it last in that file.

    It adds the policy's roles to ``JupyterHub.load_roles`` and its custom scopes to
    ``JupyterHub.custom_scopes``; chains a hook to every configured ``pre_spawn_hook`` that puts the
    allowed kernels' directories on ``JUPYTER_PATH`` and tells the server where its policy is; adds
    the least ``oauth_client_allowed_scopes`` that the policy needs; and filters
    ``profile_list`` where one is configured. Settings that undermine the policy are warned about.

    * ``policy``: the policy file, as the Hub sees it.
    * ``server_policy``: the same file as the users' servers see it (a mounted ConfigMap, say).
      Default: the absolute path of ``policy``.
    * ``policy_by``: tell the server by ``SCOPED_LAUNCHER_POLICY`` in its environment, or by a
      command line argument, which the configuration files in a user's home cannot override.
    * ``token_scopes``: replaces the computed token scopes; an empty list gives none.
    * ``on_invalid``: what a policy with errors does. ``stop`` ends the Hub's start with lint's
      output; ``start`` starts the Hub without the policy's roles, and refuses its kernels.
    * ``grants``: also run the service that shares servers as the policy's grants say
      (docs/grants.md): True, or keywords for its ``service_entry``.

    Raises SystemExit with a text for the admin: for an invalid policy, for a role or scope that is
    configured twice in different ways, and for a JupyterHub older than 5.5.1. The Hub's start ends
    likewise when what this has set is replaced later in the file.
    """
    _check_hub()
    log = hub_log()
    path = Path(policy).absolute()
    store = PolicyStore(path, log)
    state = store.current()
    kept = Kept()
    if state.policy is None:
        message = f"scoped-launcher: {path} cannot be used:\n{state.problem}"
        if on_invalid == "stop":
            raise SystemExit(message)
        log.error("%s\nThe Hub starts without the roles of this policy.", message)
    else:
        kept.custom_scopes = _merge_scopes(c, state.policy, path)
        kept.roles = _merge_roles(c, state.policy, path)
        scopes = least_scopes(state.policy) if token_scopes is None else list(token_scopes)
        if scopes:
            trait = "oauth_client_allowed_scopes"
            kept.wrapped[trait] = _wrap(c, trait, lambda old: ScopesOfUnshared(scopes, old))
    for risk in risks(c):  # with what is ours, and before our hooks hide those that are configured
        log.warning("scoped-launcher: %s", risk)

    if grants:
        service, role = _add_grants_service(c, path, {} if grants is True else grants)
        kept.services.append(service["name"])
        kept.roles.append(role)
    spawn = SpawnPolicy(store, server_policy or str(path), policy_by)
    kept.wrapped["pre_spawn_hook"] = _wrap(c, "pre_spawn_hook", spawn.after)
    kept.wrapped["profile_list"] = _wrap(
        c, "profile_list", lambda old: filtered_profiles(spawn, old), everywhere=False
    )
    kept.check_when_read()


def _check_hub() -> None:
    import jupyterhub

    if tuple(jupyterhub.version_info[:3]) < HUB_MINIMUM:
        wanted = ".".join(map(str, HUB_MINIMUM))
        raise SystemExit(
            f"scoped-launcher: JupyterHub {jupyterhub.__version__} is too old: install {wanted} or"
            " newer, which fixes the checks that shared servers rely on."
        )


def _add_grants_service(
    c: Config, path: Path, keywords: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Add the grants service and its role to what is configured; return both."""
    from ..grants.hub import role_entry, service_entry

    service, role = service_entry(path, **keywords), role_entry()
    c.JupyterHub.services = [*configured(c.JupyterHub, "services", []), service]
    c.JupyterHub.load_roles = [*configured(c.JupyterHub, "load_roles", []), role]
    return service, role


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
    present = configured(c.JupyterHub, "load_roles", [])
    by_name = {role.get("name"): role for role in present}
    added = []
    for role in roles:
        other = by_name.get(role["name"])
        if other is None:
            added.append(role)
        elif comparable(other) != comparable(role):
            raise SystemExit(
                _clash("role", role["name"], path, "c.JupyterHub.load_roles", role, other)
            )
    c.JupyterHub.load_roles = [*present, *added]
    return roles


def _merge_scopes(c: Config, policy: Policy, path: Path) -> dict[str, dict[str, Any]]:
    """Add the policy's custom scopes, and return them.

    The same scope twice is fine only if nothing differs.
    """
    present = dict(configured(c.JupyterHub, "custom_scopes", {}))
    scopes: dict[str, dict[str, Any]] = json.loads(policy.custom_scopes())
    for name, definition in scopes.items():
        other = present.setdefault(name, definition)
        if comparable(other) != comparable(definition):
            raise SystemExit(
                _clash("custom scope", name, path, "c.JupyterHub.custom_scopes", definition, other)
            )
    if present:
        c.JupyterHub.custom_scopes = present
    return scopes


def _clash(kind: str, name: str, path: Path, setting: str, ours: Any, theirs: Any) -> str:
    return (
        f"scoped-launcher: the {kind} {name!r} is defined twice, and differently:\n"
        f"  in {path}: {json.dumps(ours, default=sorted)}\n"
        f"  in {setting}: {json.dumps(theirs, default=sorted)}\n"
        f"Remove one of them, or rename it."
    )


def _wrap(
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
        section[trait] = wrapper(configured(section, trait, None))
    return {name: section[trait] for name, section in sections.items()}
