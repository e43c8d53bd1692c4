"""Reads the Hub's models, and says which share opens a server."""

from __future__ import annotations

from typing import Any

from .errors import malformed_response


def opened_by(share: Any) -> str | None:
    """Return ``owner/name`` if this share (a model of the Hub) lets a user open that server.

    A share with a group does not: the user's token never gets its scope, because
    ``jupyterhub.scopes.get_scopes_for`` reads only the shares with the token's owner (5.0 to 6.1).
    """
    try:
        server = f"{share['server']['user']['name']}/{share['server']['name']}"
        if share["kind"] == "user" and access_scope(server) in share["scopes"]:
            return server
    except (KeyError, TypeError):
        raise malformed_response("a share", "is not as JupyterHub writes it") from None
    return None


def access_scope(server: str) -> str:
    """Return the scope that opens ``server`` (``owner/name``)."""
    return f"access:servers!server={server}"


def name_of(model: Any) -> str:
    """Return the name in a model of the Hub. Raises `HubUnavailable` without one."""
    return str(required_field(model, "name", str))


def required_field(model: Any, name: str, kind: Any) -> Any:
    """Return ``model[name]``; raise `HubUnavailable` if it is missing or of another type."""
    if not isinstance(model, dict) or name not in model or not isinstance(model[name], kind):
        raise malformed_response("the Hub's answer", f"has no valid {name!r}")
    return model[name]
