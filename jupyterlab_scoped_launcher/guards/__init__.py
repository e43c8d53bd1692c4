"""What the launcher hides, refused in the visitor's Jupyter server: kernels and proxied services.

Every decision is the engine's, about the visitor who makes the request. docs/security.md says whom
these guards bind, and whom they cannot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..extension import ScopedLauncher


def install(launcher: ScopedLauncher) -> None:
    """Guard the kernels, terminals and proxied services of this server, once, for its lifetime.

    To be called when the server's web application and managers exist
    (``ExtensionApp.initialize_settings``).
    """
    from .api import guard_api
    from .judge import Judge
    from .kernels import guard_kernels
    from .live import LiveConnections
    from .proxies import guard_proxies

    server: Any = launcher.serverapp
    judge = Judge(launcher)
    live = LiveConnections(judge)
    judge.kernelspecs = guard_kernels(server, judge)
    guard_api(server, judge, live)
    guard_proxies(server, judge, live)
    launcher.live_connections = live
