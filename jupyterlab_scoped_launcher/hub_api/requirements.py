"""What this package requires of a Hub: its version, and the scopes of tokens."""

from __future__ import annotations

from collections.abc import Iterable

from packaging.version import Version

MINIMUM_HUB_VERSION = Version("5.0.0")
"""The oldest JupyterHub with which the tests of servers and of the Hub pass."""

SAFE_SHARES_HUB_VERSION = Version("5.5.1")
"""Shares came with JupyterHub 5.0; 5.5.1 fixes a security advisory on them."""

TOKEN_SCOPES_HUB_VERSION = Version("5.3.0")
"""Earlier ones fail on a function as ``oauth_client_allowed_scopes`` (``inspect.isawaitable``)."""

CHANGES_SCOPES = ("list:users", "read:users:groups")
"""All that the Hub service needs to tell users' servers of changes: who is in which groups."""

GRANTS_SCOPES = ("list:users", "read:users:groups", "read:servers", "shares")
"""All that the service may do for grants. ``shares`` implies access to all servers (the Hub has no
narrower scope for creating shares), so no visitor ever gets this token."""

READ_SHARES_SCOPE = "read:users:shares"
"""Allows a token to list what is shared with a user."""

PREVIEW_SCOPES = ("list:users", "read:users:groups", READ_SHARES_SCOPE)
"""With these a visitor's token may read what the launcher shows to somebody else. Of the servers of
this package only those of the Hub's admins give them to tokens, and only to who holds them."""

LIST_OWN_SHARES = f"{READ_SHARES_SCOPE}!user"
"""The scope with which a visitor's token may list what is shared with the visitor."""


def may_share_server(scopes: Iterable[str], owner: str) -> bool:
    """Return whether who holds these scopes may share the default server of ``owner``."""
    sharing = ("shares", f"shares!user={owner}", f"shares!server={owner}/")
    return any(scope in sharing or scope.startswith("shares!group=") for scope in scopes)


def is_supported(hub_version: str) -> bool:
    """Return whether this package works with this version of JupyterHub."""
    return Version(hub_version) >= MINIMUM_HUB_VERSION


def has_safe_shares(hub_version: str) -> bool:
    """Return whether this version of JupyterHub has every fix that shared servers need."""
    return Version(hub_version) >= SAFE_SHARES_HUB_VERSION


def gives_token_scopes(hub_version: str) -> bool:
    """Return whether this version of JupyterHub can give each server other token scopes."""
    return Version(hub_version) >= TOKEN_SCOPES_HUB_VERSION
