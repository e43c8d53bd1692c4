"""Entries for jupyterhub_config.py that make the grants service one of the Hub's services."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Any

from ..hub_api import GRANTS_SCOPES

NAME = "scoped-launcher-grants"
"""The service's name; its page is at ``/services/scoped-launcher-grants/``."""


def service_entry(
    policy: str | os.PathLike[str],
    *,
    records: str | os.PathLike[str] = "scoped-launcher-grants.sqlite",
    options: tuple[str, ...] = (),
    url: str | None = None,
) -> dict[str, Any]:
    """Return an entry for ``c.JupyterHub.services``.

    ``policy`` is the policy file. ``records`` is a file that must survive restarts of the Hub, like
    the Hub's own database. ``options`` are further options of ``scoped-launcher grants``. ``url``
    is where the service listens (default: a free port of 127.0.0.1).
    """
    return {
        "name": NAME,
        "url": url or _free_url(),
        "command": [
            sys.executable,
            "-m",
            "jupyterlab_scoped_launcher.cli",
            "grants",
            "--policy",
            str(Path(policy).absolute()),
            "--records",
            str(Path(records).absolute()),
            *options,
        ],
        # The page asks whether its visitor holds `shares`. Only a token with that scope shows it.
        "oauth_client_allowed_scopes": ["shares"],
    }


def role_entry() -> dict[str, Any]:
    """Return the service's own role, an entry for ``c.JupyterHub.load_roles``."""
    return {
        "name": NAME,
        "description": "Share servers as the launcher policy's grants say",
        "services": [NAME],
        "scopes": list(GRANTS_SCOPES),
    }


def _free_url() -> str:
    """Return an address of this machine where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"
