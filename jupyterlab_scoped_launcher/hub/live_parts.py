"""Starts, inside a running Hub, what follows the policy and tells the service of changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..changes import HUB_KEY_VARIABLE
from .live_roles import LiveRoles, PolicyRoles
from .tell_service import tell_service

if TYPE_CHECKING:
    from traitlets.config import Config

    from .._core import Policy
    from ..changes import Change
    from ..policy_store import PolicyStore


@dataclass(frozen=True)
class ServiceParts:
    """The entry of the Hub service in the configuration, and the role that a policy needs it to
    have."""

    entry: dict[str, Any]
    role: Callable[[Policy | None], dict[str, Any]]


def start_live_parts(
    store: PolicyStore, defined_here: PolicyRoles, loaded: Config, service: ServiceParts | None
) -> None:
    """Follow the policy of ``store``, and tell the service, until the Hub ends.

    ``defined_here`` is what the Hub has by the policy alone, of all that its ``loaded``
    configuration defines. Does nothing in a process that only reads the configuration.
    """
    from jupyterhub.app import JupyterHub

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    app = JupyterHub.instance()
    others = PolicyRoles.configured(loaded).without(defined_here)
    if service is not None:
        others = others.without(PolicyRoles([service.role(None)], {}))
    publish: list[Callable[[list[Change]], None]] = []

    def publish_all(changes: list[Change]) -> None:
        for tell in publish:
            tell(changes)

    own_role = service.role if service is not None else lambda _: None
    live = LiveRoles(app, store, others, own_role, publish_all)
    if service is not None:
        key = service.entry["environment"][HUB_KEY_VARIABLE]
        publish.append(tell_service(app, service.entry["url"], key, live.state).publish)
    live.start()
