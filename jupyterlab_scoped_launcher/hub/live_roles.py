"""Applies the roles and custom scopes of a changed policy to the running Hub.

JupyterHub reads ``load_roles`` when it starts, and has no API for roles. Here its own functions do
what its next start would do with the policy's roles, and with no others. A change that cannot be
made while the Hub runs changes nothing, and is reported.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..changes import role_digests
from .traitlets_config import comparable, configured_value, hub_log

if TYPE_CHECKING:
    from traitlets.config import Config

    from .._core import Policy
    from ..changes import Change
    from ..policy_store import PolicyStore

CHECK_S = 2.0
"""How often the policy file is checked for a change."""

KINDS = {"users": "User", "groups": "Group", "services": "Service"}
"""Whom a role can be given to, and the classes of the Hub's database."""

DEFAULT_ROLES = ("admin", "server", "token", "user")
"""The Hub's own roles, which its start merges with those of the configuration."""


class RolesNotApplied(Exception):
    """The roles cannot be applied to the running Hub; the text says why and what to do."""


@dataclass(frozen=True)
class PolicyRoles:
    """What a policy, or a configuration, defines for the Hub."""

    roles: list[dict[str, Any]]
    custom_scopes: dict[str, dict[str, Any]]

    @classmethod
    def of(cls, policy: Policy) -> PolicyRoles:
        """Return what ``policy`` defines."""
        return cls(json.loads(policy.roles()), json.loads(policy.custom_scopes()))

    @classmethod
    def configured(cls, c: Config) -> PolicyRoles:
        """Return what a configuration defines."""
        roles = configured_value(c.JupyterHub, "load_roles", [])
        return cls(list(roles), dict(configured_value(c.JupyterHub, "custom_scopes", {})))

    def without(self, other: PolicyRoles) -> PolicyRoles:
        """Return what of this has a name that nothing of ``other`` has."""
        names = {role.get("name") for role in other.roles}
        return PolicyRoles(
            [role for role in self.roles if role.get("name") not in names],
            {n: d for n, d in self.custom_scopes.items() if n not in other.custom_scopes},
        )


class LiveRoles:
    """Follows the policy of ``store`` in the running Hub ``app``.

    The Hub has loaded the present policy's at its start. ``others`` are the roles and custom scopes
    that the configuration has by itself, which are never changed. ``own_role`` returns the role of
    this package's service for a policy, if it runs. ``publish`` is called with what the Hub has.
    """

    def __init__(
        self,
        app: Any,
        store: PolicyStore,
        others: PolicyRoles,
        own_role: Callable[[Policy], dict[str, Any] | None],
        publish: Callable[[list[Change]], None],
    ) -> None:
        self._app = app
        self._store = store
        policy = store.current().policy
        self._applied = PolicyRoles([], {}) if policy is None else PolicyRoles.of(policy)
        self._others = others
        self._own_role = own_role
        self._publish = publish
        self._problem = ""

    def start(self) -> None:
        """Follow the policy until the Hub ends. Call it in the Hub's event loop."""
        self._task = asyncio.ensure_future(self._follow())

    def state(self) -> Change:
        """Return which of the policy's roles the Hub has, and why it lacks others."""
        return {
            "kind": "policy",
            "roles": role_digests(self._applied.roles),
            "problem": self._problem,
        }

    async def _follow(self) -> None:
        while getattr(self._app, "http_server", None) is None:
            await asyncio.sleep(CHECK_S)  # the Hub still starts
        policy = None
        while True:
            found = self._store.current().policy
            if found is not None and found is not policy:
                policy = found
                await self._try_apply(policy)
                self._publish([self.state()])
            await asyncio.sleep(CHECK_S)

    async def _try_apply(self, policy: Policy) -> None:
        """Apply a policy's roles; if that fails, the Hub keeps those that it has."""
        try:
            await self._apply(policy)
        except Exception as error:
            expected = isinstance(error, RolesNotApplied)
            self._problem = str(error) if expected else f"{type(error).__name__}: {error}"
            hub_log().error(
                "scoped-launcher: the roles of the changed policy are not applied, and the Hub"
                " keeps the last ones: %s",
                self._problem,
                exc_info=not expected,
            )
        else:
            self._problem = ""

    async def _apply(self, policy: Policy) -> None:
        wanted, own = PolicyRoles.of(policy), self._own_role(policy)
        is_same = [comparable(role) for role in wanted.roles] == [
            comparable(role) for role in self._applied.roles
        ] and wanted.custom_scopes == self._applied.custom_scopes
        if not is_same:
            self._require_applicable(wanted)
            for role in wanted.roles:
                for name in role.get("users") or ():
                    # As the Hub's start does; it may take the authenticator's time.
                    await self._app._get_or_create_user(
                        self._app.authenticator.normalize_username(name), f"role: {role['name']}"
                    )
        self._write(wanted, [role for role in (own,) if role is not None], is_same=is_same)
        self._applied = wanted

    def _require_applicable(self, wanted: PolicyRoles) -> None:
        """Raise `RolesNotApplied` unless the Hub can have these roles while it runs."""
        others = {role.get("name"): role for role in self._others.roles}
        for role in wanted.roles:
            name = role["name"]
            other = others.get(name)
            if other is not None and comparable(other) != comparable(role):
                raise RolesNotApplied(
                    f"the role {name!r} is defined differently in c.JupyterHub.load_roles. Remove"
                    " one of the two, or rename it."
                )
            if name in DEFAULT_ROLES:
                raise RolesNotApplied(
                    f"the role {name!r} is one of JupyterHub's own. It is changed at the Hub's next"
                    " start: restart the Hub."
                )
            if self._app.authenticator.manage_roles and (role.get("users") or role.get("groups")):
                raise RolesNotApplied(
                    f"the authenticator manages roles (manage_roles = True), so the role {name!r}"
                    " cannot be given to users and groups here. Return it from load_managed_roles."
                )
        _require_same_subscopes(wanted.custom_scopes, self._others.custom_scopes)

    def _write(self, wanted: PolicyRoles, own: list[dict[str, Any]], *, is_same: bool) -> None:
        """Write all to the database in one transaction, without awaiting anything."""
        from jupyterhub import orm
        from jupyterhub.scopes import scope_definitions

        db = self._app.db
        added = {
            name: definition
            for name, definition in wanted.custom_scopes.items()
            if scope_definitions.get(name) != definition
        }
        before = {name: scope_definitions[name] for name in added if name in scope_definitions}
        others = {role.get("name") for role in self._others.roles}
        try:
            _define(added)
            for role in own if is_same else [*wanted.roles, *own]:
                _write_role(db, self._app.authenticator, role)
            gone = {r["name"] for r in self._applied.roles} - {r["name"] for r in wanted.roles}
            for name in gone - others - set(DEFAULT_ROLES):
                if (found := orm.Role.find(db, name)) is not None:
                    db.delete(found)
            db.commit()
        except BaseException:
            db.rollback()
            for name in added:
                scope_definitions.pop(name, None)
            scope_definitions.update(before)
            raise
        if not is_same:
            hub_log().info(
                "scoped-launcher: the roles of the changed policy are applied: %s",
                ", ".join(role["name"] for role in wanted.roles) or "none",
            )


def _require_same_subscopes(
    wanted: Mapping[str, dict[str, Any]], others: Mapping[str, dict[str, Any]]
) -> None:
    """Raise `RolesNotApplied` if a custom scope changes its meaning: the Hub remembers that."""
    from jupyterhub.scopes import scope_definitions

    for name, definition in wanted.items():
        if name in others and others[name] != definition:
            raise RolesNotApplied(
                f"the custom scope {name!r} is defined differently in c.JupyterHub.custom_scopes."
                " Remove one of the two, or rename it."
            )
        known = scope_definitions.get(name)
        if known is not None and _subscopes(known) != _subscopes(definition):
            raise RolesNotApplied(
                f"the subscopes of the custom scope {name!r} have changed, and the Hub remembers"
                " what scopes contain while it runs: restart the Hub."
            )


def _subscopes(definition: Mapping[str, Any]) -> list[str]:
    return sorted(definition.get("subscopes") or ())


def _define(scopes: dict[str, dict[str, Any]]) -> None:
    """Define custom scopes, as the Hub's start does. A description may change."""
    from jupyterhub.scopes import define_custom_scopes, scope_definitions

    for name in scopes:
        scope_definitions.pop(name, None)
    try:
        define_custom_scopes(scopes)
    except ValueError as error:
        raise RolesNotApplied(str(error)) from None


def _write_role(db: Any, authenticator: Any, spec: dict[str, Any]) -> None:
    """Create or change one role, and give it to just those whom its definition names."""
    from jupyterhub import orm
    from jupyterhub.roles import create_role
    from jupyterhub.scopes import ScopeNotFound

    try:
        role = create_role(db, spec, commit=False)
    except (ScopeNotFound, ValueError) as error:
        raise RolesNotApplied(f"the role {spec['name']!r}: {error}") from None
    for kind, class_name in KINDS.items():
        bearers = []
        for name in spec.get(kind) or ():
            if kind == "users":
                name = authenticator.normalize_username(name)
            bearer = getattr(orm, class_name).find(db, name)
            if bearer is None and kind == "groups":
                bearer = orm.Group(name=name)
                db.add(bearer)
            if bearer is None:
                raise RolesNotApplied(
                    f"the role {spec['name']!r} names {name!r} among its {kind}, whom the Hub does"
                    " not have. Define the service first, and restart the Hub."
                )
            bearers.append(bearer)
        setattr(role, kind, bearers)
