"""Takes what the Hub tells, in order and once, and notes what is missing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ...changes import Change

SILENT_AFTER_S = 20.0
"""The Hub tells something, or nothing, every few seconds. After this it counts as silent."""

KINDS = ("membership", "user", "share", "server", "role", "assignment", "token", "roles", "policy")


class ReceivedChanges:
    """The changes of the Hub's process that runs now.

    ``apply`` is called with changes that are new, ``lost`` when some are missing, and ``restarted``
    when another process of the Hub tells.
    """

    def __init__(
        self,
        apply: Callable[[list[Change]], None],
        lost: Callable[[], None],
        restarted: Callable[[], None],
    ) -> None:
        self._apply = apply
        self._lost = lost
        self._restarted = restarted
        self._run = ""
        self._next = 0
        self._heard_at: float | None = None

    @property
    def is_hub_heard(self) -> bool:
        """Return whether the Hub has told something, or nothing, just now."""
        return self._heard_at is not None and time.monotonic() - self._heard_at < SILENT_AFTER_S

    def take(self, body: Any) -> None:
        """Take one request of the Hub. Raises ValueError if it is not as the Hub writes it."""
        run, first, lost, changes = _checked(body)
        if run != self._run:
            is_gap = bool(self._run) or first > 0
            self._run, self._next = run, first
            self._restarted()
        else:
            is_gap = first > self._next
        self._heard_at = time.monotonic()
        # A request whose answer did not reach the Hub is sent again.
        new = changes[max(self._next - first, 0) :]
        self._next = max(self._next, first + len(changes))
        if new:
            self._apply(new)
        if is_gap or lost:
            self._lost()


def _checked(body: Any) -> tuple[str, int, bool, list[Change]]:
    if not isinstance(body, dict):
        raise ValueError("no object")
    run, first, lost, changes = (body.get(key) for key in ("run", "first", "lost", "changes"))
    if not (isinstance(run, str) and isinstance(first, int) and isinstance(lost, bool)):
        raise ValueError("no valid run, first or lost")
    if not isinstance(changes, list) or not all(
        isinstance(change, dict) and change.get("kind") in KINDS for change in changes
    ):
        raise ValueError("no valid changes")
    return run, first, lost, changes
