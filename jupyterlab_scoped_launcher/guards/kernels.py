"""Kernels in the server: lists, gets and starts only those that the visitor may use.

Whatever kernelspec manager is configured (nb_conda_kernels and others bring their own) is guarded.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from inspect import isawaitable, iscoroutinefunction
from typing import TYPE_CHECKING, Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from jupyter_core.utils import ensure_async
from jupyter_server.base.call_context import CallContext

from ..cards import Card, is_text, kernelspec_tags
from .inplace import guard_in_place

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

    from .judge import Judge

LISTED_FOR_S = 2.0
"""For how long a list of the installed kernelspecs is good."""

Specs = dict[str, Any]


def guard_kernels(server: ServerApp, judge: Judge) -> Kernelspecs:
    """Make the server's kernelspec manager ask ``judge``; returns what is installed."""
    manager: Any = server.kernel_spec_manager
    kernelspecs = Kernelspecs(manager, judge)
    guard_in_place(manager, GuardedKernelSpecManager, kernelspecs)
    return kernelspecs


class GuardedKernelSpecManager:
    """Comes before the configured manager's class and reduces what that gives to the visitor's.

    Each method keeps the configured one's ways: where that is a coroutine function, it gives an
    awaitable too.
    """

    _scoped_launcher: Kernelspecs

    def find_kernel_specs(self) -> Any:
        """Return the directories of the kernels that the visitor may use, by name."""
        return self._scoped_launcher.reduced(
            super().find_kernel_specs,  # type: ignore[misc]
            lambda spec: spec.resource_dir,
        )

    def get_all_specs(self) -> Any:
        """Return the kernelspecs that the visitor may use, by name."""
        return self._scoped_launcher.reduced(
            super().get_all_specs,  # type: ignore[misc]
            lambda spec: {"resource_dir": spec.resource_dir, "spec": spec.to_dict()},
        )

    def get_kernel_spec(self, kernel_name: str, *args: Any, **kwargs: Any) -> Any:
        """Return one kernelspec, which is needed to start its kernel.

        Raises a 403 for a kernel that the visitor may not use (outside a request NoSuchKernel).
        """
        kernelspecs = self._scoped_launcher
        if not kernelspecs.inside:
            kernelspecs.require(kernel_name)
            if spec := kernelspecs.of_policy(kernel_name):
                return spec
        with kernelspecs.unguarded():
            return super().get_kernel_spec(kernel_name, *args, **kwargs)  # type: ignore[misc]


class Kernelspecs:
    """The kernelspecs of one server: all that are installed, and those of the visitor at hand."""

    def __init__(self, manager: KernelSpecManager, judge: Judge) -> None:
        self._manager = manager
        self._judge = judge
        self._waits = iscoroutinefunction(type(manager).get_all_specs)
        self._inside = ContextVar("scoped_launcher_inside", default=False)
        self._installed: dict[str, tuple[str, ...]] = {}
        self._listed_at = float("-inf")
        self._reported: set[str] = set()

    @property
    def inside(self) -> bool:
        """Whether the configured manager is calling its own methods."""
        return self._inside.get()

    @contextmanager
    def unguarded(self) -> Iterator[None]:
        """Let the configured manager call its own methods without being asked again."""
        token = self._inside.set(True)
        try:
            yield
        finally:
            self._inside.reset(token)

    def card(self, name: str) -> Card:
        """Return the card that decides on a kernel: name as Jupyter compares it, and tags."""
        name = name.lower()
        return Card("kernel", name, tags=self._installed.get(name, ()))

    def as_json(self) -> str:
        """Return the installed kernelspecs (as last listed) in the engine's shape."""
        return json.dumps([{"name": name, "tags": tags} for name, tags in self._installed.items()])

    async def learn(self) -> None:
        """List the installed kernelspecs again, if that was a while ago."""
        if time.monotonic() - self._listed_at > LISTED_FOR_S:
            with self.unguarded():
                self._remember(await ensure_async(self._manager.get_all_specs()))

    def learn_now(self) -> None:
        """As `learn`, where nothing can wait: a manager that has to is not asked."""
        if not self._waits and time.monotonic() - self._listed_at > LISTED_FOR_S:
            with self.unguarded():
                self._remember(self._manager.get_all_specs())

    def require(self, name: str) -> None:
        """Raise unless the visitor may use the kernel ``name``, written in any case."""
        handler = CallContext.get(CallContext.JUPYTER_HANDLER)
        self.learn_now()
        card = self.card(name)
        if handler is not None:
            self._judge.require_known(handler, card, "get")
        elif not self._judge.decide(None, [card])[0].allowed:
            raise NoSuchKernel(name)

    def reduced(self, listing: Callable[[], Any], as_listed: Callable[[KernelSpec], Any]) -> Any:
        """Return what ``listing`` gives or promises, with the policy's kernels, for the visitor."""
        if self.inside:
            return listing()
        with self.unguarded():
            found = listing()
        if isawaitable(found):
            return self._reduced_later(found, as_listed)
        self.learn_now()
        return self._of_visitor(found, as_listed)

    async def _reduced_later(self, found: Any, as_listed: Callable[[KernelSpec], Any]) -> Specs:
        with self.unguarded():
            specs = await found
        await self.learn()
        return self._of_visitor(specs, as_listed)

    def _of_visitor(self, found: Specs, as_listed: Callable[[KernelSpec], Any]) -> Specs:
        for name in self._judge.policy_kernels:
            if spec := self.of_policy(name):
                found = {**found, name: as_listed(spec)}
        handler = CallContext.get(CallContext.JUPYTER_HANDLER)
        verdicts = self._judge.decide(handler, [self.card(name) for name in found])
        return {
            name: spec
            for (name, spec), verdict in zip(found.items(), verdicts, strict=True)
            if verdict.allowed
        }

    def of_policy(self, name: str) -> KernelSpec | None:
        """Return the kernelspec that the policy's ``kernels`` has under ``name``, if it is there.

        It comes before an installed one of that name, as it would on JUPYTER_PATH: the rules are
        about that kernel, and not about one that somebody gave its name.
        """
        directory = self._judge.policy_kernels.get(name.lower())
        if directory is None:
            return None
        manager = KernelSpecManager(
            parent=self._manager.parent,
            kernel_dirs=[os.path.join(directory, "kernels")],
            ensure_native_kernel=False,
        )
        try:
            return manager.get_kernel_spec(name.lower())
        except Exception as error:  # whatever is wrong with the directory or its kernel.json
            if name not in self._reported:
                self._reported.add(name)
                self._manager.log.warning(
                    "scoped-launcher: the policy's kernel %r cannot be used: no good kernelspec in"
                    " %s (%s); it must have kernels/%s/kernel.json",
                    name,
                    directory,
                    error,
                    name,
                )
            return None

    def _remember(self, specs: Specs) -> None:
        installed = {}
        for name, listed in specs.items():
            if is_text(name):
                spec = listed.get("spec") if isinstance(listed, dict) else None
                installed[name.lower()] = kernelspec_tags(spec)
            elif name not in self._reported:
                self._reported.add(name)
                self._manager.log.warning(
                    "scoped-launcher: the kernel %r is not offered: its name is not UTF-8", name
                )
        for name in self._judge.policy_kernels:
            if spec := self.of_policy(name):
                installed[name] = kernelspec_tags(spec.to_dict())
        self._installed = installed
        self._listed_at = time.monotonic()
