"""The ``profiles`` of wrapspawner's ``ProfilesSpawner``, filtered by the policy."""

from __future__ import annotations

from collections.abc import Callable
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from .errors import NO_PROFILE, spawn_error

if TYPE_CHECKING:
    from jupyterhub.spawner import Spawner

    from .decisions import OwnerDecisions

    AuthStateHook = Callable[[Spawner, Any], Any]

OUR_FORM = "_scoped_launcher_form"
"""Where a spawner keeps the form that was made for it here."""


def filtering_form(
    decisions: OwnerDecisions, configured: AuthStateHook | None
) -> Callable[[Spawner, Any], Any]:
    """Return an ``auth_state_hook`` that calls ``configured``, then filters the spawner's form.

    JupyterHub calls this hook before it shows the form, and there is no other place for that: the
    form of a ``ProfilesSpawner`` is a text, not a function. A form of the admin's own stays, and so
    does that of a ``DockerProfilesSpawner``: `require_allowed_profile` refuses what they offer.
    """

    async def auth_state_hook(spawner: Spawner, auth_state: Any) -> None:
        if configured is not None:
            result = configured(spawner, auth_state)
            if isawaitable(result):
                await result
        profiles = _profiles(spawner)
        if not profiles or isinstance(type(spawner).profiles, property):
            return  # a DockerProfilesSpawner, which makes its form again for each request
        default_form = spawner._options_form_default()
        if spawner.options_form not in (default_form, getattr(spawner, OUR_FORM, default_form)):
            return
        allowed = _allowed(decisions, spawner, profiles)
        try:
            spawner.profiles = [profile for profile in profiles if profile[1] in allowed]
            spawner.options_form = spawner._options_form_default()
        finally:
            spawner.profiles = profiles
        setattr(spawner, OUR_FORM, spawner.options_form)

    return auth_state_hook


def require_allowed_profile(decisions: OwnerDecisions, spawner: Spawner) -> None:
    """Raise an error for the user if the profile that they ask for is not allowed.

    If they ask for none, they get their first one. A ``ProfilesSpawner`` would start the server
    with another spawner instead, also for a profile that it does not have.
    """
    profiles = _profiles(spawner)
    if not profiles:
        return
    allowed = _allowed(decisions, spawner, profiles)
    options = spawner.user_options or {}
    asked = options.get("profile") or allowed[0]
    if asked not in allowed:
        raise spawn_error(f"The server profile {asked!r} is not available to you.")
    spawner.user_options = {**options, "profile": asked}


def _allowed(decisions: OwnerDecisions, spawner: Spawner, profiles: list[Any]) -> list[str]:
    """Return the keys of the profiles that the user may use; there is at least one."""
    keys = [key for _, key, *_ in profiles]
    allowed = decisions.allowed_profiles(spawner, keys)
    if not allowed:
        raise spawn_error(NO_PROFILE)
    return [key for key in keys if key in allowed]


def _profiles(spawner: Spawner) -> list[Any]:
    """Return the profiles of a ``ProfilesSpawner``; none of another spawner."""
    try:
        from wrapspawner import ProfilesSpawner
    except ImportError:
        return []
    return list(spawner.profiles) if isinstance(spawner, ProfilesSpawner) else []
