"""Adds a policy to JupyterHub's configuration: roles, custom scopes, spawn hook, token scopes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..hub_api import MINIMUM_HUB_VERSION, is_supported
from ..policy_store import PolicyStore
from .config_check import ExpectedConfig
from .profiles import filtered_profiles
from .spawn import SpawnPolicy
from .tokens import UnsharedServerScopes
from .traitlets_config import comparable, configured_value, hub_log, sections_with
from .unsafe_settings import unsafe_settings

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
    grants: bool | Mapping[str, Any] = False,
) -> None:
    """Make the Hub of this ``jupyterhub_config.py`` follow a policy; call it last in that file.

    It adds the policy's roles to ``JupyterHub.load_roles`` and its custom scopes to
    ``JupyterHub.custom_scopes``; chains a hook to every configured ``pre_spawn_hook`` that puts the
    allowed kernels' directories on ``JUPYTER_PATH`` and tells the server where its policy is; adds
    the least ``oauth_client_allowed_scopes`` that the policy needs; and filters
    ``profile_list`` where one is configured. It logs a warning for each setting that makes the
    policy ineffective.

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
    likewise when a later line of the file overwrites what this has set.
    """
    _check_hub()
    log = hub_log()
    path = Path(policy).absolute()
    store = PolicyStore(path, log)
    state = store.current()
    expected = ExpectedConfig()
    if state.policy is None:
        message = f"scoped-launcher: {path} cannot be used:\n{state.problem}"
        if on_invalid == "stop":
            raise SystemExit(message)
        log.error("%s\nThe Hub starts without the roles of this policy.", message)
    else:
        expected.custom_scopes = _merge_scopes(c, state.policy, path)
        expected.roles = _merge_roles(c, state.policy, path)
        scopes = state.policy.token_scopes() if token_scopes is None else list(token_scopes)
        if scopes:
            trait = "oauth_client_allowed_scopes"
            expected.wrapped[trait] = _wrap_trait(
                c, trait, lambda old: UnsharedServerScopes(scopes, old)
            )
    # With the scopes added above, and before the hooks added below replace the configured ones.
    for warning in unsafe_settings(c):
        log.warning("scoped-launcher: %s", warning)

    if grants:
        service, role = _add_grants_service(c, path, {} if grants is True else grants)
        expected.services.append(service["name"])
        expected.roles.append(role)
    spawn = SpawnPolicy(store, server_policy or str(path), policy_by)
    expected.wrapped["pre_spawn_hook"] = _wrap_trait(c, "pre_spawn_hook", spawn.wrap_hook)
    expected.wrapped["profile_list"] = _wrap_trait(
        c, "profile_list", lambda old: filtered_profiles(spawn, old), everywhere=False
    )
    expected.check_after_loading()


def _check_hub() -> None:
    import jupyterhub

    if not is_supported(jupyterhub.__version__):
        raise SystemExit(
            f"scoped-launcher: JupyterHub {jupyterhub.__version__} is too old: install"
            f" {MINIMUM_HUB_VERSION} or newer, which fixes the checks that shared servers rely on."
        )


def _add_grants_service(
    c: Config, path: Path, keywords: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Add the grants service and its role to what is configured; return both."""
    from ..service.entry import role_entry, service_entry

    service, role = service_entry(path, **keywords), role_entry()
    c.JupyterHub.services = [*configured_value(c.JupyterHub, "services", []), service]
    c.JupyterHub.load_roles = [*configured_value(c.JupyterHub, "load_roles", []), role]
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
