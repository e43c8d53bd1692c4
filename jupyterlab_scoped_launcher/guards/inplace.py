"""Guarding an object that others hold already."""

from __future__ import annotations

from typing import Any


def guard_in_place(target: Any, methods: type, guard: Any) -> None:
    """Let ``target`` answer by ``methods`` first, which find ``guard`` as ``_scoped_launcher``.

    Its class becomes one derived from ``methods`` and from the class it had: it stays an instance
    of what was configured, with its configuration and traits, for everybody who holds it.
    """
    configured = type(target)
    target._scoped_launcher = guard
    target.__class__ = type(f"Guarded{configured.__name__}", (methods, configured), {})
