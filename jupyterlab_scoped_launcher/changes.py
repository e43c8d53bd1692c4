"""What the Hub tells its service of changes, and the service tells users' servers.

A change is a JSON object with a ``kind``:

==========  ======================================================================================
membership  ``user``, ``group``, ``held``: whether the user is now in the group
user        ``user``, and ``exists: false``, ``admin``, or ``renamed_from``
share       ``server`` (``owner/name``), ``user``, ``scopes`` (empty: the share was ended)
server      ``server``, ``exists``, ``running``
role        ``role``, ``scopes`` (null: the role was deleted)
assignment  ``role``, and ``user`` or ``group``; ``held``: whether they now have the role
token       ``token``: the id of a token that was deleted
roles       all roles: ``roles`` (name to scopes), ``users`` and ``groups`` (name to roles; the
            role ``user``, which all users have, is left out), ``custom_scopes``
==========  ======================================================================================
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Change = dict[str, Any]

HUB_KEY_VARIABLE = "SCOPED_LAUNCHER_HUB_KEY"
"""Environment variable with the secret by which the service knows the Hub."""

HUB_CHANGES_PATH = "api/hub-changes"
"""Where the service takes the Hub's changes, below its address."""

CHANGES_PATH = "api/changes"
"""Where users' servers subscribe, below the service's address."""

HEARTBEAT_S = 20.0
"""A subscriber reads something at least this often."""

POLL_S = 300.0
"""While a server is told of changes, it reads its owner's context at the Hub this often.

That is what makes the Hub read the groups of an identity provider again, and what finds a change
that was lost."""


class FactsError(ValueError):
    """The facts are not as the service writes them."""


@dataclass(frozen=True, slots=True)
class OwnerFacts:
    """What the Hub knows of a server's owner.

    ``scopes`` are all that the owner holds by roles, expanded as the Hub does it. ``shares`` are
    the servers shared with the owner. Each is None if the service does not know it.
    """

    user: str
    admin: bool
    groups: tuple[str, ...]
    scopes: tuple[str, ...] | None = None
    shares: tuple[str, ...] | None = None

    def model(self) -> dict[str, Any]:
        """Return the facts as a JSON object."""
        return {
            "user": self.user,
            "admin": self.admin,
            "groups": list(self.groups),
            "scopes": _list(self.scopes),
            "shares": _list(self.shares),
        }


def facts_from_model(model: Any) -> OwnerFacts:
    """Return the facts in a JSON object. Raises `FactsError`."""
    if not isinstance(model, dict):
        raise FactsError("the facts are no object")
    user, admin = model.get("user"), model.get("admin")
    groups = _names(model, "groups")
    if not isinstance(user, str) or not user or not isinstance(admin, bool) or groups is None:
        raise FactsError("the facts lack a valid user, admin or groups")
    return OwnerFacts(user, admin, groups, _names(model, "scopes"), _names(model, "shares"))


def _names(model: dict[str, Any], key: str) -> tuple[str, ...] | None:
    values = model.get(key)
    if values is None:
        return None
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise FactsError(f"the facts have no valid {key}")
    return tuple(values)


def _list(values: Iterable[str] | None) -> list[str] | None:
    return None if values is None else list(values)
