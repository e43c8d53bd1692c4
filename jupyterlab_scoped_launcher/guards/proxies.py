"""Proxied services in the server: jupyter-server-proxy's handlers, by name and by port.

These handlers ask no authorizer. So their ``prepare``, which runs before every method and every
websocket's upgrade, asks here; and so does ``get_client_uri``, which makes the address that a
request is passed on to, for what other packages make of these handlers. Both are replaced on
jupyter-server-proxy's own base class, once for all servers of the process, because each entry's
handler is a class of its own, and so that it does not matter which extension loads first.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import wraps
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from tornado.httputil import split_host_and_port
from tornado.routing import Rule, RuleRouter
from tornado.web import Application, HTTPError

from ..cards import Card

if TYPE_CHECKING:
    from jupyter_server.base.handlers import JupyterHandler
    from jupyter_server.serverapp import ServerApp

    from .judge import Judge
    from .live import LiveConnections

PORTS = 1 << 16
"""The C library takes a port's low 16 bits: port 73616 is port 8080."""

HOST = re.compile(r"\[[0-9A-Fa-f:.]+\]|[^\s\x00-\x1f\x7f/?#@:\\\[\]]+")
"""A name or an address, and nothing that would be more than a host where it is put into a URL."""

_guards: WeakKeyDictionary[Application, ProxyGuard] = WeakKeyDictionary()


def guard_proxies(server: ServerApp, judge: Judge, live: LiveConnections) -> None:
    """Guard this server's proxied services, if jupyter-server-proxy is installed.

    Raises ImportError when it is one that these guards do not know: before 4.1, or a future one.
    """
    if find_spec("jupyter_server_proxy") is None:
        return
    from jupyter_server_proxy.config import AddSlashHandler
    from jupyter_server_proxy.handlers import ProxyHandler

    _guards[server.web_app] = ProxyGuard(server.web_app, judge, live)
    for handler_class in (ProxyHandler, AddSlashHandler):
        _ask_first(handler_class)
    _ask_at_last(ProxyHandler)


def _ask_first(handler_class: Any) -> None:
    """Let ``handler_class.prepare`` ask its server's guard once the visitor is identified."""
    prepare: Callable[..., Awaitable[None] | None] = handler_class.prepare
    if hasattr(prepare, "_scoped_launcher"):
        return

    @wraps(prepare)
    async def guarded_prepare(self: JupyterHandler, *args: Any, **kwargs: Any) -> None:
        waiting = prepare(self, *args, **kwargs)
        if waiting is not None:
            await waiting
        guard = _guards.get(self.application)
        if guard is not None and not self._finished:
            await guard.check(self)

    guarded_prepare._scoped_launcher = True  # type: ignore[attr-defined]
    handler_class.prepare = guarded_prepare


def _ask_at_last(handler_class: Any) -> None:
    """Let ``handler_class.get_client_uri`` ask its server's guard about the address it has made."""
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
    """Decides which proxied services a request reaches, and requires their cards."""

    def __init__(self, application: Application, judge: Judge, live: LiveConnections) -> None:
        from jupyter_server_proxy.api import ServersInfoHandler
        from jupyter_server_proxy.config import AddSlashHandler
        from jupyter_server_proxy.handlers import (
            LocalProxyHandler,
            NamedLocalProxyHandler,
            RemoteProxyHandler,
        )

        self._lists_entries = ServersInfoHandler
        self._redirects = AddSlashHandler
        self._by_name = NamedLocalProxyHandler
        self._by_port = LocalProxyHandler
        self._by_host_and_port = RemoteProxyHandler
        self._application = application
        self._judge = judge
        self._live = live
        self._processes: dict[str, list[Any]] = {}
        self._states: dict[str, dict[str, Any]] = {}  # where a started service's port is

    async def check(self, handler: JupyterHandler) -> None:
        """Raise a 403 unless the visitor may use every service that this request may reach.

        Where another package's handler leads is known when it has an address: `check_address`.
        """
        later = self._port(handler) is None and not isinstance(handler, self._redirects)
        cards = [] if later else self._cards(handler)
        if not cards and not later:
            return
        if not handler.current_user:  # not logged in: the redirect to the login, or nothing at all
            raise HTTPError(403)
        if later:  # for what cannot wait
            await self._judge.learn(handler, self._judge.refresh_s)
            return
        await self._judge.require(handler, cards, _action(handler), self._judge.refresh_s)
        self._watch(handler, cards)

    def check_address(self, handler: JupyterHandler, uri: str) -> None:
        """Raise a 403 unless the visitor may use every service at ``uri``, where a request goes.

        What was required by the same port, or by a name, is not required again.
        """
        port = _port_of(uri)
        if port == self._port(handler) or getattr(handler, "unix_socket", None) is not None:
            return
        cards = self._at(port)
        for card in cards:
            self._judge.require_known(handler, card, _action(handler))
        self._watch(handler, cards)

    def _watch(self, handler: JupyterHandler, cards: Sequence[Card]) -> None:
        if cards and (_streams(handler) or _upgrades(handler)):
            self._live.watch(handler, *cards)

    def _port(self, handler: Any) -> int | None:
        """Return the port of the request, as far as jupyter-server-proxy's own handlers say it."""
        if isinstance(handler, self._by_name):
            return int(handler.port) % PORTS
        if type(handler) is self._by_port or type(handler) is self._by_host_and_port:
            return _as_port(handler.path_args[-2])  # (host,) port and path
        return None

    def _cards(self, handler: JupyterHandler) -> list[Card]:
        """Return the card of each entry that the request may reach: several, or none, for a port.

        Whatever a host is called: a machine has more names than can be listed.
        """
        if isinstance(handler, self._by_name):
            if hasattr(handler, "state"):  # of a service that it starts on demand
                self._states[handler.name] = handler.state
            return [self._card(handler.name)]
        if isinstance(handler, self._redirects):  # from the entry's path without a slash
            path = handler.request.path.removeprefix(handler.base_url).strip("/")
            return [self._card(path)] if path in self._entries() else []
        if isinstance(handler, self._by_host_and_port) and not HOST.fullmatch(handler.path_args[0]):
            raise HTTPError(400, "What comes before the port is not the name of a host.")
        return self._at(self._port(handler))

    def _at(self, port: int | None) -> list[Card]:
        """Return the card of each entry that has this port, configured or since it was started."""
        if not port:  # 0 is an entry's way to say that it has none yet
            return []
        names = {
            name
            for name, processes in self._entries().items()
            if any(process.port % PORTS == port for process in processes)
        }
        names |= {name for name, state in self._states.items() if state.get("port") == port}
        return [self._card(name) for name in sorted(names)]

    def _card(self, name: str) -> Card:
        category = next(
            (process.launcher_entry.category for process in self._entries().get(name, ())), None
        )
        return Card("proxy", name, category=category)

    def _entries(self) -> dict[str, list[Any]]:
        """Return jupyter-server-proxy's ``ServerProcess`` of each entry, by name.

        There are several of one name when packages bring what is configured too; the first is
        reached by its name, and each by its port. They are kept only with the route that lists
        them, which may not be there yet.
        """
        if not self._processes:
            for rule in _rules(self._application.default_router):
                if rule.target is self._lists_entries:
                    for process in rule.target_kwargs["server_processes"]:
                        self._processes.setdefault(process.name, []).append(process)
        return self._processes


def _upgrades(handler: JupyterHandler) -> bool:
    return handler.request.headers.get("Upgrade", "").lower() == "websocket"


def _streams(handler: JupyterHandler) -> bool:
    return handler.request.headers.get("Accept") == "text/event-stream"


def _action(handler: JupyterHandler) -> str:
    return "connect" if _upgrades(handler) else "open"


def _as_port(written: str) -> int:
    """Return the port as the C library will take it. Raises a 400 for too many digits."""
    try:
        return int(written) % PORTS
    except ValueError:
        raise HTTPError(400, "What comes after the host is not a port.") from None


def _port_of(uri: str) -> int:
    """Return the port of an address as Tornado's client finds it."""
    parts = urlsplit(uri)
    _, port = split_host_and_port(parts.netloc.rpartition("@")[2])
    if port is None:
        return 443 if parts.scheme in ("https", "wss") else 80
    return port % PORTS


def _rules(router: RuleRouter) -> Iterator[Rule]:
    """Give the rules of ``router`` and of the routers below it."""
    for rule in router.rules:
        if isinstance(rule.target, RuleRouter):
            yield from _rules(rule.target)
        else:
            yield rule
