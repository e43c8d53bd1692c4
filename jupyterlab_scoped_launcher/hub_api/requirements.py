"""What this package requires of a Hub: its version, and the scopes of tokens."""

from __future__ import annotations

from packaging.version import Version

MINIMUM_HUB_VERSION = Version("5.5.1")
"""Shares came with JupyterHub 5.0; 5.5.1 fixes a security advisory on them."""

GRANTS_SCOPES = ("list:users", "read:users:groups", "read:servers", "shares")
"""All that the grants service may do. ``shares`` implies access to all servers (the Hub has no
narrower scope for creating shares), so no visitor ever gets this token."""

READ_SHARES_SCOPE = "read:users:shares"
"""Allows a token to list what is shared with a user."""


def is_supported(hub_version: str) -> bool:
    """Return whether this version of JupyterHub has every fix that shared servers need."""
    return Version(hub_version) >= MINIMUM_HUB_VERSION
