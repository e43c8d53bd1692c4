"""The installed jupyterhub, asked in the shapes of the batch contract.

``answer`` runs the Hub's own functions. An answer of the Hub and one of the engine agree if they
are equal in what ``comparable`` keeps: everything but the wording and codes of errors and warnings.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from jupyterhub import orm, scopes
from jupyterhub._memoize import DoNotCache
from jupyterhub.services import auth
from sqlalchemy.orm import Session

Json = dict[str, Any]
Groups = dict[str, list[str]]

#: What the Hub raises where it refuses scopes. ScopeNotFound is a KeyError.
REFUSALS = (KeyError, ValueError, RecursionError)

CACHED = (
    "_expand_scope",
    "_expand_self_scope",
    "_intersect_expanded_scopes",
    "access_scopes",
    "expand_scopes",
    "has_scope",
    "identify_scopes",
    "parse_scopes",
    "reduce_scopes",
    "unparse_scopes",
)


def uncached(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function below its cache."""
    plain = function.__wrapped__  # type: ignore[attr-defined]

    def call(*args: Any, **kwargs: Any) -> Any:
        result = plain(*args, **kwargs)
        return result.result if isinstance(result, DoNotCache) else result

    return call


def strictest_order(parse_scopes: Callable[..., Any]) -> Callable[..., Any]:
    """``parse_scopes``, reading a set in the strictest of the orders that a set may have.

    The Hub does not look at a filter once it has met the same scope without a filter. So a filter
    that names nothing is refused or not by the order, and sets have none.
    """

    def parse(listed: Any) -> Any:
        if isinstance(listed, (set, frozenset)):
            listed = sorted(listed, key=lambda scope: not scope.partition("!")[2])
        return parse_scopes(listed)

    return parse


@contextmanager
def repeatable() -> Iterator[None]:
    """Within it, an answer of the Hub depends on nothing but the question.

    The Hub's caches are passed by: they key on sets, and not on custom scopes or groups, so that
    an answer could be that of an earlier question.
    """
    plain = {name: uncached(getattr(scopes, name)) for name in CACHED}
    plain["parse_scopes"] = strictest_order(plain["parse_scopes"])
    with ExitStack() as patches:
        for name, function in plain.items():
            patches.enter_context(mock.patch.object(scopes, name, function))
        intersect = plain["_intersect_expanded_scopes"]
        patches.enter_context(mock.patch.object(auth, "_intersect_expanded_scopes", intersect))
        yield


class World:
    """Users and groups in a real database of the Hub."""

    def __init__(self, groups_of: Groups) -> None:
        self.groups_of = groups_of
        self.db: Session = orm.new_session_factory("sqlite:///:memory:")()
        groups = {name: orm.Group(name=name) for names in groups_of.values() for name in names}
        self.db.add_all(groups.values())
        for user, names in groups_of.items():
            self.db.add(orm.User(name=user, groups=[groups[name] for name in names]))
        self.db.commit()

    def close(self) -> None:
        """Forget it."""
        self.db.close()
        self.db.get_bind().dispose()  # type: ignore[union-attr]


@contextmanager
def custom_scopes(definitions: Json | None) -> Iterator[None]:
    """Within it, the Hub knows these custom scopes."""
    with mock.patch.dict(scopes.scope_definitions):
        if definitions:
            scopes.define_custom_scopes(definitions)
        yield


@contextmanager
def all_warnings() -> Iterator[list[warnings.WarningMessage]]:
    """Within it, no warning is printed, and none is left out of the list for being repeated."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        yield warned


def principal(asked: Json | None) -> orm.User | orm.Service | None:
    if asked is None:
        return None
    return {"user": orm.User, "service": orm.Service}[asked["kind"]](name=asked["name"])


def oauth_client(asked: Json | None) -> orm.OAuthClient | None:
    if asked is None:
        return None
    if asked["kind"] == "service":
        return orm.OAuthClient(identifier="client", service=orm.Service(name=asked["name"]))
    spawner = orm.Spawner(name=asked["name"], user=orm.User(name=asked["user"]))
    return orm.OAuthClient(identifier="client", spawner=spawner)


def expand(asked: Json, _db: Session | None) -> Json:
    owner, client = principal(asked.get("owner")), oauth_client(asked.get("oauth_client"))
    with all_warnings(), custom_scopes(asked.get("custom_scopes")), all_warnings() as warned:
        expanded = scopes.expand_scopes(asked["scopes"], owner, client)
    return {"scopes": sorted(expanded), "warnings": warned}


def reduce(asked: Json, _db: Session | None) -> Json:
    return {"scopes": sorted(scopes.reduce_scopes(asked["scopes"]))}


def parse(asked: Json, _db: Session | None) -> Json:
    parsed = {
        base: True
        if filters == scopes.Scope.ALL
        else {entity: sorted(names) for entity, names in filters.items()}
        for base, filters in scopes.parse_scopes(asked["scopes"]).items()
    }
    return {"parsed": parsed}


def intersect(asked: Json, db: Session | None) -> Json:
    with all_warnings() as warned:
        common = scopes._intersect_expanded_scopes(set(asked["a"]), set(asked["b"]), db)
    return {"scopes": sorted(common), "warnings": warned}


def has_scope(asked: Json, db: Session | None) -> Json:
    result = scopes.has_scope(
        asked["scope"], asked["have"], post_filter=asked["post_filter"], db=db
    )
    return {"result": result}


def check_scopes(asked: Json, _db: Session | None) -> Json:
    unknown = []
    with all_warnings() as warned, custom_scopes(asked.get("custom_scopes")):
        for scope in asked["scopes"]:
            try:
                scopes._check_scopes_exist([scope])
            except scopes.ScopeNotFound:
                unknown.append(scope)
    answered: Json = {"unknown": unknown}
    if unknown:
        answered["error"] = "ScopeNotFound"
    if warned:
        answered["warnings"] = warned
    return answered


def visitor_check(asked: Json, _db: Session | None) -> Json:
    with all_warnings() as warned:
        granted = auth.check_scopes(set(asked["required"]), set(asked["have"]))
    return {"scopes": sorted(granted), "warnings": warned}


OPS: dict[str, Callable[[Json, Session | None], Json]] = {
    "expand": expand,
    "reduce": reduce,
    "parse": parse,
    "intersect": intersect,
    "has_scope": has_scope,
    "check_scopes": check_scopes,
    "visitor_check": visitor_check,
}


def answer(asked: Json, world: World | None = None) -> Json:
    """The Hub's answer; ``world`` is where groups are looked up, if the question has ``groups_of``.

    Within ``repeatable`` only.
    """
    db = world.db if world is not None and asked.get("groups_of") is not None else None
    try:
        return OPS[asked["op"]](asked, db)
    except REFUSALS as refusal:
        return {"error": repr(refusal)}


def comparable(answered: Json) -> Json:
    """What must be equal in both answers: of errors that, of warnings how many there are."""
    kept = dict(answered)
    if "error" in kept:
        kept["error"] = True
    if "warnings" in kept:
        kept["warnings"] = len(kept["warnings"])
    return kept
