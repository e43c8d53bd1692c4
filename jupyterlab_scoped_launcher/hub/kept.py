"""What `configure` has set, looked for again when the whole configuration has been read.

An assignment after `configure` replaces it. A launcher without the policy's roles would hide its
cards, and a spawn without the policy's hook would start a server that follows no policy: the Hub
does not start instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from inspect import unwrap
from typing import TYPE_CHECKING, Any

from .settings import comparable, configured, sections_with

if TYPE_CHECKING:
    from traitlets.config import Config

DOES_WITH = {
    "pre_spawn_hook": "runs it first and the policy's hook then",
    "profile_list": "filters it by the policy",
    "oauth_client_allowed_scopes": "adds to it",
}
"""What `configure` does with each of a spawner's settings that is set before it."""


@dataclass
class Kept:
    """What must be in the configuration in the end."""

    roles: list[dict[str, Any]] = field(default_factory=list)
    custom_scopes: dict[str, dict[str, Any]] = field(default_factory=dict)
    services: list[str] = field(default_factory=list)
    wrapped: dict[str, dict[str, Any]] = field(default_factory=dict)
    """For each of a spawner's settings, the sections that have it, and their values."""

    def lost(self, c: Config) -> list[str]:
        """Return a sentence for the admin for each thing that is not in ``c`` any more."""
        return [*self._lost_of_the_hub(c), *self._lost_of_spawners(c)]

    def _lost_of_the_hub(self, c: Config) -> Iterator[str]:
        hub = c.JupyterHub
        roles = {role.get("name"): role for role in configured(hub, "load_roles", [])}
        scopes = configured(hub, "custom_scopes", {})
        services = [service.get("name") for service in configured(hub, "services", [])]
        for setting, lost in (
            ("load_roles", _missing({role["name"]: role for role in self.roles}, roles)),
            ("custom_scopes", _missing(self.custom_scopes, scopes)),
            ("services", [repr(name) for name in self.services if name not in services]),
        ):
            if lost:
                yield (
                    f"c.JupyterHub.{setting} is without {', '.join(lost)}, or with another"
                    " definition: assign it before configure(), which adds to it, or append to it."
                )

    def _lost_of_spawners(self, c: Config) -> Iterator[str]:
        for trait, ours in self.wrapped.items():
            for name in dict.fromkeys([*ours, *dict(sections_with(c, trait))]):
                if not _is_one_of(c[name].get(trait), list(ours.values())):
                    yield (
                        f"c.{name}.{trait} is another: set it before configure(), which"
                        f" {DOES_WITH[trait]}."
                    )

    def check_when_read(self) -> None:
        """End the Hub's start with a text when something is lost after the last line is read.

        JupyterHub has no place of its own between reading its configuration and using it.
        """
        from jupyterhub.app import JupyterHub
        from traitlets.config import Application

        app = Application.instance() if Application.initialized() else None
        if not isinstance(app, JupyterHub):
            return  # a command beside the Hub, or a test, reads the file
        update_config = app.update_config

        def update_checked_config(config: Config) -> None:
            app.update_config = update_config
            if lost := self.lost(config):
                raise SystemExit(
                    "scoped-launcher: what configure(c, …) has set is replaced after it:\n  "
                    + "\n  ".join(lost)
                    + "\nThe policy would not be followed. Call configure(c, …) last."
                )
            update_config(config)

        app.update_config = update_checked_config


def _missing(
    ours: Mapping[str, dict[str, Any]], present: Mapping[str, dict[str, Any]]
) -> list[str]:
    """Return the names whose definition is absent or another."""
    return [
        repr(name)
        for name, definition in ours.items()
        if comparable(present.get(name, {})) != comparable(definition)
    ]


def _is_one_of(value: Any, ours: list[Any]) -> bool:
    """Say whether ``value`` is one of ``ours``, or a function that `functools.wraps` one of them.

    JupyterHub's configuration is a copy, in which functions are the same and lists are equal.
    """
    value = unwrap(value, stop=lambda function: function in ours)
    return any(value is one or (type(value) is type(one) and value == one) for one in ours)
