"""The least scopes that visitors' tokens need for the policy's ``scope`` conditions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyterhub.spawner import Spawner

    from .._core import Policy

SHARES_SCOPE = "read:users:shares!user"
"""Lets a visitor's token read which servers are shared with that visitor, and nothing else."""


ONE_SERVER = "access:servers!server="
HARMLESS = ("custom:", "access:services!service=")
"""How the scopes begin that a token may be asked for: they are no rights at the Hub itself."""


def least_scopes(policy: Policy) -> list[str]:
    """Return the scopes that the policy asks about and that only a token can tell.

    The engine adds the scopes of the policy's roles by the visitor's groups, without any token
    having them. A scope that names a server is answered by the visitor's shares, so it needs only
    the right to read these. Of the rest a token gets custom scopes and access to single services:
    the owner of a server that an admin visits can use the admin's token, whoever holds what.
    """
    document = json.loads(policy.document())
    granted = {scope for role in json.loads(policy.roles()) for scope in role.get("scopes") or ()}
    needed = set()
    for scope in _asked(document.get("rules") or []):
        if scope.startswith(ONE_SERVER):
            needed.add(SHARES_SCOPE)
        elif scope.startswith(HARMLESS) and "{" not in scope and scope not in granted:
            needed.add(scope)
    return sorted(needed)


class ScopesOfUnshared(list[str]):
    """``oauth_client_allowed_scopes`` with ``scopes`` for servers that are not shared.

    The owner of a server can read the token of whoever visits it, so a shared server must not get
    tokens that open anything else. Whoever may enter by a role (an admin) is not seen here, which
    is why `least_scopes` is strict too. What was configured ``earlier`` stays for every server.

    JupyterHub calls it for the scopes. It is a list too, because ``Spawner.get_env`` (5.5 to 6.1)
    also writes the setting itself as JSON for the server's information, which a function cannot be.
    """

    def __init__(
        self, scopes: list[str], earlier: list[str] | Callable[[Spawner], Any] | None
    ) -> None:
        super().__init__(scopes)
        self.earlier = earlier

    async def __call__(self, spawner: Spawner) -> list[str]:
        """Return the scopes for the server of ``spawner``."""
        allowed = self.earlier(spawner) if callable(self.earlier) else self.earlier
        if isawaitable(allowed):
            allowed = await allowed
        return sorted({*(allowed or ()), *([] if may_be_shared(spawner) else self)})

    def all_that_is_known(self) -> list[str]:
        """Return the scopes that some server may get, but for those that a function decides."""
        return [*self, *(() if callable(self.earlier) else self.earlier or ())]


def may_be_shared(spawner: Spawner) -> bool:
    """Say whether anybody but its owner may come to visit this server by a share.

    True for every named server, for a server that has a share or an invitation already, and for the
    servers of a user who may create shares.
    """
    from jupyterhub.scopes import get_scopes_for

    orm_spawner = spawner.orm_spawner
    if spawner.name or orm_spawner.shares or orm_spawner.share_codes:
        return True
    owner = spawner.user.name
    return any(
        scope in ("shares", f"shares!user={owner}", f"shares!server={owner}/")
        or scope.startswith("shares!group=")
        for scope in get_scopes_for(spawner.user.orm_user)
    )


def _asked(node: Any) -> Iterator[str]:
    """Give the value of each ``scope`` in the conditions below ``node``."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "scope" and isinstance(value, str):
                yield value
            else:
                yield from _asked(value)
    elif isinstance(node, list):
        for value in node:
            yield from _asked(value)
