"""Sets up, inside a running Hub, what tells the Hub service of changes."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ..changes import HUB_CHANGES_PATH
from ..variables import SERVICE_NAME
from .change_listener import ChangeListener
from .change_sender import ChangeSender
from .traitlets_config import hub_log

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ..changes import Change

EVERYBODYS_ROLE = "user"


def tell_service(app: Any, url: str, key: str, state: Callable[[], Change]) -> HubChanges:
    """Tell the service that listens at ``url`` what this Hub (``app``) changes, from now on.

    Call it while the Hub loads its configuration. ``state`` returns which of the policy's roles the
    Hub has.
    """
    from jupyterhub.utils import url_path_join

    path = url_path_join(url, app.base_url, "services", SERVICE_NAME, HUB_CHANGES_PATH)
    changes = HubChanges(app, path, key, state)
    changes.start()
    return changes


class HubChanges:
    """Tells the service at ``url`` what ``app`` (the running `JupyterHub`) changes.

    The service answers what it wants to know beside changes: when it has just started, all roles.
    """

    def __init__(self, app: Any, url: str, key: str, state: Callable[[], Change]) -> None:
        self._app = app
        self._state = state
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sender = ChangeSender(url, key, self._answered)
        self._listener = ChangeListener(self.publish, self._sender.lose)

    def start(self) -> None:
        """Listen and send until the process ends."""
        self._listener.listen()
        self._sender.start()

    def publish(self, changes: list[Change]) -> None:
        """Send changes to the service soon."""
        if self._loop is None:
            with suppress(RuntimeError):  # the Hub is still being set up
                self._loop = asyncio.get_running_loop()
        self._sender.put(changes)

    def _answered(self, answer: dict[str, Any]) -> None:
        """Give the service what it wants. Called in the sender's thread."""
        if "roles" in answer.get("wants", ()) and self._loop is not None:
            self._loop.call_soon_threadsafe(self._send_roles)

    def _send_roles(self) -> None:
        """Send all roles, from the thread that may use the Hub's session."""
        try:
            self._sender.put([all_roles(self._app.db), self._state()])
        except Exception:
            hub_log().exception("scoped-launcher: the roles are not told to the service")


def all_roles(db: Session) -> Change:
    """Return all roles of the Hub, and who has them."""
    from jupyterhub import orm
    from jupyterhub.scopes import scope_definitions

    with db.no_autoflush:
        roles = {role.name: list(role.scopes or ()) for role in db.query(orm.Role)}
        of_users = (
            db.query(orm.User.name, orm.Role.name)
            .join(orm.User.roles)
            .filter(orm.Role.name != EVERYBODYS_ROLE)
        )
        of_groups = db.query(orm.Group.name, orm.Role.name).join(orm.Group.roles)
        return {
            "kind": "roles",
            "roles": roles,
            "users": _by_name(of_users),
            "groups": _by_name(of_groups),
            "custom_scopes": {
                name: definition
                for name, definition in scope_definitions.items()
                if name.startswith("custom:")
            },
        }


def _by_name(rows: Any) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name, role in rows:
        found[name].append(role)
    return dict(found)
