"""Reads the configuration object ``c`` of ``jupyterhub_config.py``, and finds the Hub's log."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from traitlets.config import Config


def hub_log() -> logging.Logger:
    """Return JupyterHub's own log, which exists when it loads its configuration."""
    from traitlets.config import Application

    log = Application.instance().log if Application.initialized() else None
    return log if isinstance(log, logging.Logger) else logging.getLogger("scoped_launcher")


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
