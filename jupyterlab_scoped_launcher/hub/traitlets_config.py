"""Reads the configuration object ``c`` of ``jupyterhub_config.py``, and finds the Hub's log."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType

    from traitlets.config import Config


DEFAULTS: dict[str, list[Any] | dict[str, Any]] = {
    "services": [],
    "load_roles": [],
    "oauth_client_allowed_scopes": [],
    "custom_scopes": {},
}
"""Traits to which `configure` adds, with JupyterHub's defaults."""


def hub_log() -> logging.Logger:
    """Return JupyterHub's own log, which exists when it loads its configuration."""
    from traitlets.config import Application

    log = Application.instance().log if Application.initialized() else None
    return log if isinstance(log, logging.Logger) else logging.getLogger("scoped_launcher")


def take_over_outer_files(c: Config) -> None:
    """Add to ``c`` what the configuration files have set that load this one.

    A file that ``load_subconfig`` loads has a ``c`` of its own, and each of its values replaces the
    one of the file that loads it: a list of services that does not contain those of the outer file
    would remove them.
    """
    for outer in _outer_configurations():
        if outer is not c:
            _add_missing(c, outer)


def _outer_configurations() -> Iterator[Config]:
    """Yield the ``c`` of each file that loads the one that runs now, the nearest first."""
    from traitlets.config.loader import PyFileConfigLoader

    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_code is PyFileConfigLoader.load_subconfig.__code__:
            yield frame.f_locals["self"].config
        frame = frame.f_back


def _add_missing(section: Config, outer: Config) -> None:
    from traitlets.config.loader import LazyConfigValue

    for key, value in outer.items():
        if isinstance(value, type(section)):
            _add_missing(section[key], value)
            continue
        if isinstance(value, LazyConfigValue):
            if key not in DEFAULTS:
                continue  # the outer file merges what both files append
            value = value.get_value(DEFAULTS[key])
        if key not in section:
            section[key] = value
        elif isinstance(section[key], LazyConfigValue):
            section[key] = section[key].merge_into(value)


def sections_with(c: Config, trait: str) -> list[tuple[str, Config]]:
    """Return the sections (name and content) of ``c`` that set ``trait``."""
    return [
        (name, section)
        for name, section in list(c.items())
        if isinstance(section, type(c)) and trait in section
    ]


def configured_value(section: Config, trait: str, default: Any) -> Any:
    """Return the configured value; ``c.X.trait.append(…)`` leaves a lazy one, resolved here."""
    from traitlets.config.loader import LazyConfigValue

    if trait not in section:
        return default
    value = section[trait]
    if isinstance(value, LazyConfigValue):
        return value.get_value(type(default)() if default is not None else [])
    return value


def comparable(definition: dict[str, Any]) -> dict[str, Any]:
    """Return a definition without the order and the types of its collections, to compare it."""
    return {
        key: sorted(value) if isinstance(value, (list, tuple, set, frozenset)) else value
        for key, value in definition.items()
        if value
    }
