"""KubeSpawner's ``profile_list``, filtered by the policy."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from .spawn import spawn_error

if TYPE_CHECKING:
    from jupyterhub.spawner import Spawner

    from .spawn import SpawnPolicy

Profiles = list[dict[str, Any]] | dict[str, dict[str, Any]]


def filtered_profiles(
    policy: SpawnPolicy, configured: Profiles | Callable[[Spawner], Any]
) -> Callable[[Spawner], Awaitable[list[dict[str, Any]]]]:
    """Return a ``profile_list`` with those of ``configured`` that the user may use.

    KubeSpawner calls it for the form and again when the server starts, so it refuses a profile that
    the form does not offer. With an empty list it starts a server without a profile; so when there
    were profiles and none is left, the spawn is refused.
    """

    async def profile_list(spawner: Spawner) -> list[dict[str, Any]]:
        profiles = configured(spawner) if callable(configured) else configured
        if isawaitable(profiles):
            profiles = await profiles
        if isinstance(profiles, dict):  # sorted as KubeSpawner sorts them
            profiles = [profiles[key] for key in sorted(profiles)]
        if not profiles:
            return []
        allowed = policy.allowed_profiles(spawner, [(_slug(entry), entry) for entry in profiles])
        if not allowed:
            raise spawn_error("None of the server profiles of this JupyterHub is available to you.")
        return allowed

    return profile_list


def _slug(profile: dict[str, Any]) -> str:
    """Return the profile's slug as ``KubeSpawner._get_initialized_profile_list`` makes it."""
    if slug := profile.get("slug"):
        return str(slug)
    from slugify import slugify

    return str(slugify(profile["display_name"]))
