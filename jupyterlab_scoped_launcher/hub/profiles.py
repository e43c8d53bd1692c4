"""KubeSpawner's ``profile_list``, filtered by the policy."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from .errors import NO_PROFILE, spawn_error

if TYPE_CHECKING:
    from jupyterhub.spawner import Spawner

    from .decisions import OwnerDecisions

Profile = dict[str, Any]
Profiles = list[Profile] | dict[str, Profile]

UNLISTED_CHOICE = "unlisted_choice"
"""KubeSpawner's key of an option's free text, and its name as a choice in a policy."""


def filtered_profiles(
    decisions: OwnerDecisions, configured: Profiles | Callable[[Spawner], Any]
) -> Callable[[Spawner], Awaitable[list[Profile]]]:
    """Return a ``profile_list`` with what the user may use of ``configured``.

    KubeSpawner calls it for the form and again when the server starts, so it refuses what the form
    does not offer. A profile with an option of which no choice is left is removed. With an empty
    list KubeSpawner starts a server without a profile; so when there were profiles and none is
    left, the spawn is refused.
    """

    async def profile_list(spawner: Spawner) -> list[Profile]:
        profiles = configured(spawner) if callable(configured) else configured
        if isawaitable(profiles):
            profiles = await profiles
        if isinstance(profiles, dict):  # sorted as KubeSpawner sorts them
            profiles = [profiles[key] for key in sorted(profiles)]
        if not profiles:
            return []
        names = [name for profile in profiles for name in _card_names(profile)]
        allowed = decisions.allowed_profiles(spawner, names)
        offered = [_offered(profile, allowed) for profile in profiles]
        if not any(offered):
            raise spawn_error(NO_PROFILE)
        return [profile for profile in offered if profile]

    return profile_list


async def require_offered_choices(spawner: Spawner) -> None:
    """Raise an error for the user if they ask for a choice that their profile does not offer.

    KubeSpawner checks that there is such a profile, and does not check its choices: it fails on
    them with a ``KeyError``. A spawner without a filtered ``profile_list`` passes.
    """
    profile_list = getattr(spawner, "profile_list", None)
    if not callable(profile_list):
        return
    profiles = profile_list(spawner)
    if isawaitable(profiles):
        profiles = await profiles
    asked = spawner.user_options or {}
    profile = _selected(profiles, asked.get("profile"))
    for name, option in (profile.get("profile_options") or {}).items():
        choice = asked.get(name)
        is_listed = choice and not asked.get(f"{name}--unlisted-choice")
        if is_listed and choice not in (option.get("choices") or {}):
            raise spawn_error(
                f"The choice {choice!r} of {name!r} in the server profile"
                f" {profile['display_name']!r} is not available to you."
            )


def _selected(profiles: list[Profile], slug: str | None) -> Profile:
    """Return the profile that KubeSpawner selects; an empty one if it refuses ``slug`` itself."""
    if slug:
        return next((profile for profile in profiles if _slug(profile) == slug), {})
    default = next((profile for profile in profiles if profile.get("default")), None)
    return default or next(iter(profiles), {})


def _card_names(profile: Profile) -> Iterator[str]:
    """Yield the names of the profile's cards: its own, and those of its choices."""
    slug = _slug(profile)
    yield slug
    for name, option in (profile.get("profile_options") or {}).items():
        for choice in (*(option.get("choices") or {}), UNLISTED_CHOICE):
            yield f"{slug}/{name}/{choice}"


def _offered(profile: Profile, allowed: set[str]) -> Profile | None:
    """Return the profile with its allowed choices; None if the user may not use it at all."""
    slug = _slug(profile)
    if slug not in allowed:
        return None
    options = {}
    for name, option in (profile.get("profile_options") or {}).items():
        prefix = f"{slug}/{name}/"
        before = option.get("choices") or {}
        choices = {key: choice for key, choice in before.items() if f"{prefix}{key}" in allowed}
        unlisted = option.get(UNLISTED_CHOICE) or {}
        if unlisted.get("enabled") and prefix + UNLISTED_CHOICE not in allowed:
            unlisted = {"enabled": False}
        if not choices and not unlisted.get("enabled"):
            return None
        options[name] = {**option, "choices": choices, UNLISTED_CHOICE: unlisted}
    return {**profile, "profile_options": options} if options else profile


def _slug(profile: Profile) -> str:
    """Return the profile's slug as ``KubeSpawner._get_initialized_profile_list`` makes it."""
    if slug := profile.get("slug"):
        return str(slug)
    from slugify import slugify

    return str(slugify(profile["display_name"]))
