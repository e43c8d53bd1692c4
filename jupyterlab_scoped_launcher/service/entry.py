"""Entries for jupyterhub_config.py that make this one of the Hub's services."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..changes import HUB_KEY_VARIABLE
from ..hub_api import CHANGES_SCOPES, GRANTS_SCOPES, LIST_OWN_SHARES, READ_SHARES_SCOPE
from ..variables import SERVICE_NAME
from .grants.store import has_shares
from .mail.settings import PASSWORD_VARIABLE

if TYPE_CHECKING:
    from .._core import Policy

DATABASE = "scoped-launcher.sqlite"
"""The database, in the Hub's folder unless it is configured."""

PORT_WAIT_S = 3.0
"""How long to wait until the port of an earlier service is free."""

Part = Literal["changes", "shares", "grants"]

PART_SCOPES: dict[Part, tuple[str, ...]] = {
    "changes": CHANGES_SCOPES,
    "shares": (READ_SHARES_SCOPE,),
    "grants": GRANTS_SCOPES,
}
"""The scopes that each part of the service needs.

``shares`` tells servers what is shared with their owner."""


def needed_parts(policy: Policy | None, database: str | os.PathLike[str]) -> list[Part]:
    """Return the parts of the service that a policy needs.

    Shares that the service has created must be ended also when the policy has no grants any more.
    """
    parts: list[Part] = ["changes"]
    if policy is not None and LIST_OWN_SHARES in policy.token_scopes():
        parts.append("shares")
    has_grants = policy is not None and json.loads(policy.document()).get("grants")
    if has_grants or has_shares(Path(database)):
        parts.append("grants")
    return parts


def service_entry(
    policy: str | os.PathLike[str],
    *,
    database: str | os.PathLike[str] = DATABASE,
    options: tuple[str, ...] = (),
    url: str | None = None,
    hub_key: str = "",
) -> dict[str, Any]:
    """Return an entry for ``c.JupyterHub.services``.

    ``policy`` is the policy file. ``database`` is a file that must survive restarts of the Hub,
    like the Hub's own database. ``options`` are further options of ``scoped-launcher service``.
    ``url`` is where the service listens. Its default is a free port of 127.0.0.1, which is kept
    beside the database: users' servers outlive the Hub, and must find the service again.
    ``hub_key`` is a secret by which the service knows the Hub that tells it of changes.
    """
    return {
        "name": SERVICE_NAME,
        "url": url or _lasting_url(Path(database)),
        "command": [
            sys.executable,
            "-m",
            "jupyterlab_scoped_launcher.cli",
            "service",
            "--policy",
            str(Path(policy).absolute()),
            "--database",
            str(Path(database).absolute()),
            *options,
        ],
        "environment": {HUB_KEY_VARIABLE: hub_key, **_mail_password()},
        # What visitors may do at the Hub, the pages let them do with their own tokens.
        "oauth_client_allowed_scopes": ["shares", "groups"],
        # Part of the Hub: there is nobody else to trust, and a click on a card leads to the form.
        "oauth_no_confirm": True,
    }


def role_entry(parts: Iterable[Part] = tuple(PART_SCOPES)) -> dict[str, Any]:
    """Return the service's own role, an entry for ``c.JupyterHub.load_roles``.

    ``parts`` are those that it runs (default: all).
    """
    scopes = dict.fromkeys(scope for part in parts for scope in PART_SCOPES[part])
    return {
        "name": SERVICE_NAME,
        "description": "Follow the Hub's changes, and share servers as the launcher policy says",
        "services": [SERVICE_NAME],
        "scopes": list(scopes),
    }


def everybodys_role(roles: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the role ``user``, with access to the pages of the service.

    ``roles`` are those that are configured. All users have this role: anybody may ask to join a
    group, and whoever may change one comes from any group.
    """
    role = next((role for role in roles if role.get("name") == "user"), None)
    role = role or {"name": "user", "description": "Standard user privileges", "scopes": ["self"]}
    access = f"access:services!service={SERVICE_NAME}"
    return {**role, "scopes": [*dict.fromkeys([*role.get("scopes", ()), access])]}


def _mail_password() -> dict[str, str]:
    """Return the mail server's password, if the Hub's environment has it, for the service's."""
    password = os.environ.get(PASSWORD_VARIABLE)
    return {PASSWORD_VARIABLE: password} if password else {}


def _lasting_url(database: Path) -> str:
    """Return the address that was chosen before, or else one where nothing listens."""
    file = Path(f"{database}.port")
    try:
        port = _free_port(int(file.read_text()))
    except (OSError, ValueError, OverflowError):
        port = _free_port(0)
        with suppress(OSError):
            file.write_text(f"{port}\n")
    return f"http://127.0.0.1:{port}"


def _free_port(port: int) -> int:
    """Return the port (0: any) if nothing listens there, perhaps after a moment.

    The service of a Hub that was killed ends a second later. Raises OSError.
    """
    deadline = time.monotonic() + PORT_WAIT_S
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                if time.monotonic() > deadline:
                    raise
            else:
                return int(probe.getsockname()[1])
        time.sleep(0.1)
