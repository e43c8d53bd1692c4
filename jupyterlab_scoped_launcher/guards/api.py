"""Jupyter's own API: starting kernels and terminals, and the channels of running kernels.

The kernelspec manager already refuses a kernel that the visitor may not use, whichever way it is
asked for. The authorizer refuses earlier: with facts read afresh, and with a 403 where a handler
would make something else of the manager's refusal.
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

from ..audit import SCHEMA_ID
from ..cards import Card, is_text
from .inplace import guard_in_place

if TYPE_CHECKING:
    from jupyter_server.auth import User
    from jupyter_server.base.handlers import JupyterHandler
    from jupyter_server.serverapp import ServerApp

    from .judge import Judge
    from .live import LiveConnections

GUARDED = {"events", "kernels", "kernelspecs", "sessions", "terminals"}

TERMINAL = Card("command", "terminal:create-new", category="Other", command="terminal:create-new")
"""The launcher's card for a new terminal."""


TERMINALS_MINIMUM = Version("0.5.4")
"""The oldest jupyter_server_terminals that waits for the authorizer's answer."""


def guard_api(server: ServerApp, judge: Judge, live: LiveConnections) -> None:
    """Make the server's authorizer, whichever is configured, ask ``judge`` after its own answer.

    Raises ImportError with a jupyter_server_terminals that would not wait for the answer.
    """
    installed = _version("jupyter_server_terminals")
    if installed is not None and installed < TERMINALS_MINIMUM:
        raise ImportError(
            f"jupyter_server_terminals {installed} does not wait for an authorizer's answer:"
            f" install {TERMINALS_MINIMUM} or newer"
        )
    guard_in_place(server.authorizer, GuardedAuthorizer, ApiGuard(judge, live))


class GuardedAuthorizer:
    """Comes before the configured authorizer's class; it can only refuse more than that does."""

    _scoped_launcher: ApiGuard

    def is_authorized(self, handler: JupyterHandler, user: User, action: str, resource: str) -> Any:
        """Return the configured answer, or for kernels and terminals an awaitable of it.

        The awaitable raises a 403 with the reason for what the policy does not allow. A configured
        no that needs no waiting stays one.
        """
        answer = super().is_authorized(handler, user, action, resource)  # type: ignore[misc]
        # /api/me asks about other resources than its own: that is a question, not a use of them.
        if resource in GUARDED and getattr(handler, "auth_resource", None) == resource:
            if not isawaitable(answer) and not answer:
                return False
            return Answer(lambda: self._scoped_launcher.authorize(answer, handler, resource))
        return answer


class Answer(Awaitable[bool]):
    """An answer that has to be awaited: who takes it for a yes at once is refused."""

    def __init__(self, ask: Callable[[], Awaitable[bool]]) -> None:
        self._ask = ask

    def __await__(self) -> Generator[Any, Any, bool]:
        return self._ask().__await__()

    def __bool__(self) -> bool:
        raise HTTPError(
            500,
            "scoped-launcher: a request is refused, because its handler does not wait for the"
            " authorizer's answer (`await authorizer.is_authorized(…)`). Update its package.",
        )


class ApiGuard:
    """Decides which cards a request to Jupyter's API needs, and requires them."""

    def __init__(self, judge: Judge, live: LiveConnections) -> None:
        self._judge = judge
        self._live = live

    async def authorize(self, answer: Any, handler: JupyterHandler, resource: str) -> bool:
        """Return whether ``answer`` is yes; raises a 403 where it is but the policy's is no."""
        if isawaitable(answer):
            answer = await answer
        if not answer:
            return False
        if resource == "kernelspecs":
            await self._gets(handler)
        elif resource == "events":
            self._reports(handler)
        elif isinstance(handler, WebSocketHandler):
            await self._connects(handler, resource)
        else:
            await self._starts(handler, resource)
        return True

    async def _gets(self, handler: JupyterHandler) -> None:
        """Getting a kernelspec, or a file of one, needs its kernel's card.

        The manager asks for it too, which cannot wait for facts; but not every manager is asked
        for its kernelspec when it gives a file (a gateway's, which decodes the name once more).
        """
        name = handler.path_kwargs.get("kernel_name")
        if name is None:
            await self._judge.learn(handler)
        else:
            cards = [self._judge.kernelspecs.card(name) for name in {name, unquote(name)}]
            await self._judge.require(handler, cards, "get")

    def _reports(self, handler: JupyterHandler) -> None:
        """Nobody reports decisions of ours but ourselves."""
        event = handler.get_json_body() if handler.request.method == "POST" else None
        if isinstance(event, dict) and event.get("schema_id") == SCHEMA_ID:
            raise HTTPError(403, "Only the server itself reports what was allowed and refused.")

    async def _connects(self, handler: JupyterHandler, resource: str) -> None:
        """Talking to a terminal, or to a running kernel of somebody else, needs its card.

        A server's owner keeps the kernels that run: what is in their memory is the owner's work.
        """
        if resource == "terminals":
            cards = [TERMINAL]
        else:
            await self._judge.learn(handler, self._judge.refresh_s)
            if self._judge.is_owner(handler):
                return
            names = self._running(handler, handler.path_kwargs.get("kernel_id"))
            cards = [self._judge.kernelspecs.card(name) for name in names]
        await self._judge.require(handler, cards, "connect", self._judge.refresh_s)
        self._live.watch(handler, *cards)

    async def _starts(self, handler: JupyterHandler, resource: str) -> None:
        """Starting a terminal or a kernel needs its card; listing and ending do not."""
        if resource == "terminals":
            cards = [TERMINAL] if handler.request.method == "POST" else []
        else:
            cards = [self._judge.kernelspecs.card(name) for name in self._names(handler, resource)]
        if cards:
            await self._judge.require(handler, cards, "start")

    def _names(self, handler: JupyterHandler, resource: str) -> Iterator[str]:
        """Give the names of the kernels that the request would start, or move a session to.

        Follows the handlers in ``jupyter_server.services`` for kernels and sessions. What they do
        not accept is theirs to refuse, and what this misreads the kernelspec manager refuses.
        """
        kernel_id, method = handler.path_kwargs.get("kernel_id"), handler.request.method
        if handler.path_kwargs.get("action") == "restart":
            yield from self._running(handler, kernel_id)
        if kernel_id is not None or method not in ("POST", "PATCH"):
            return
        body = handler.get_json_body()
        kernel = body if resource == "kernels" else isinstance(body, dict) and body.get("kernel")
        kernel = kernel if isinstance(kernel, dict) else {}
        running = list(
            self._running(handler, kernel.get("kernel_id" if resource == "kernels" else "id"))
        )
        yield from running
        name = kernel.get("name")
        if isinstance(name, str) and name:
            if not is_text(name):
                raise HTTPError(400, "The kernel's name is no text.")
            yield name
        elif method == "POST" and not running:
            yield handler.kernel_manager.default_kernel_name

    def _running(self, handler: JupyterHandler, kernel_id: Any) -> Iterator[str]:
        """Give the name of the running kernel ``kernel_id``, if there is one."""
        kernels = handler.kernel_manager
        if isinstance(kernel_id, str) and kernel_id in kernels:
            kernel = kernels.get_kernel(kernel_id)
            model = getattr(kernel, "kernel", None)  # a gateway's kernel has its name in a model
            yield model["name"] if isinstance(model, dict) else kernel.kernel_name


def _version(package: str) -> Version | None:
    """Return the installed version of ``package``; None when it is not installed."""
    try:
        return Version(metadata.version(package))
    except metadata.PackageNotFoundError:
        return None
