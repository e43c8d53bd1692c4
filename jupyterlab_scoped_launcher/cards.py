"""Launcher cards as the engine reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Card:
    """A launcher card. ``kind`` is one of the engine's ``CARD_KINDS``.

    A kernel card without a category stands for every card that the launcher makes for the kernel.
    """

    kind: str
    name: str
    category: str | None = None
    command: str | None = None
    tags: tuple[str, ...] = ()
    owner: str | None = None

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
        }


def kernelspec_tags(spec: Any) -> tuple[str, ...]:
    """Return ``metadata.tags`` of a kernelspec, which may be any content of a kernel.json."""
    try:
        tags = spec["metadata"]["tags"]
    except (KeyError, TypeError):
        return ()
    if not isinstance(tags, list):
        return ()
    return tuple(tag for tag in tags if isinstance(tag, str) and is_text(tag))


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
