"""The Hub's clock, without its jumps."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

MAX_DEVIATION = timedelta(minutes=5)
"""A clock that deviates by more than this from the expected time has jumped."""

STABLE_AFTER_S = 600.0
"""How long a clock must run evenly after a jump before its time is used."""


class JumpTolerantClock:
    """Follows the Hub's clock, and ignores a jump until the clock is stable again.

    After a jump it counts on from the time before, until the Hub's clock has run evenly for
    STABLE_AFTER_S. So a clock that is wrong for a while neither ends nor starts a grant.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._trusted: tuple[datetime, float] | None = None
        self._after_jump: tuple[datetime, float] | None = None

    @property
    def jumped(self) -> bool:
        """Whether the Hub's clock is ignored at present."""
        return self._after_jump is not None

    def now(self, hub_time: datetime) -> datetime:
        """Return the time to plan for, given the Hub's clock at this moment."""
        at = self._monotonic()
        if self._trusted is None or self._is_even(self._trusted, hub_time, at):
            self._trusted, self._after_jump = (hub_time, at), None
            return hub_time
        if self._after_jump is None or not self._is_even(self._after_jump, hub_time, at):
            self._after_jump = (hub_time, at)
        elif at - self._after_jump[1] >= STABLE_AFTER_S:
            self._trusted, self._after_jump = (hub_time, at), None
            return hub_time
        then, since = self._trusted
        return then + timedelta(seconds=at - since)

    @staticmethod
    def _is_even(reference: tuple[datetime, float], hub_time: datetime, at: float) -> bool:
        then, since = reference
        return abs(then + timedelta(seconds=at - since) - hub_time) <= MAX_DEVIATION
