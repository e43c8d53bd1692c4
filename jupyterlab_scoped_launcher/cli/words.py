"""Words for counts."""

from __future__ import annotations


def counted(count: int, word: str) -> str:
    """Return the count with the word, in the plural unless the count is 1."""
    return f"{count} {word}{'' if count == 1 else 's'}"
