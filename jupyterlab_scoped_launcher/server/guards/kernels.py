"""Lists, returns and starts only the kernels that the visitor may use.

This works with any configured kernelspec manager (nb_conda_kernels and others have their own).
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from jupyter_client.kernelspec import KernelSpec, NoSuchKernel
from jupyter_server.base.call_context import CallContext

from .mixin import add_mixin

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

    from ..kernelspecs import KernelspecInventory, Specs
    from .access import AccessChecker


def guard_kernels(server: ServerApp, inventory: KernelspecInventory, access: AccessChecker) -> None:
    """Make the server's kernelspec manager return only what the visitor may use."""
    kernelspec_filter = KernelspecFilter(inventory, access)
    add_mixin(server.kernel_spec_manager, FilteredKernelSpecManager, kernelspec_filter)


class FilteredKernelSpecManager:
    """Mixin for the configured manager: filters its kernelspecs for the visitor.

    Where a method of the configured manager is a coroutine function, this one returns an awaitable
    too.
    """

    _scoped_launcher: KernelspecFilter

    def find_kernel_specs(self) -> Any:
        """Return the directories of the kernels that the visitor may use, by name."""
        return self._scoped_launcher.filtered(
            super().find_kernel_specs,  # type: ignore[misc]
            lambda spec: spec.resource_dir,
        )

    def get_all_specs(self) -> Any:
        """Return the kernelspecs that the visitor may use, by name."""
        return self._scoped_launcher.filtered(
            super().get_all_specs,  # type: ignore[misc]
            lambda spec: {"resource_dir": spec.resource_dir, "spec": spec.to_dict()},
        )

    def get_kernel_spec(self, kernel_name: str, *args: Any, **kwargs: Any) -> Any:
        """Return one kernelspec, which is needed to start its kernel.

        Raises a 403 for a kernel that the visitor may not use (outside a request NoSuchKernel).
        """
        inventory = self._scoped_launcher.inventory
        if not inventory.is_bypassed:
            self._scoped_launcher.require(kernel_name)
            if spec := inventory.policy_kernelspec(kernel_name):
                return spec
        with inventory.bypassed():
            return super().get_kernel_spec(kernel_name, *args, **kwargs)  # type: ignore[misc]


class KernelspecFilter:
    """Filters kernelspecs for the visitor of the current request."""

    def __init__(self, inventory: KernelspecInventory, access: AccessChecker) -> None:
        self.inventory = inventory
        self._access = access

    def require(self, name: str) -> None:
        """Raise unless the visitor may use the kernel ``name``, written in any case."""
        handler = CallContext.get(CallContext.JUPYTER_HANDLER)
        self.inventory.refresh_sync()
        card = self.inventory.card(name)
        if handler is not None:
            self._access.require_now(handler, card, "get")
        elif not self._access.decider.decide(None, [card])[0].allowed:
            raise NoSuchKernel(name)

    def filtered(
        self, list_specs: Callable[[], Any], as_listed: Callable[[KernelSpec], Any]
    ) -> Any:
        """Return what ``list_specs`` returns, with the policy's kernels, for the visitor.

        If that is awaitable, so is the result.
        """
        if self.inventory.is_bypassed:
            return list_specs()
        with self.inventory.bypassed():
            specs = list_specs()
        if isawaitable(specs):
            return self._filtered_async(specs, as_listed)
        self.inventory.refresh_sync()
        return self._for_visitor(specs, as_listed)

    async def _filtered_async(self, specs: Any, as_listed: Callable[[KernelSpec], Any]) -> Specs:
        with self.inventory.bypassed():
            found = await specs
        await self.inventory.refresh()
        return self._for_visitor(found, as_listed)

    def _for_visitor(self, specs: Specs, as_listed: Callable[[KernelSpec], Any]) -> Specs:
        for name in self.inventory.policy_directories:
            if spec := self.inventory.policy_kernelspec(name):
                specs = {**specs, name: as_listed(spec)}
        handler = CallContext.get(CallContext.JUPYTER_HANDLER)
        cards = [self.inventory.card(name) for name in specs]
        decisions = self._access.decider.decide(handler, cards)
        return {
            name: spec
            for (name, spec), decision in zip(specs.items(), decisions, strict=True)
            if decision.allowed
        }
