"""The kernelspecs of a server: those that its manager lists, and those of the policy."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_core.utils import ensure_async

from ..cards import Card, is_text, kernel_card

if TYPE_CHECKING:
    from .._core import Policy
    from ..policy_store import PolicyStore

LIST_INTERVAL_S = 2.0
"""How long a list of the installed kernelspecs is used."""

Specs = dict[str, Any]


class KernelspecInventory:
    """Knows every kernelspec of the server, whoever the visitor is.

    ``manager`` is the server's kernelspec manager. A filter for visitors may be added to it: while
    this inventory calls it, `is_bypassed` tells the filter to do nothing.
    """

    def __init__(self, manager: KernelSpecManager, policies: PolicyStore) -> None:
        self._manager = manager
        self._policies = policies
        self._lists_async = iscoroutinefunction(type(manager).get_all_specs)
        self._bypassed = ContextVar("scoped_launcher_filter_bypassed", default=False)
        self._cards: dict[str, Card] = {}
        self._json = "[]"
        self._listed_at = float("-inf")
        self._reported: set[str] = set()
        self._directories: dict[str, str] = {}
        self._directories_of: Policy | None = None

    @property
    def is_bypassed(self) -> bool:
        """Whether the manager is called by itself or by this inventory."""
        return self._bypassed.get()

    @contextmanager
    def bypassed(self) -> Iterator[None]:
        """Let the manager call its own methods without the filter."""
        token = self._bypassed.set(True)
        try:
            yield
        finally:
            self._bypassed.reset(token)

    @property
    def policy_directories(self) -> dict[str, str]:
        """The policy's ``kernels``: the search path of each kernel, by normalized name."""
        policy = self._policies.current().policy
        if policy is not self._directories_of:
            kernels = json.loads(policy.kernels()) if policy is not None else {}
            self._directories = {normalized(name): path for name, path in kernels.items()}
            self._directories_of = policy
        return self._directories

    def card(self, name: str) -> Card:
        """Return the card that decides on the kernel ``name``, with all that is known of it."""
        name = normalized(name)
        return self._cards.get(name) or Card("kernel", name)

    def cards(self) -> list[Card]:
        """Return the card of each kernel, as last listed."""
        return list(self._cards.values())

    def as_json(self) -> str:
        """Return the kernelspecs (as last listed) as the engine reads them."""
        return self._json

    async def refresh(self) -> None:
        """List the installed kernelspecs again unless that was done a moment ago."""
        if time.monotonic() - self._listed_at > LIST_INTERVAL_S:
            with self.bypassed():
                self._remember(await ensure_async(self._manager.get_all_specs()))

    def refresh_sync(self) -> None:
        """Do what `refresh` does, where nothing can be awaited; an async manager is not asked."""
        if not self._lists_async and time.monotonic() - self._listed_at > LIST_INTERVAL_S:
            with self.bypassed():
                self._remember(self._manager.get_all_specs())

    def policy_kernelspec(self, name: str) -> KernelSpec | None:
        """Return the kernelspec that the policy's ``kernels`` has for ``name``, if it is readable.

        It takes precedence over an installed one with this name, as it would on JUPYTER_PATH. The
        rules are about that kernel, not about one to which somebody gave its name.
        """
        directory = self.policy_directories.get(normalized(name))
        if directory is None:
            return None
        manager = KernelSpecManager(
            parent=self._manager.parent,
            kernel_dirs=[os.path.join(directory, "kernels")],
            ensure_native_kernel=False,
        )
        try:
            return manager.get_kernel_spec(normalized(name))
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
        cards = {}
        for name, listed in specs.items():
            if is_text(name):
                spec = listed.get("spec") if isinstance(listed, dict) else None
                cards[normalized(name)] = kernel_card(normalized(name), spec)
            elif name not in self._reported:
                self._reported.add(name)
                self._manager.log.warning(
                    "scoped-launcher: the kernel %r is not offered: its name is not UTF-8", name
                )
        for name in self.policy_directories:
            if policy_spec := self.policy_kernelspec(name):
                cards[name] = kernel_card(name, policy_spec.to_dict())
        self._cards = cards
        self._json = json.dumps([card.kernelspec_model() for card in cards.values()])
        self._listed_at = time.monotonic()


def normalized(name: str) -> str:
    """Return a kernel's name as kernels are compared.

    A name that is no text is returned unchanged: the engine cannot read it. So is every name when
    the engine is not installed: then no policy is in use, and no names are compared.
    """
    try:
        from .._core import normalize_kernel_name
    except ImportError:
        return name
    return normalize_kernel_name(name) if is_text(name) else name
