"""The Hub's roles, and the scopes that users hold by them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from ...changes import Change

EVERYBODYS_ROLE = "user"


class RoleTable:
    """What the Hub has told of roles. Nothing is known until it has told all of them."""

    def __init__(self) -> None:
        self.is_known = False
        self._scopes: dict[str, list[str]] = {}
        self._of_users: defaultdict[str, set[str]] = defaultdict(set)
        self._of_groups: defaultdict[str, set[str]] = defaultdict(set)
        self._custom_scopes: dict[str, Any] = {}

    def forget(self) -> None:
        """Forget all: the Hub has started again, and tells its roles again."""
        self.is_known = False

    def set_all(self, change: Change) -> None:
        """Take all roles, from a change of the kind ``roles``."""
        self._scopes = {name: list(scopes) for name, scopes in change["roles"].items()}
        self._of_users = _sets(change["users"])
        self._of_groups = _sets(change["groups"])
        self._custom_scopes = {
            name: {key: found[key] for key in ("description", "subscopes") if key in found}
            for name, found in change["custom_scopes"].items()
        }
        self.is_known = True

    def apply(self, change: Change) -> None:
        """Take one change of the kind ``role`` or ``assignment``."""
        role = change["role"]
        if change["kind"] == "role":
            if change["scopes"] is None:
                self._scopes.pop(role, None)
            else:
                self._scopes[role] = list(change["scopes"])
            return
        table, name = (
            (self._of_users, change["user"])
            if "user" in change
            else (self._of_groups, change["group"])
        )
        if change["held"]:
            table[name].add(role)
        else:
            table[name].discard(role)

    def rename(self, old: str, new: str) -> None:
        """Follow the rename of a user."""
        self._of_users[new] = self._of_users.pop(old, set())

    def users_with(self, scope: str) -> list[str]:
        """Return the users to whom roles give exactly this scope by name, not by a group."""
        roles = {name for name, scopes in self._scopes.items() if scope in scopes}
        return sorted(user for user, held in self._of_users.items() if held & roles)

    def held_by(self, user: str, groups: Iterable[str]) -> tuple[str, ...] | None:
        """Return the scopes that the user holds by roles; None if the roles are not known."""
        if not self.is_known:
            return None
        roles = {EVERYBODYS_ROLE, *self._of_users.get(user, ())}
        for group in groups:
            roles |= self._of_groups.get(group, set())
        raw = {scope for role in roles for scope in self._scopes.get(role, ())}
        return _expand(sorted(raw), user, self._custom_scopes)


def _expand(scopes: list[str], user: str, custom_scopes: dict[str, Any]) -> tuple[str, ...] | None:
    """Return what the scopes contain, as the Hub expands them for this user."""
    from ..._core import batch

    line = {
        "op": "expand",
        "scopes": scopes,
        "owner": {"kind": "user", "name": user},
        "custom_scopes": custom_scopes,
    }
    answer = json.loads(batch(json.dumps(line)))
    return tuple(answer["scopes"]) if "scopes" in answer else None


def _sets(lists: dict[str, list[str]]) -> defaultdict[str, set[str]]:
    return defaultdict(set, {name: set(values) for name, values in lists.items()})
