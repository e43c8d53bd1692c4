"""Gives the policy to JupyterLab that runs as one of the Hub's services."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..hub_api import LIST_OWN_SHARES
from ..variables import POLICY_VARIABLE
from .server_settings import ServerSettings, runs_jupyter
from .traitlets_config import configured_value

if TYPE_CHECKING:
    from traitlets.config import Config


def give_policy_to_services(c: Config, settings: ServerSettings, *, list_shares: bool) -> None:
    """Add ``settings`` to each service of ``c.JupyterHub.services`` that runs a Jupyter server.

    nbgrader's formgrader is such a service. A service that has a policy already keeps it. With
    ``list_shares``, visitors' tokens may list what is shared with the visitor.
    """
    services = configured_value(c.JupyterHub, "services", [])
    if any(map(_needs_policy, services)):
        c.JupyterHub.services = [
            _with_policy(service, settings, list_shares) if _needs_policy(service) else service
            for service in services
        ]


def services_without_policy(c: Config) -> Iterator[str]:
    """Yield a sentence for each service that runs a Jupyter server and does not have a policy."""
    for service in configured_value(c.JupyterHub, "services", []):
        if _needs_policy(service):
            yield (
                f"the service {service.get('name')!r} in c.JupyterHub.services runs a Jupyter"
                f" server that has no policy, because it is added after configure(). Add it before,"
                f" or set {POLICY_VARIABLE} in its environment."
            )


def services_elsewhere(c: Config) -> list[str]:
    """Return the names of services with a page that this Hub does not start."""
    return [
        str(service.get("name"))
        for service in configured_value(c.JupyterHub, "services", [])
        if service.get("url") and not service.get("command")
    ]


def _command(service: dict[str, Any]) -> list[str]:
    command = service.get("command") or []
    return shlex.split(command) if isinstance(command, str) else list(command)


def _needs_policy(service: dict[str, Any]) -> bool:
    has_policy = POLICY_VARIABLE in (service.get("environment") or {})
    return runs_jupyter(_command(service)) and not has_policy


def _with_policy(
    service: dict[str, Any], settings: ServerSettings, list_shares: bool
) -> dict[str, Any]:
    command = _command(service)
    scopes = [LIST_OWN_SHARES] if list_shares else []
    return {
        **service,
        "command": settings.in_arguments([], command),
        "environment": settings.in_environment(dict(service.get("environment") or {})),
        "oauth_client_allowed_scopes": [
            *(service.get("oauth_client_allowed_scopes") or ()),
            *scopes,
        ],
    }
