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
policy      ``roles``: the digests of the policy's roles that the Hub has; ``problem``: why it lacks
            others of them
roles       all roles: ``roles`` (name to scopes), ``users`` and ``groups`` (name to roles; the
            role ``user``, which all users have, is left out), ``custom_scopes``
==========  ======================================================================================
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

Change = dict[str, Any]

HUB_KEY_VARIABLE = "SCOPED_LAUNCHER_HUB_KEY"
"""Environment variable with the secret by which the service knows the Hub."""

HUB_CHANGES_PATH = "api/hub-changes"
"""Where the service takes the Hub's changes, below its address."""

CHANGES_PATH = "api/changes"
"""Where users' servers subscribe, below the service's address."""

REQUESTS_PATH = "api/requests"
"""Where users' servers ask for the requests of their owners, below the service's address."""

HEARTBEAT_S = 15.0
"""A subscriber reads something at least this often."""

PAGE_POLL_S = 300.0
"""While a server is told of changes, its owner's page asks it this often."""

HUB_POLL_S = 1800.0
"""While a server is told of changes, it asks the Hub about its owner at least this often.

That finds a change that was lost and that the service has not found."""

MANAGED_GROUPS_POLL_S = 300.0
"""The same where an identity provider manages the groups: the Hub then asks the provider again."""


class FactsError(ValueError):
    """The facts are not as the service writes them."""


@dataclass(frozen=True, slots=True)
class OwnerFacts:
    """What the Hub knows of a server's owner.

    ``scopes`` are all that the owner holds by roles, expanded as the Hub does it. ``shares`` are
    the servers shared with the owner. ``policy_roles`` are the `role_digests` of those of the
    policy's roles that the running Hub has. Each is None if the service does not know it.
    """

    user: str
    admin: bool
    groups: tuple[str, ...]
    scopes: tuple[str, ...] | None = None
    shares: tuple[str, ...] | None = None
    policy_roles: tuple[str, ...] | None = None

    def model(self) -> dict[str, Any]:
        """Return the facts as a JSON object."""
        return {
            "user": self.user,
            "admin": self.admin,
            "groups": list(self.groups),
            "scopes": _list(self.scopes),
            "shares": _list(self.shares),
            "policy_roles": _list(self.policy_roles),
        }


def facts_from_model(model: Any) -> OwnerFacts:
    """Return the facts in a JSON object. Raises `FactsError`."""
    if not isinstance(model, dict):
        raise FactsError("the facts are no object")
    user, admin = model.get("user"), model.get("admin")
    groups = _names(model, "groups")
    if not isinstance(user, str) or not user or not isinstance(admin, bool) or groups is None:
        raise FactsError("the facts lack a valid user, admin or groups")
    scopes, shares = _names(model, "scopes"), _names(model, "shares")
    return OwnerFacts(user, admin, groups, scopes, shares, _names(model, "policy_roles"))


def role_digests(roles: Iterable[dict[str, Any]]) -> list[str]:
    """Return what identifies the definition of each role, in the order of ``roles``."""
    return [sha256(json.dumps(role, sort_keys=True).encode()).hexdigest()[:16] for role in roles]


def _names(model: dict[str, Any], key: str) -> tuple[str, ...] | None:
    values = model.get(key)
    if values is None:
        return None
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise FactsError(f"the facts have no valid {key}")
    return tuple(values)


def _list(values: Iterable[str] | None) -> list[str] | None:
    return None if values is None else list(values)
