"""The proxied services of a server: the entries of jupyter-server-proxy, and their cards."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from tornado.routing import Rule, RuleRouter
from tornado.web import Application

from ..cards import Card


class ProxyEntries:
    """Knows the entries of jupyter-server-proxy in ``application``; none if it is not installed.

    There are several with one name when a package brings an entry that is configured too. The
    first is reached by its name, and each by its port. The entries are known only to the route
    that lists them, which may not exist before the server has started.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._processes: dict[str, list[Any]] = {}

    @property
    def processes(self) -> dict[str, list[Any]]:
        """jupyter-server-proxy's ``ServerProcess`` of each entry, by name."""
        if not self._processes and find_spec("jupyter_server_proxy") is not None:
            from jupyter_server_proxy.api import ServersInfoHandler

            for rule in _rules(self._application.default_router):
                if rule.target is ServersInfoHandler:
                    for process in rule.target_kwargs["server_processes"]:
                        self._processes.setdefault(process.name, []).append(process)
        return self._processes

    def card(self, name: str) -> Card:
        """Return the card that jupyter-server-proxy's labextension makes for the entry ``name``."""
        processes = self.processes.get(name)
        if not processes:
            return Card("proxy", name)
        entry = processes[0].launcher_entry
        category = getattr(entry, "category", "Notebook")  # jupyter-server-proxy before 4.3
        return Card(
            "proxy",
            name,
            category=category or "Other",  # the launcher's category for cards without one
            command="server-proxy:open",
            title=entry.title,
        )

    def cards(self) -> list[Card]:
        """Return the card of each entry."""
        return [self.card(name) for name in self.processes]


def _rules(router: RuleRouter) -> Iterator[Rule]:
    """Yield the rules of ``router`` and of the routers below it."""
    for rule in router.rules:
        if isinstance(rule.target, RuleRouter):
            yield from _rules(rule.target)
        else:
            yield rule
