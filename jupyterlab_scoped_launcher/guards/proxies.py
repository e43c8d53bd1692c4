"""Proxied services in the server: jupyter-server-proxy's handlers, by name and by port.

These handlers ask no authorizer. So their ``prepare``, which runs before every method and every
websocket's upgrade, asks here. It is replaced on jupyter-server-proxy's own base class, once for
all servers of the process, because each entry's handler is a class of its own, and so that it does
not matter which extension loads first.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import wraps
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from tornado.routing import Rule, RuleRouter
from tornado.web import Application, HTTPError

from .judge import Card

if TYPE_CHECKING:
    from jupyter_server.base.handlers import JupyterHandler
    from jupyter_server.serverapp import ServerApp

    from .judge import Judge
    from .live import LiveConnections

PORTS = 1 << 16
"""The C library takes a port's low 16 bits: port 73616 is port 8080."""

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


class ProxyGuard:
    """Decides which proxied services a request reaches, and requires their cards."""

    def __init__(self, application: Application, judge: Judge, live: LiveConnections) -> None:
        from jupyter_server_proxy.api import ServersInfoHandler
        from jupyter_server_proxy.handlers import (
            LocalProxyHandler,
            NamedLocalProxyHandler,
            RemoteProxyHandler,
        )

        self._lists_entries = ServersInfoHandler
        self._by_name = NamedLocalProxyHandler
        self._by_port = (LocalProxyHandler, RemoteProxyHandler)
        self._application = application
        self._judge = judge
        self._live = live
        self._processes: dict[str, Any] = {}
        self._states: dict[str, dict[str, Any]] = {}  # where a started service's port is

    async def check(self, handler: JupyterHandler) -> None:
        """Raise a 403 unless the visitor may use every service that this request may reach."""
        cards = list(self._cards(handler))
        if not cards:
            return
        if not handler.current_user:  # not logged in: the redirect to the login, or nothing at all
            raise HTTPError(403)
        streams = handler.request.headers.get("Accept") == "text/event-stream"
        upgrades = handler.request.headers.get("Upgrade", "").lower() == "websocket"
        action = "connect" if upgrades else "open"
        await self._judge.require(handler, cards, action, self._judge.refresh_s)
        if streams or upgrades:
            self._live.watch(handler, *cards)

    def _cards(self, handler: JupyterHandler) -> Iterator[Card]:
        """Give the card of each entry that the request may reach: several, or none, for a port."""
        if isinstance(handler, self._by_name):
            if hasattr(handler, "state"):  # of a service that it starts on demand
                self._states[handler.name] = handler.state
            yield self._card(handler.name)
        elif isinstance(handler, self._by_port):
            # Its arguments are (host,) port and path. Whatever the host is called: a machine has
            # more names than can be listed.
            ports = {int(arg) % PORTS for arg in handler.path_args[:-1] if arg.isdigit()}
            names = {name for name, entry in self._entries().items() if entry.port in ports}
            names |= {name for name, state in self._states.items() if state.get("port") in ports}
            yield from map(self._card, sorted(names))
        else:  # the redirect from the entry's path without a slash
            path = handler.request.path.removeprefix(handler.base_url).strip("/")
            if path in self._entries():
                yield self._card(path)

    def _card(self, name: str) -> Card:
        entry = self._entries().get(name)
        return Card("proxy", name, category=entry and entry.launcher_entry.category)

    def _entries(self) -> dict[str, Any]:
        """Return jupyter-server-proxy's ``ServerProcess`` of each entry, by name.

        It keeps them only with its route that lists them, which may not be there yet.
        """
        if not self._processes:
            for rule in _rules(self._application.default_router):
                if rule.target is self._lists_entries:
                    processes = rule.target_kwargs["server_processes"]
                    self._processes = {process.name: process for process in processes}
        return self._processes


def _rules(router: RuleRouter) -> Iterator[Rule]:
    """Give the rules of ``router`` and of the routers below it."""
    for rule in router.rules:
        if isinstance(rule.target, RuleRouter):
            yield from _rules(rule.target)
        else:
            yield rule
