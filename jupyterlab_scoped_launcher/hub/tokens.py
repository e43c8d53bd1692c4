"""The scopes that visitors' tokens need for the policy's ``scope`` conditions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from ..hub_api import READ_SHARES_SCOPE

if TYPE_CHECKING:
    from jupyterhub.spawner import Spawner

    from .._core import Policy

OWN_SHARES_SCOPE = f"{READ_SHARES_SCOPE}!user"
"""Lets a visitor's token list the servers that are shared with that visitor, and nothing else."""

ONE_SERVER_PREFIX = "access:servers!server="

TOKEN_SAFE_PREFIXES = ("custom:", "access:services!service=")
"""Prefixes of scopes that a token may have: they give no rights at the Hub itself."""


def required_token_scopes(policy: Policy) -> list[str]:
    """Return the scopes that the policy's conditions name and that only a token can show.

    The engine adds the scopes of the policy's roles by the visitor's groups, so tokens do not need
    those. For a scope that names a server the engine uses the visitor's shares, so the token needs
    only the right to list them. Of the other scopes a token gets custom scopes and access to
    single services: the owner of a server can use the token of an admin who visits it.
    """
    document = json.loads(policy.document())
    granted = {scope for role in json.loads(policy.roles()) for scope in role.get("scopes") or ()}
    needed = set()
    for scope in _condition_scopes(document.get("rules") or []):
        if scope.startswith(ONE_SERVER_PREFIX):
            needed.add(OWN_SHARES_SCOPE)
        elif scope.startswith(TOKEN_SAFE_PREFIXES) and "{" not in scope and scope not in granted:
            needed.add(scope)
    return sorted(needed)


class UnsharedServerScopes(list[str]):
    """``oauth_client_allowed_scopes`` that adds ``scopes`` for servers that are not shared.

    The owner of a server can read the token of each visitor, so the tokens for a shared server must
    open nothing else. This cannot see who may enter by a role (an admin), which is why
    `required_token_scopes` is strict too. Scopes that were ``configured`` stay for every server.

    JupyterHub calls it for the scopes. It is a list too, because ``Spawner.get_env`` (5.5 to 6.1)
    also writes the setting itself as JSON for the server's information, which a function cannot be.
    """

    def __init__(
        self, scopes: list[str], configured: list[str] | Callable[[Spawner], Any] | None
    ) -> None:
        super().__init__(scopes)
        self.configured = configured

    async def __call__(self, spawner: Spawner) -> list[str]:
        """Return the scopes for the server of ``spawner``."""
        scopes = self.configured(spawner) if callable(self.configured) else self.configured
        if isawaitable(scopes):
            scopes = await scopes
        return sorted({*(scopes or ()), *([] if may_be_shared(spawner) else self)})

    def all_configured(self) -> list[str]:
        """Return the scopes that some server may get, without those that a function returns."""
        return [*self, *(() if callable(self.configured) else self.configured or ())]


def may_be_shared(spawner: Spawner) -> bool:
    """Return whether somebody other than its owner may visit this server because of a share.

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


def _condition_scopes(node: Any) -> Iterator[str]:
    """Yield the value of each ``scope`` in the conditions below ``node``."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "scope" and isinstance(value, str):
                yield value
            else:
                yield from _condition_scopes(value)
    elif isinstance(node, list):
        for value in node:
            yield from _condition_scopes(value)
