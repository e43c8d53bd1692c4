"""What the Hub service has told of the server's owner, and for how long that counts."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from ..context import VisitorFacts, may_list_shares

if TYPE_CHECKING:
    from ..changes import OwnerFacts


class ToldFacts:
    """The owner's facts as the service has told them last.

    They are current while the service tells each change. When the connection to it ends, they stay
    so until a time that the subscription sets: most connections come back soon, and all servers of
    a Hub must not ask it at once.
    """

    def __init__(self) -> None:
        self._facts: OwnerFacts | None = None
        self._told_at = 0.0
        self._current_until = 0.0

    @property
    def is_current(self) -> bool:
        """Return whether each change is told, so that the Hub need not be asked."""
        return self._facts is not None and time.monotonic() < self._current_until

    @property
    def policy_roles(self) -> tuple[str, ...] | None:
        """Return the digests of the policy's roles that the Hub has; None if that is not known."""
        return self._facts.policy_roles if self._facts is not None and self.is_current else None

    def tell(self, facts: OwnerFacts) -> bool:
        """Take new facts, which are current from now on. Returns whether they are others."""
        is_new = facts != self._facts
        self._facts = facts
        self._told_at = time.monotonic()
        self._current_until = float("inf")
        return is_new

    def confirm(self) -> None:
        """Take notice that the last facts are still so, and current from now on."""
        self._told_at = time.monotonic()
        self._current_until = float("inf")

    def expire_in(self, seconds: float) -> None:
        """Let the facts be current for so long, unless new ones are told."""
        self._current_until = time.monotonic() + seconds

    def is_about(self, visitor: VisitorFacts) -> bool:
        """Return whether this visitor is the owner of whom facts were told."""
        facts = self._facts
        return facts is not None and visitor.hub and visitor.user == facts.user

    @property
    def confirmed_at(self) -> float:
        """Return when the facts were current last, by the monotonic clock."""
        return min(time.monotonic(), self._current_until)

    def agrees_with(self, visitor: VisitorFacts, asked_at: float) -> bool:
        """Return whether these facts are about the visitor whom the Hub was asked about then.

        That is so if they were told later, or if the Hub has answered the same groups and admin.
        """
        facts = self._facts
        if facts is None or not self.is_about(visitor):
            return False
        is_same = (set(visitor.groups), visitor.admin) == (set(facts.groups), facts.admin)
        return is_same or self._told_at >= asked_at

    def merged(self, visitor: VisitorFacts, asked_at: float, max_stale_s: float) -> VisitorFacts:
        """Return what is known of a visitor whom the Hub was asked about at ``asked_at``.

        What was told later counts, and what was told before counts if the Hub says the same; also
        for ``max_stale_s`` after the end of a connection. A token has no scope that its holder has
        gained: so the owner's scopes are the told ones.
        """
        facts = self._facts
        if facts is None or not self.agrees_with(visitor, asked_at):
            return visitor
        if time.monotonic() - self.confirmed_at > max_stale_s:
            return visitor
        is_newer = self._told_at >= asked_at
        scopes = visitor.scopes if facts.scopes is None else facts.scopes
        if not (self.is_current or is_newer):
            return replace(visitor, scopes=scopes)
        shares = facts.shares
        if shares is None or (not is_newer and may_list_shares(visitor)):
            shares = visitor.shares
        return replace(
            visitor, admin=facts.admin, groups=facts.groups, scopes=scopes, shares=shares
        )
