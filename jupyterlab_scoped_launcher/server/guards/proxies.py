"""Guards proxied services: jupyter-server-proxy's handlers, by name and by port.

These handlers call no authorizer. So they are checked after their ``prepare``, which runs before
every method and every websocket upgrade. ``get_client_uri``, which makes the address to which a
request is forwarded, is wrapped for handlers that other packages derive. Both apply to
jupyter-server-proxy's base classes, once for all servers of the process: each entry has a handler
class of its own, and extensions may load in any order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import wraps
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from tornado.httputil import split_host_and_port
from tornado.web import Application, HTTPError

from .prepare import after_prepare

if TYPE_CHECKING:
    from jupyter_server.base.handlers import JupyterHandler
    from jupyter_server.serverapp import ServerApp

    from ...cards import Card
    from ..proxy_entries import ProxyEntries
    from .access import AccessChecker
    from .connections import ConnectionMonitor

PORT_COUNT = 1 << 16
"""The C library uses the low 16 bits of a port: port 73616 is port 8080."""

HOST_PATTERN = re.compile(r"\[[0-9A-Fa-f:.]+\]|[^\s\x00-\x1f\x7f/?#@:\\\[\]]+")
"""A name or an address, and nothing that would be more than a host in a URL."""

_guards: WeakKeyDictionary[Application, ProxyGuard] = WeakKeyDictionary()


def guard_proxies(
    server: ServerApp, entries: ProxyEntries, access: AccessChecker, monitor: ConnectionMonitor
) -> None:
    """Guard this server's proxied services, if jupyter-server-proxy is installed.

    Raises ImportError with a version that lacks these handlers: before 4.1, or a future one.
    """
    if find_spec("jupyter_server_proxy") is None:
        return
    from jupyter_server_proxy.config import AddSlashHandler
    from jupyter_server_proxy.handlers import ProxyHandler

    guard = _guards[server.web_app] = ProxyGuard(entries, access, monitor)
    for handler_class in (ProxyHandler, AddSlashHandler):
        after_prepare(server.web_app, handler_class, guard.check)
    wrap_get_client_uri(ProxyHandler)


def wrap_get_client_uri(handler_class: Any) -> None:
    """Make ``handler_class.get_client_uri`` call its server's guard with the address it returns."""
    get_client_uri: Callable[..., str] = handler_class.get_client_uri
    if hasattr(get_client_uri, "_scoped_launcher"):
        return

    @wraps(get_client_uri)
    def guarded_get_client_uri(self: JupyterHandler, *args: Any, **kwargs: Any) -> str:
        uri = get_client_uri(self, *args, **kwargs)
        guard = _guards.get(self.application)
        if guard is not None:
            guard.check_address(self, uri)
        return uri

    guarded_get_client_uri._scoped_launcher = True  # type: ignore[attr-defined]
    handler_class.get_client_uri = guarded_get_client_uri


class ProxyGuard:
    """Finds the proxied services that a request reaches, and requires their cards."""

    def __init__(
        self, entries: ProxyEntries, access: AccessChecker, monitor: ConnectionMonitor
    ) -> None:
        from jupyter_server_proxy.config import AddSlashHandler
        from jupyter_server_proxy.handlers import (
            LocalProxyHandler,
            NamedLocalProxyHandler,
            RemoteProxyHandler,
        )

        self._redirect_handler = AddSlashHandler
        self._named_handler = NamedLocalProxyHandler
        self._port_handler = LocalProxyHandler
        self._host_handler = RemoteProxyHandler
        self._entries = entries
        self._access = access
        self._monitor = monitor
        self._states: dict[str, dict[str, Any]] = {}  # of started services; each has its port

    async def check(self, handler: JupyterHandler) -> None:
        """Raise a 403 unless the visitor may use every service that this request may reach.

        The target of another package's handler is known only with its address: `check_address`.
        """
        is_redirect = isinstance(handler, self._redirect_handler)
        needs_address = self._port(handler) is None and not is_redirect
        cards = [] if needs_address else self._cards(handler)
        if not cards and not needs_address:
            return
        if not handler.current_user:  # not logged in
            raise HTTPError(403)
        decider = self._access.decider
        if needs_address:  # `check_address` cannot await a context
            await decider.load_context(handler, decider.refresh_s)
            return
        await self._access.require(handler, cards, _action(handler), decider.refresh_s)
        self._watch(handler, cards)

    def check_address(self, handler: JupyterHandler, uri: str) -> None:
        """Raise a 403 unless the visitor may use every service at ``uri``, the request's target.

        Cards that `check` has required for the same port, or for a name, are not required again.
        """
        port = _port_of(uri)
        if port == self._port(handler) or getattr(handler, "unix_socket", None) is not None:
            return
        cards = self._cards_at_port(port)
        for card in cards:
            self._access.require_now(handler, card, _action(handler))
        self._watch(handler, cards)

    def _watch(self, handler: JupyterHandler, cards: Sequence[Card]) -> None:
        if cards and (_is_event_stream(handler) or _is_websocket(handler)):
            self._monitor.watch(handler, *cards)

    def _port(self, handler: Any) -> int | None:
        """Return the request's port; None unless the handler is jupyter-server-proxy's own."""
        if isinstance(handler, self._named_handler):
            return int(handler.port) % PORT_COUNT
        if type(handler) is self._port_handler or type(handler) is self._host_handler:
            return _as_port(handler.path_args[-2])  # (host,) port and path
        return None

    def _cards(self, handler: JupyterHandler) -> list[Card]:
        """Return the card of each entry that the request may reach: several, or none, for a port.

        The host's name does not matter: a machine has more names than can be listed.
        """
        if isinstance(handler, self._named_handler):
            if hasattr(handler, "state"):  # of a service that it starts on demand
                self._states[handler.name] = handler.state
            return [self._entries.card(handler.name)]
        if isinstance(handler, self._redirect_handler):  # the entry's path without a slash
            path = handler.request.path.removeprefix(handler.base_url).strip("/")
            return [self._entries.card(path)] if path in self._entries.processes else []
        if isinstance(handler, self._host_handler) and not HOST_PATTERN.fullmatch(
            handler.path_args[0]
        ):
            raise HTTPError(400, "What comes before the port is not the name of a host.")
        return self._cards_at_port(self._port(handler))

    def _cards_at_port(self, port: int | None) -> list[Card]:
        """Return the card of each entry that has this port, as configured or since its start."""
        if not port:  # 0: the entry has none yet
            return []
        names = {
            name
            for name, processes in self._entries.processes.items()
            if any(process.port % PORT_COUNT == port for process in processes)
        }
        names |= {name for name, state in self._states.items() if state.get("port") == port}
        return [self._entries.card(name) for name in sorted(names)]


def _is_websocket(handler: JupyterHandler) -> bool:
    return handler.request.headers.get("Upgrade", "").lower() == "websocket"


def _is_event_stream(handler: JupyterHandler) -> bool:
    return handler.request.headers.get("Accept") == "text/event-stream"


def _action(handler: JupyterHandler) -> str:
    return "connect" if _is_websocket(handler) else "open"


def _as_port(text: str) -> int:
    """Return the port as the C library uses it. Raises a 400 for too many digits."""
    try:
        return int(text) % PORT_COUNT
    except ValueError:
        raise HTTPError(400, "What comes after the host is not a port.") from None


def _port_of(uri: str) -> int:
    """Return the port of an address as Tornado's client determines it."""
    parts = urlsplit(uri)
    _, port = split_host_and_port(parts.netloc.rpartition("@")[2])
    if port is None:
        return 443 if parts.scheme in ("https", "wss") else 80
    return port % PORT_COUNT
