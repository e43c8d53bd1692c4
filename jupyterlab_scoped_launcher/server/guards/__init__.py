"""Refuses in the Jupyter server what the launcher hides: kernels, terminals, proxied services.

The engine makes every decision, about the visitor who sends the request. docs/security.md says whom
these guards bind, and whom they cannot bind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..services import Services
    from .connections import ConnectionMonitor


def install_guards(server: Any, services: Services) -> ConnectionMonitor:
    """Guard the kernels, terminals and proxied services of ``server`` for its lifetime.

    ``server`` is the `ServerApp`. Call this once, when its web application and managers exist
    (``ExtensionApp.initialize_settings``). Returns the monitor, to stop it.
    """
    from ..audit import Audit
    from ..decisions import PolicyDecider
    from ..kernelspecs import KernelspecInventory
    from .access import AccessChecker
    from .api import guard_api
    from .connections import ConnectionMonitor
    from .kernels import guard_kernels
    from .proxies import guard_proxies

    audit = Audit(server.event_logger, with_allowed=services.settings.audit_decisions)
    inventory = KernelspecInventory(server.kernel_spec_manager, services.policies)
    access = AccessChecker(PolicyDecider(services, inventory), audit)
    monitor = ConnectionMonitor(access)
    guard_kernels(server, inventory, access)
    guard_api(server, inventory, access, monitor)
    guard_proxies(server, access, monitor)
    return monitor
