"""Adds methods to an object that others already hold."""

from __future__ import annotations

from typing import Any


def add_mixin(target: Any, methods: type, guard: Any) -> None:
    """Put the methods of the class ``methods`` before those of ``target``'s own class.

    They find ``guard`` as ``self._scoped_launcher``. The object gets a new class, derived from
    ``methods`` and from the class it had. So it stays an instance of the configured class, with its
    configuration and traits, for everybody who holds it.
    """
    configured = type(target)
    target._scoped_launcher = guard
    target.__class__ = type(f"Guarded{configured.__name__}", (methods, configured), {})
