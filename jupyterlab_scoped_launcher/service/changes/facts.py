"""What is known of the owners of servers that listen.

A list of the Hub, or its answer about one user, is a base. Changes that came while the Hub was
asked are applied again after it, because the base may be older or newer than they are. Of several
changes about the same thing the last one counts, so that applying one twice does no harm.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ...changes import Change, OwnerFacts
from ...hub_api import access_scope
from .roles import RoleTable

MAX_KEPT = 50_000
"""Changes that are kept to be applied after a base."""


@dataclass
class Base:
    """What the Hub answers about one user. ``shares`` is None if it was not asked."""

    admin: bool
    groups: Iterable[str]
    shares: Iterable[str] | None = None


@dataclass
class _Owner:
    admin: bool = False
    groups: set[str] = field(default_factory=set)
    shares: set[str] | None = None
    facts: OwnerFacts | None = None


class FactsTable:
    """The facts of the owners that are followed; ``changed`` is called with new facts."""

    def __init__(self, changed: Callable[[OwnerFacts], None]) -> None:
        self.roles = RoleTable()
        self.policy_roles: tuple[str, ...] | None = None
        self.policy_problem = ""
        """Why the Hub lacks roles of the policy, if it does."""
        self._changed = changed
        self._owners: dict[str, _Owner] = {}
        self._kept: deque[Change] = deque(maxlen=MAX_KEPT)
        self._count = 0

    @property
    def now(self) -> int:
        """Return a mark of this moment, for `set_base`."""
        return self._count

    @property
    def owners(self) -> Iterable[str]:
        """Return the names of those that are followed."""
        return self._owners.keys()

    def facts_of(self, owner: str) -> OwnerFacts | None:
        """Return the facts of one owner; None if the owner is not followed."""
        known = self._owners.get(owner)
        return known.facts if known else None

    def forget(self, owner: str) -> None:
        """Follow this owner no more."""
        self._owners.pop(owner, None)

    def set_base(self, owner: str, base: Base, since: int) -> bool:
        """Take what the Hub has answered to a question that was asked at ``since``.

        Returns whether it could be used: with too many changes since then it could not.
        """
        missed = self._count - since
        if missed > len(self._kept):
            return False
        known = self._owners.setdefault(owner, _Owner())
        known.admin, known.groups = base.admin, set(base.groups)
        if base.shares is not None:
            known.shares = set(base.shares)
        for number in range(len(self._kept) - missed, len(self._kept)):
            _apply(known, owner, self._kept[number])
        self._renew(owner, known)
        return True

    def apply(self, changes: Iterable[Change]) -> None:
        """Take changes of the Hub, in order."""
        affected: dict[str, None] = {}
        for change in changes:
            self._kept.append(change)
            self._count += 1
            if change["kind"] == "roles":
                self.roles.set_all(change)
                affected.update(dict.fromkeys(self._owners))
            elif change["kind"] == "policy":
                self.policy_roles = tuple(change["roles"])
                self.policy_problem = str(change["problem"])
                affected.update(dict.fromkeys(self._owners))
            elif change["kind"] in ("role", "assignment"):
                self.roles.apply(change)
                affected.update(dict.fromkeys(self._holders(change)))
            else:
                if "renamed_from" in change:
                    self.roles.rename(change["renamed_from"], change["user"])
                owner = change.get("user", "")
                if (known := self._owners.get(owner)) and _apply(known, owner, change):
                    affected[owner] = None
        for owner in affected:
            self._renew(owner, self._owners[owner])

    def _holders(self, change: Change) -> list[str]:
        """Return the owners whom a change of a role may concern."""
        if "user" in change:
            return [change["user"]] if change["user"] in self._owners else []
        if "group" in change:
            return [name for name, known in self._owners.items() if change["group"] in known.groups]
        return list(self._owners)

    def _renew(self, owner: str, known: _Owner) -> None:
        """Make the facts again, and tell of them if they are others."""
        facts = OwnerFacts(
            owner,
            known.admin,
            tuple(sorted(known.groups)),
            self.roles.held_by(owner, known.groups),
            None if known.shares is None else tuple(sorted(known.shares)),
            self.policy_roles,
        )
        if facts != known.facts:
            known.facts = facts
            self._changed(facts)


def _apply(known: _Owner, owner: str, change: Change) -> bool:
    """Apply a change about a user, if it is about this one; return whether it is."""
    if change.get("user") != owner:
        return False
    kind = change["kind"]
    if kind == "membership":
        (known.groups.add if change["held"] else known.groups.discard)(change["group"])
    elif kind == "user" and "admin" in change:
        known.admin = change["admin"]
    elif kind == "share" and known.shares is not None:
        opens = access_scope(change["server"]) in change["scopes"]
        (known.shares.add if opens else known.shares.discard)(change["server"])
    else:
        return False
    return True
