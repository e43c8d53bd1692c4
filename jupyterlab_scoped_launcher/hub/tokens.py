"""Which servers' visitors get tokens with the scopes that the policy needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from ..hub_api import LIST_OWN_SHARES, PREVIEW_SCOPES, may_share_server

if TYPE_CHECKING:
    from jupyterhub.spawner import Spawner


class VisitorTokenScopes(list[str]):
    """``oauth_client_allowed_scopes`` that adds the ``scopes`` that a policy needs.

    The owner of a server can use the token of each visitor. So a server that may be shared gets
    only `LIST_OWN_SHARES` of them, which opens and changes nothing; `withheld_scopes` are the
    others. This cannot see who may enter by a role (an admin), which is why `Policy.token_scopes`
    leaves out every right at the Hub. Scopes that were ``configured`` stay for every server. With
    ``previews``, the tokens for an admin's own default server may also read other users
    (`PREVIEW_SCOPES`), if their holders may.

    JupyterHub calls it for the scopes. It is a list too, because ``Spawner.get_env`` (5.5 to 6.1)
    also writes the setting itself as JSON for the server's information, which a function cannot be.
    """

    def __init__(
        self,
        scopes: list[str],
        configured: list[str] | Callable[[Spawner], Any] | None,
        *,
        previews: bool = False,
    ) -> None:
        super().__init__(scopes)
        self.configured = configured
        self._previews = previews

    async def __call__(self, spawner: Spawner) -> list[str]:
        """Return the scopes for the server of ``spawner``."""
        scopes = self.configured(spawner) if callable(self.configured) else self.configured
        if isawaitable(scopes):
            scopes = await scopes
        withheld = withheld_scopes(self, spawner)
        given = {*(scopes or ()), *(scope for scope in self if scope not in withheld)}
        if self._previews and is_admins_own(spawner):
            given.update(PREVIEW_SCOPES)
        return sorted(given)

    def all_configured(self) -> list[str]:
        """Return the scopes that some server may get, without those that a function returns."""
        return [*self, *(() if callable(self.configured) else self.configured or ())]


def withheld_scopes(scopes: Iterable[str], spawner: Spawner) -> list[str]:
    """Return those of ``scopes`` that visitors' tokens for this server must not have."""
    return without_own_shares(scopes) if may_be_shared(spawner) else []


def without_own_shares(scopes: Iterable[str]) -> list[str]:
    """Return ``scopes`` without the one that every server's visitors may have."""
    return [scope for scope in scopes if scope != LIST_OWN_SHARES]


def is_admins_own(spawner: Spawner) -> bool:
    """Return whether this is the default server of an admin, and is shared with nobody now.

    An admin may read every user anyway. Somebody else who enters it holds none of the scopes, or
    is an admin too.
    """
    orm_spawner = spawner.orm_spawner
    is_shared = bool(orm_spawner.shares or orm_spawner.share_codes)
    return bool(spawner.user.admin) and not spawner.name and not is_shared


def may_be_shared(spawner: Spawner) -> bool:
    """Return whether somebody other than its owner may visit this server because of a share.

    True for every named server, for a server that has a share or an invitation already, and for the
    servers of a user who may create shares.
    """
    from jupyterhub.scopes import get_scopes_for

    orm_spawner = spawner.orm_spawner
    if spawner.name or orm_spawner.shares or orm_spawner.share_codes:
        return True
    return may_share_server(get_scopes_for(spawner.user.orm_user), spawner.user.name)
