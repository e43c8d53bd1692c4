"""Finds out whether a function's code mentions a name."""

from __future__ import annotations

from inspect import unwrap
from types import CodeType
from typing import Any


def uses_name(function: Any, name: str) -> bool:
    """Return whether the function's own code, or a function in it, has ``name``.

    False for what is no function written in Python.
    """
    code = getattr(unwrap(function) if callable(function) else None, "__code__", None)
    return isinstance(code, CodeType) and _code_uses_name(code, name)


def _code_uses_name(code: CodeType, name: str) -> bool:
    return name in code.co_names or any(
        isinstance(constant, CodeType) and _code_uses_name(constant, name)
        for constant in code.co_consts
    )
