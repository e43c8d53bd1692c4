"""Calls a guard for each request, after the visitor is authenticated and before a handler's method.

There is no other place for that: an authorizer is asked only by handlers that ask it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from tornado.web import Application

if TYPE_CHECKING:
    from jupyter_server.base.handlers import JupyterHandler

Check = Callable[["JupyterHandler"], Awaitable[None]]

_checks: WeakKeyDictionary[Application, dict[type, Check]] = WeakKeyDictionary()


def after_prepare(application: Application, handler_class: Any, check: Check) -> None:
    """Await ``check`` in each request to ``application`` with a handler of ``handler_class``.

    It is called once ``handler_class.prepare`` has returned, with the handler, and may raise
    ``tornado.web.HTTPError``. The method is wrapped on the class, once for all servers of the
    process: a class derived from it, also one of another package, calls the wrapped one.
    """
    _checks.setdefault(application, {})[handler_class] = check
    prepare: Callable[..., Awaitable[None] | None] = handler_class.prepare
    if getattr(prepare, "_scoped_launcher", None) is handler_class:
        return

    @wraps(prepare)
    async def checked_prepare(self: JupyterHandler, *args: Any, **kwargs: Any) -> None:
        pending = prepare(self, *args, **kwargs)
        if pending is not None:
            await pending
        check = _checks.get(self.application, {}).get(handler_class)
        if check is not None and not self._finished:
            await check(self)

    checked_prepare._scoped_launcher = handler_class  # type: ignore[attr-defined]
    handler_class.prepare = checked_prepare
