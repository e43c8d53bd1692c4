"""Checks, when the whole configuration is loaded, that it still has what `configure` has set.

An assignment after `configure` overwrites it. Without the policy's roles, cards that the policy
shows would be hidden. Without the policy's hook, servers would start that follow no policy. So the
Hub does not start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from inspect import unwrap
from typing import TYPE_CHECKING, Any

from .traitlets_config import comparable, configured_value, sections_with

if TYPE_CHECKING:
    from traitlets.config import Config

MERGE_HINTS = {
    "pre_spawn_hook": "runs it before the policy's hook",
    "auth_state_hook": "runs it before the policy's hook",
    "profile_list": "filters it by the policy",
    "oauth_client_allowed_scopes": "adds to it",
}
"""How `configure` merges the policy into each spawner setting that is set before it."""


@dataclass
class ExpectedConfig:
    """What the loaded configuration must have."""

    roles: list[dict[str, Any]] = field(default_factory=list)
    custom_scopes: dict[str, dict[str, Any]] = field(default_factory=dict)
    services: dict[str, set[str]] = field(default_factory=dict)
    """The variables that the environment of each service must have, by its name."""
    wrapped: dict[str, dict[str, Any]] = field(default_factory=dict)
    """For each of a spawner's settings, the sections that have it, and their values."""

    def overwritten(self, c: Config) -> list[str]:
        """Return a sentence for the admin for each thing that ``c`` no longer has."""
        return [*self._overwritten_in_hub(c), *self._overwritten_in_spawners(c)]

    def _overwritten_in_hub(self, c: Config) -> Iterator[str]:
        hub = c.JupyterHub
        roles = {role.get("name"): role for role in configured_value(hub, "load_roles", [])}
        scopes = configured_value(hub, "custom_scopes", {})
        services = {
            service.get("name"): (service.get("environment") or {}).keys()
            for service in configured_value(hub, "services", [])
        }
        for setting, missing in (
            ("load_roles", _missing({role["name"]: role for role in self.roles}, roles)),
            ("custom_scopes", _missing(self.custom_scopes, scopes)),
            (
                "services",
                [
                    repr(name)
                    for name, variables in self.services.items()
                    if not variables <= services.get(name, set())
                ],
            ),
        ):
            if missing:
                yield (
                    f"c.JupyterHub.{setting} lacks {', '.join(missing)}, or defines it"
                    " differently: assign it before configure(), which adds to it, or append to it."
                )

    def _overwritten_in_spawners(self, c: Config) -> Iterator[str]:
        for trait, expected in self.wrapped.items():
            for name in dict.fromkeys([*expected, *dict(sections_with(c, trait))]):
                if not _is_one_of(c[name].get(trait), list(expected.values())):
                    yield (
                        f"c.{name}.{trait} is overwritten: set it before configure(),"
                        f" which {MERGE_HINTS[trait]}."
                    )

    def require_in(self, c: Config) -> None:
        """End the Hub's start with a message if the loaded configuration lacks something."""
        if overwritten := self.overwritten(c):
            raise SystemExit(
                "scoped-launcher: lines after configure(c, …) overwrite what it has set:\n  "
                + "\n  ".join(overwritten)
                + "\nThe policy would have no effect. Call configure(c, …) last."
            )


def after_loading(check: Callable[[Config, type], None]) -> None:
    """Call ``check`` with the whole configuration and the Hub's spawner class, when it is loaded.

    JupyterHub has no hook between loading its configuration and using it. Without a Hub (a command
    beside it, or a test, reads the file) nothing is called.
    """
    from jupyterhub.app import JupyterHub
    from traitlets.config import Application

    app = Application.instance() if Application.initialized() else None
    if not isinstance(app, JupyterHub):
        return
    update_config = app.update_config

    def update_checked_config(config: Config) -> None:
        app.update_config = update_config
        update_config(config)
        check(config, app.spawner_class)

    app.update_config = update_checked_config


def _missing(
    expected: Mapping[str, dict[str, Any]], present: Mapping[str, dict[str, Any]]
) -> list[str]:
    """Return the names whose definition is missing or different."""
    return [
        repr(name)
        for name, definition in expected.items()
        if comparable(present.get(name, {})) != comparable(definition)
    ]


def _is_one_of(value: Any, expected: list[Any]) -> bool:
    """Return whether ``value`` is one of ``expected``, or a function that wraps one of them.

    The wrapping function uses `functools.wraps`. JupyterHub's configuration is a copy, in which
    functions are the same and lists are equal.
    """
    value = unwrap(value, stop=lambda function: function in expected)
    return any(value is one or (type(value) is type(one) and value == one) for one in expected)
