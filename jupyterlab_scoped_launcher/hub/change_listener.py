"""Finds out what the Hub's own database sessions change.

JupyterHub has no events for memberships, shares and roles. SQLAlchemy has: its sessions tell what a
flush writes, and when that is committed. All that is collected are names. Nothing here may fail or
slow down a request of the Hub: an error is logged, and counts as a lost change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from .traitlets_config import hub_log

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ..changes import Change


class ChangeListener:
    """Calls ``publish`` with the changes of each commit, in order.

    ``lose`` is called instead when it is not known what was changed.
    """

    def __init__(self, publish: Callable[[list[Change]], None], lose: Callable[[], None]) -> None:
        self._publish = publish
        self._lose = lose
        self._pending: WeakKeyDictionary[Session, dict[str, Change]] = WeakKeyDictionary()
        self._has_failed = False
        self._listeners = {
            "do_orm_execute": self._safe(self._before_execute),
            "before_flush": self._safe(self._before_flush),
            "after_flush": self._safe(self._after_flush),
            "after_commit": self._safe(self._after_commit),
            "after_rollback": self._safe(self._after_rollback),
        }

    def listen(self) -> None:
        """Listen to all sessions of this process."""
        from sqlalchemy import event
        from sqlalchemy.orm import Session

        for name, listener in self._listeners.items():
            event.listen(Session, name, listener)

    def stop(self) -> None:
        """Listen no more."""
        from sqlalchemy import event
        from sqlalchemy.orm import Session

        for name, listener in self._listeners.items():
            event.remove(Session, name, listener)

    def _safe(self, listener: Callable[..., None]) -> Callable[..., None]:
        """Return a listener that raises nothing."""

        @wraps(listener)
        def safe(*args: Any) -> None:
            try:
                listener(*args)
            except Exception:
                if not self._has_failed:  # once: a Hub commits often
                    self._has_failed = True
                    hub_log().exception(
                        "scoped-launcher: a change at the Hub is not told to users' servers, which"
                        " learn of it later (further such errors are not logged)"
                    )
                self._lose()

        return safe

    def _before_execute(self, state: Any) -> None:
        """Collect what a statement deletes that no session knows: all shares of a server.

        Other such statements change nothing that is followed, or are told as a loss.
        """
        from jupyterhub import orm
        from sqlalchemy import select

        if not (state.is_delete or state.is_update) or state.bind_mapper is None:
            return
        kind = state.bind_mapper.class_
        if kind is orm.Share and state.is_delete and state.statement.whereclause is not None:
            found = select(orm.Share).where(state.statement.whereclause)
            for share in state.session.scalars(found):
                self._add(state.session, _share(share, is_deleted=True))
        elif kind in (orm.Share, orm.User, orm.Group, orm.Role, orm.Spawner, orm.APIToken):
            self._lose()

    def _before_flush(self, session: Session, _context: Any, _instances: Any) -> None:
        """Collect what is gone after the flush."""
        for deleted in session.deleted:
            self._add(session, _deletions(deleted))

    def _after_flush(self, session: Session, _context: Any) -> None:
        """Collect what is new or changed, which has all its values now."""
        for created in session.new:
            self._add(session, _changes(created, is_new=True))
        for changed in session.dirty:
            self._add(session, _changes(changed, is_new=False))

    def _after_commit(self, session: Session) -> None:
        if changes := self._pending.pop(session, None):
            self._publish(list(changes.values()))

    def _after_rollback(self, session: Session) -> None:
        self._pending.pop(session, None)

    def _add(self, session: Session, changes: Iterator[Change]) -> None:
        """Keep changes until the commit. Of two about the same thing, the later one counts."""
        for change in changes:
            identity = {part: change.get(part) for part in _IDENTITY[change["kind"]]}
            key = repr([change["kind"], identity, sorted(change)])
            pending = self._pending.setdefault(session, {})
            pending.pop(key, None)
            pending[key] = change


_IDENTITY: dict[str, tuple[str, ...]] = {
    "membership": ("user", "group"),
    "user": ("user",),
    "share": ("server", "user"),
    "server": ("server",),
    "role": ("role",),
    "assignment": ("role", "user", "group"),
    "token": ("token",),
}
"""What a change is about, by its kind."""


def _deletions(thing: Any) -> Iterator[Change]:
    """Yield what is gone with a row that will be deleted."""
    from jupyterhub import orm

    if isinstance(thing, orm.Group):
        for user in thing.users:
            yield _membership(user.name, thing.name, held=False)
    elif isinstance(thing, orm.User):
        yield {"kind": "user", "user": thing.name, "exists": False}
    elif isinstance(thing, orm.Share):
        yield from _share(thing, is_deleted=True)
    elif isinstance(thing, orm.Spawner):
        if thing.user is not None:
            yield _server(thing, exists=False)
    elif isinstance(thing, orm.Role):
        yield {"kind": "role", "role": thing.name, "scopes": None}
    elif isinstance(thing, orm.APIToken):
        yield {"kind": "token", "token": thing.api_id}


def _changes(thing: Any, *, is_new: bool) -> Iterator[Change]:
    """Yield what a row that was written changes."""
    from jupyterhub import orm

    if isinstance(thing, orm.Group):
        yield from (_membership(u.name, thing.name, held=h) for u, h in _moved(thing, "users"))
        yield from _assignments(thing, "group")
    elif isinstance(thing, orm.User):
        yield from _changes_of_user(thing, is_new=is_new)
    elif isinstance(thing, orm.Role):
        if is_new or _is_changed(thing, "scopes"):
            yield {"kind": "role", "role": thing.name, "scopes": list(thing.scopes or ())}
        for attribute, kind in (("users", "user"), ("groups", "group")):
            for member, held in _moved(thing, attribute):
                yield _assignment(thing, kind, member, held=held)
    elif isinstance(thing, orm.Share):
        yield from _share(thing, is_deleted=False)
    elif isinstance(thing, orm.Spawner):
        attributes = ("server", "server_id", "name", "user_options", "started")
        if is_new or any(_is_changed(thing, attribute) for attribute in attributes):
            yield _server(thing, exists=True)


def _changes_of_user(user: Any, *, is_new: bool) -> Iterator[Change]:
    if not is_new and (old_names := _state(user, "name").deleted):
        yield {"kind": "user", "user": user.name, "renamed_from": old_names[0]}
    if _is_changed(user, "admin"):
        yield {"kind": "user", "user": user.name, "admin": bool(user.admin)}
    yield from (_membership(user.name, g.name, held=h) for g, h in _moved(user, "groups"))
    yield from _assignments(user, "user")


def _membership(user: str, group: str, *, held: bool) -> Change:
    return {"kind": "membership", "user": user, "group": group, "held": held}


def _assignments(thing: Any, kind: str) -> Iterator[Change]:
    """Yield the roles that a user or group has gained and lost."""
    for role, held in _moved(thing, "roles"):
        yield _assignment(role, kind, thing, held=held)


def _assignment(role: Any, kind: str, member: Any, *, held: bool) -> Change:
    return {"kind": "assignment", "role": role.name, kind: member.name, "held": held}


def _share(share: Any, *, is_deleted: bool) -> Iterator[Change]:
    """Yield a share with a user. A share with a group opens no server in a browser."""
    if share.user is not None and share.owner is not None and share.spawner is not None:
        yield {
            "kind": "share",
            "server": f"{share.owner.name}/{share.spawner.name}",
            "user": share.user.name,
            "scopes": [] if is_deleted else list(share._scopes or ()),
        }


def _server(spawner: Any, *, exists: bool) -> Change:
    return {
        "kind": "server",
        "server": f"{spawner.user.name}/{spawner.name}",
        "exists": exists,
        "running": exists and spawner.server is not None,
    }


def _moved(thing: Any, attribute: str) -> Iterator[tuple[Any, bool]]:
    """Yield what a list has lost and gained, without reading the list."""
    history = _state(thing, attribute)
    yield from ((removed, False) for removed in history.deleted or ())
    yield from ((added, True) for added in history.added or ())


def _is_changed(thing: Any, attribute: str) -> bool:
    return bool(_state(thing, attribute).has_changes())


def _state(thing: Any, attribute: str) -> Any:
    """Return SQLAlchemy's history of an attribute, which asks the database nothing."""
    from sqlalchemy.orm import attributes

    passive = attributes.PASSIVE_NO_INITIALIZE  # type: ignore[attr-defined]
    return attributes.get_history(thing, attribute, passive=passive)
