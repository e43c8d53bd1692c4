"""Launcher cards as the engine reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KERNEL_CATEGORIES = {"Notebook": "notebook:create-new", "Console": "console:create"}
"""The category of each card that JupyterLab makes for a kernel, and the card's command."""


@dataclass(frozen=True)
class Card:
    """A launcher card. ``kind`` is one of the engine's ``CARD_KINDS``.

    A kernel card without a category stands for every card that the launcher makes for the kernel.
    ``title`` is the text on the card, ``language`` that of its kernel, and ``args`` are the
    arguments of its command. None: not known, or there is none.
    """

    kind: str
    name: str
    category: str | None = None
    command: str | None = None
    tags: tuple[str, ...] = ()
    owner: str | None = None
    title: str | None = None
    language: str | None = None
    args: Mapping[str, Any] | None = field(default=None, compare=False)

    @property
    def id(self) -> str:
        """``kind:name``; for a server with an owner ``server:owner/name``."""
        name = self.name if self.owner is None else f"{self.owner}/{self.name}"
        return f"{self.kind}:{name}"

    def model(self) -> dict[str, Any]:
        """Return the card as a JSON object of the batch contract."""
        return {
            "id": self.id,
            "kind": self.kind,
            "name": self.name,
            "owner": self.owner,
            "category": self.category,
            "command": self.command,
            "tags": list(self.tags),
            "title": self.title,
            "language": self.language,
            "args": None if self.args is None else dict(self.args),
        }

    def kernelspec_model(self) -> dict[str, Any]:
        """Return what a kernel's card says of its kernelspec, as the engine reads kernelspecs."""
        return {
            "name": self.name,
            "tags": self.tags,
            "display_name": self.title,
            "language": self.language,
        }


def kernel_card(name: str, spec: Any) -> Card:
    """Return the card of the kernel ``name``, with what the launcher reads from its kernelspec.

    ``spec`` is the content of a kernel.json, and may have any shape.
    """
    return Card(
        "kernel",
        name,
        tags=kernelspec_tags(spec),
        title=_text_field(spec, "display_name"),
        language=_text_field(spec, "language"),
    )


def kernelspec_tags(spec: Any) -> tuple[str, ...]:
    """Return ``metadata.tags`` of a kernelspec, which may be any content of a kernel.json."""
    try:
        tags = spec["metadata"]["tags"]
    except (KeyError, TypeError):
        return ()
    if not isinstance(tags, list):
        return ()
    return tuple(tag for tag in tags if isinstance(tag, str) and is_text(tag))


def _text_field(spec: Any, key: str) -> str | None:
    value = spec.get(key) if isinstance(spec, dict) else None
    return value if isinstance(value, str) and is_text(value) else None


def is_text(value: str) -> bool:
    """Return whether ``value`` can be written as UTF-8.

    A Python string can have lone surrogates, from a file name that is not UTF-8 or from JSON's
    ``"\\ud800"``. The engine cannot read these.
    """
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
