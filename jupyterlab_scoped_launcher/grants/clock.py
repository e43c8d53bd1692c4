"""The Hub's clock, without its jumps."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

JUMP = timedelta(minutes=5)
"""A clock that is further off than this has jumped."""

SETTLED_AFTER_S = 600.0
"""How long a clock must run on after a jump before it is believed."""


class SteadyClock:
    """Follows the Hub's clock; after a jump it runs on as before until the Hub's has run evenly
    for SETTLED_AFTER_S, so that a wrong clock for a while ends (and starts) no grant."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._trusted: tuple[datetime, float] | None = None
        self._jumped: tuple[datetime, float] | None = None

    @property
    def jumped(self) -> bool:
        """Whether the Hub's clock is not believed at present."""
        return self._jumped is not None

    def now(self, hub_time: datetime) -> datetime:
        """Return the time to plan for, given what the Hub's clock says just now."""
        at = self._monotonic()
        if self._trusted is None or self._agrees(self._trusted, hub_time, at):
            self._trusted, self._jumped = (hub_time, at), None
            return hub_time
        if self._jumped is None or not self._agrees(self._jumped, hub_time, at):
            self._jumped = (hub_time, at)
        elif at - self._jumped[1] >= SETTLED_AFTER_S:
            self._trusted, self._jumped = (hub_time, at), None
            return hub_time
        then, since = self._trusted
        return then + timedelta(seconds=at - since)

    @staticmethod
    def _agrees(known: tuple[datetime, float], hub_time: datetime, at: float) -> bool:
        then, since = known
        return abs(then + timedelta(seconds=at - since) - hub_time) <= JUMP
