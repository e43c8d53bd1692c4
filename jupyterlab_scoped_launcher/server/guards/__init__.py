"""Refuses in the Jupyter server what the launcher hides: kernels, terminals, proxied services.

The engine makes every decision, about the visitor who sends the request. These guards bind some
visitors and cannot bind others: docs/explanation/security.md says whom.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..kernelspecs import KernelspecInventory
    from ..proxy_entries import ProxyEntries
    from ..services import Services
    from .access import AccessChecker
    from .connections import ConnectionMonitor

GUARDS_SETTING = "scoped_launcher_guards"
"""Where a server's web application keeps its `Guards`."""


@dataclass(frozen=True)
class Guards:
    """What the guards of a server share."""

    access: AccessChecker
    monitor: ConnectionMonitor


def install_guards(
    server: Any, services: Services, inventory: KernelspecInventory, entries: ProxyEntries
) -> Guards:
    """Guard the kernels, terminals and proxied services of ``server`` for its lifetime.

    ``server`` is the `ServerApp`. Call this once, when its web application and managers exist
    (``ExtensionApp.initialize_settings``). The server's settings get what is returned.
    """
    from jupyter_server.base.handlers import JupyterHandler

    from ..audit import Audit
    from ..decisions import PolicyDecider
    from .access import AccessChecker
    from .api import guard_api
    from .connections import ConnectionMonitor
    from .kernels import guard_kernels
    from .prepare import after_prepare
    from .proxies import guard_proxies

    audit = Audit(server.event_logger, with_allowed=services.settings.audit_decisions)
    decider = PolicyDecider(services, inventory)
    access = AccessChecker(decider, audit)
    monitor = ConnectionMonitor(access)
    after_prepare(server.web_app, JupyterHandler, decider.prepare)
    guard_kernels(server, inventory, access)
    guard_api(server, inventory, access, monitor)
    guard_proxies(server, entries, access, monitor)
    guards = server.web_app.settings[GUARDS_SETTING] = Guards(access, monitor)
    return guards
