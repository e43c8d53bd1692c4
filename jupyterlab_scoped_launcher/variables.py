"""Environment variables with which the Hub configures the servers that it starts."""

POLICY_VARIABLE = "SCOPED_LAUNCHER_POLICY"
"""The policy file, as the server sees it."""

KERNEL_PATH_VARIABLE = "SCOPED_LAUNCHER_KERNEL_PATH"
"""Directories that the server puts before its ``JUPYTER_PATH``, separated by colons.

The Hub sets it where it does not know which ``JUPYTER_PATH`` the server will have (an image may set
one), and ``JUPYTER_PATH`` itself where it does.
"""

SERVICE_VARIABLE = "SCOPED_LAUNCHER_SERVICE"
"""The origin (``http://host:port``) at which the server reaches the Hub service, if it can."""

SERVICE_NAME = "scoped-launcher"
"""The Hub service's name; its pages are at ``/services/scoped-launcher/``."""

MANAGED_GROUPS_VARIABLE = "SCOPED_LAUNCHER_MANAGED_GROUPS"
"""Is ``1`` where an identity provider manages the Hub's groups, and the server has a Hub service.

The Hub asks the provider again when a user, or a server with the user's token, asks the Hub.
"""

WITHHELD_SCOPES_VARIABLE = "SCOPED_LAUNCHER_WITHHELD_SCOPES"
"""The scopes that the policy asks for and that visitors' tokens of this server never have."""
