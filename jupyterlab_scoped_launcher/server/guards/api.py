"""Guards Jupyter's own API: kernels, sessions, kernelspecs, terminals and events.

The kernelspec manager already refuses each kernel that the visitor may not use. The authorizer
refuses earlier: with a context that is read again, and with a 403 where a handler would answer the
manager's refusal with another status.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Iterator
from importlib import metadata
from inspect import isawaitable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from packaging.version import Version
from tornado.web import HTTPError
from tornado.websocket import WebSocketHandler

from ...cards import Card, is_text
from ..audit import SCHEMA_ID
from ..preview import SCHEMA_ID as PREVIEW_SCHEMA_ID
from .connections import NORMAL_CLOSURE
from .mixin import add_mixin

if TYPE_CHECKING:
    from jupyter_server.auth import User
    from jupyter_server.base.handlers import JupyterHandler
    from jupyter_server.serverapp import ServerApp

    from ..kernelspecs import KernelspecInventory
    from .access import AccessChecker
    from .connections import ConnectionMonitor

OWN_SCHEMAS = {SCHEMA_ID, PREVIEW_SCHEMA_ID}

GUARDED_RESOURCES = {"events", "kernels", "kernelspecs", "sessions", "terminals"}

TERMINAL_CARD = Card(
    "command",
    "terminal:create-new",
    category="Other",
    command="terminal:create-new",
    title="Terminal",
)
"""The launcher's card for a new terminal."""

MINIMUM_TERMINALS_VERSION = Version("0.5.4")
"""The oldest jupyter_server_terminals that awaits the authorizer's answer."""


def guard_api(
    server: ServerApp,
    inventory: KernelspecInventory,
    access: AccessChecker,
    monitor: ConnectionMonitor,
) -> None:
    """Make the server's authorizer, whichever is configured, require cards after its own answer.

    Raises ImportError with a jupyter_server_terminals that does not await the answer.
    """
    installed = _installed_version("jupyter_server_terminals")
    if installed is not None and installed < MINIMUM_TERMINALS_VERSION:
        raise ImportError(
            f"jupyter_server_terminals {installed} does not wait for an authorizer's answer:"
            f" install {MINIMUM_TERMINALS_VERSION} or newer"
        )
    add_mixin(server.authorizer, GuardedAuthorizer, ApiGuard(inventory, access, monitor))


class GuardedAuthorizer:
    """Mixin for the configured authorizer. It can only refuse more than that does."""

    _scoped_launcher: ApiGuard

    def is_authorized(self, handler: JupyterHandler, user: User, action: str, resource: str) -> Any:
        """Return the configured answer, or for kernels and terminals an awaitable of it.

        The awaitable raises a 403 with the reason for what the policy does not allow. A configured
        denial that is not awaitable is returned unchanged.
        """
        answer = super().is_authorized(handler, user, action, resource)  # type: ignore[misc]
        # /api/me asks about other resources than its own: it only asks, and does not use them.
        is_used = getattr(handler, "auth_resource", None) == resource
        if resource in GUARDED_RESOURCES and is_used:
            if not isawaitable(answer) and not answer:
                return False
            return DeferredAuthorization(
                lambda: self._scoped_launcher.authorize(answer, handler, resource)
            )
        return answer


class DeferredAuthorization(Awaitable[bool]):
    """An answer that must be awaited. A caller that tests its truth instead is refused."""

    def __init__(self, authorize: Callable[[], Awaitable[bool]]) -> None:
        self._authorize = authorize

    def __await__(self) -> Generator[Any, Any, bool]:
        return self._authorize().__await__()

    def __bool__(self) -> bool:
        raise HTTPError(
            500,
            "scoped-launcher: a request is refused, because its handler does not wait for the"
            " authorizer's answer (`await authorizer.is_authorized(…)`). Update its package.",
        )


class ApiGuard:
    """Finds the cards that a request to Jupyter's API needs, and requires them."""

    def __init__(
        self, inventory: KernelspecInventory, access: AccessChecker, monitor: ConnectionMonitor
    ) -> None:
        self._inventory = inventory
        self._access = access
        self._monitor = monitor

    async def authorize(self, answer: Any, handler: JupyterHandler, resource: str) -> bool:
        """Return whether ``answer`` is true; raise a 403 where it is but the policy denies."""
        if isawaitable(answer):
            answer = await answer
        if not answer:
            return False
        if resource == "kernelspecs":
            await self._authorize_kernelspec(handler)
        elif resource == "events":
            self._authorize_event(handler)
        elif isinstance(handler, WebSocketHandler):
            await self._authorize_connection(handler, resource)
        else:
            await self._authorize_start(handler, resource)
        return True

    async def _authorize_kernelspec(self, handler: JupyterHandler) -> None:
        """Require the kernel's card for its kernelspec, or for a file of it.

        The manager requires it too, but it cannot await a context. And not every manager is asked
        for the kernelspec when a file is requested (a gateway's is not, and it decodes the name
        once more).
        """
        name = handler.path_kwargs.get("kernel_name")
        if name is None:
            await self._access.decider.load_context(handler)
        else:
            cards = [self._inventory.card(name) for name in {name, unquote(name)}]
            await self._access.require(handler, cards, "get")

    def _authorize_event(self, handler: JupyterHandler) -> None:
        """Refuse events of this extension's own schemas: only the server emits them."""
        event = handler.get_json_body() if handler.request.method == "POST" else None
        if isinstance(event, dict) and event.get("schema_id") in OWN_SCHEMAS:
            raise HTTPError(403, "Only the server itself emits such events.")

    async def _authorize_connection(self, handler: JupyterHandler, resource: str) -> None:
        """Require the card for a connection to a terminal or to a running kernel.

        A server's owner keeps access to running kernels: what is in their memory is the owner's.
        """
        decider = self._access.decider
        if resource == "terminals":
            cards = [TERMINAL_CARD]
        else:
            await decider.load_context(handler, decider.refresh_s)
            if decider.is_owner(handler):
                return
            names = self._running_kernel(handler, handler.path_kwargs.get("kernel_id"))
            cards = [self._inventory.card(name) for name in names]
        await self._access.require(handler, cards, "connect", decider.refresh_s)
        self._monitor.watch(handler, *cards, close_code=NORMAL_CLOSURE)

    async def _authorize_start(self, handler: JupyterHandler, resource: str) -> None:
        """Require the card to start a terminal or a kernel, but not to list or to end them."""
        if resource == "terminals":
            cards = [TERMINAL_CARD] if handler.request.method == "POST" else []
        else:
            names = self._kernels_to_start(handler, resource)
            cards = [self._inventory.card(name) for name in names]
        if cards:
            await self._access.require(handler, cards, "start")

    def _kernels_to_start(self, handler: JupyterHandler, resource: str) -> Iterator[str]:
        """Yield the names of the kernels that the request would start, or move a session to.

        This follows the handlers in ``jupyter_server.services`` for kernels and sessions. They
        refuse what they do not accept, and the kernelspec manager refuses what is misread here.
        """
        kernel_id, method = handler.path_kwargs.get("kernel_id"), handler.request.method
        if handler.path_kwargs.get("action") == "restart":
            yield from self._running_kernel(handler, kernel_id)
        if kernel_id is not None or method not in ("POST", "PATCH"):
            return
        body = handler.get_json_body()
        kernel = body if resource == "kernels" else isinstance(body, dict) and body.get("kernel")
        kernel = kernel if isinstance(kernel, dict) else {}
        running_id = kernel.get("kernel_id" if resource == "kernels" else "id")
        running = list(self._running_kernel(handler, running_id))
        yield from running
        name = kernel.get("name")
        if isinstance(name, str) and name:
            if not is_text(name):
                raise HTTPError(400, "The kernel's name is no text.")
            yield name
        elif method == "POST" and not running:
            yield handler.kernel_manager.default_kernel_name

    def _running_kernel(self, handler: JupyterHandler, kernel_id: Any) -> Iterator[str]:
        """Yield the name of the running kernel ``kernel_id``, if there is one."""
        kernels = handler.kernel_manager
        if isinstance(kernel_id, str) and kernel_id in kernels:
            kernel = kernels.get_kernel(kernel_id)
            model = getattr(kernel, "kernel", None)  # a gateway's kernel has its name in a model
            yield model["name"] if isinstance(model, dict) else kernel.kernel_name


def _installed_version(package: str) -> Version | None:
    """Return the installed version of ``package``; None when it is not installed."""
    try:
        return Version(metadata.version(package))
    except metadata.PackageNotFoundError:
        return None
