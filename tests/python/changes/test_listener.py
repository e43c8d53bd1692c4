"""What the Hub's sessions change, as the listener finds it out."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from jupyterhub import orm, roles
from jupyterhub.objects import Hub
from jupyterhub.user import User

from jupyterlab_scoped_launcher.hub.change_listener import ChangeListener
from jupyterlab_scoped_launcher.hub.tell_service import all_roles

ACCESS = "access:servers!server=profx/dash"


@pytest.fixture
def db() -> Iterator[Any]:
    session = orm.new_session_factory("sqlite:///:memory:")()
    session.add(orm.OAuthClient(identifier="jupyterhub"))
    for role in roles.get_default_roles():
        roles.create_role(session, role)
    session.commit()
    yield session
    session.close()


@pytest.fixture
def world(db: Any) -> SimpleNamespace:
    """A user, an owner with a server, and two groups."""
    ann, profx = orm.User(name="ann"), orm.User(name="profx")
    dash = orm.Spawner(name="dash")
    profx._orm_spawners.append(dash)
    groups = [orm.Group(name="g"), orm.Group(name="h")]
    db.add_all([ann, profx, *groups])
    db.commit()
    return SimpleNamespace(db=db, ann=ann, profx=profx, dash=dash, g=groups[0], h=groups[1])


@pytest.fixture
def told(world: SimpleNamespace) -> Iterator[list[Any]]:
    """The changes from here on, and "lost" for each that is lost."""
    found: list[Any] = []
    listener = ChangeListener(found.extend, lambda: found.append("lost"))
    listener.listen()
    yield found
    listener.stop()


def member(user: str, group: str, *, held: bool) -> dict[str, Any]:
    return {"kind": "membership", "user": user, "group": group, "held": held}


@pytest.mark.parametrize("by_group", [False, True])
def test_memberships(world, told, by_group):
    if by_group:
        world.g.users.append(world.ann)
    else:
        world.ann.groups.append(world.g)
    world.db.commit()
    assert told == [member("ann", "g", held=True)]
    told.clear()
    world.db.expire_all()
    if by_group:
        world.g.users.remove(world.ann)
    else:
        world.ann.groups.remove(world.g)
    world.db.commit()
    assert told == [member("ann", "g", held=False)]


def test_group_sync_at_login(world, told):
    """With ``manage_groups`` each login and refresh does just this."""
    user = User(world.ann, {"hub": Hub(), "authenticator": None}, world.db)
    user.sync_groups(["g", "new"])
    assert member("ann", "g", held=True) in told
    assert member("ann", "new", held=True) in told
    told.clear()
    user.sync_groups(["h"])
    assert sorted(told, key=str) == [
        member("ann", "g", held=False),
        member("ann", "h", held=True),
        member("ann", "new", held=False),
    ]
    told.clear()
    user.sync_groups(["h"])
    assert told == []


def test_the_end_of_a_group_and_of_a_user(world, told):
    world.g.users = [world.ann, world.profx]
    world.db.commit()
    told.clear()
    world.db.expire_all()
    world.db.delete(world.g)
    world.db.commit()
    assert sorted(told, key=str) == [
        member("ann", "g", held=False),
        member("profx", "g", held=False),
    ]
    told.clear()
    world.db.delete(world.ann)
    world.db.commit()
    assert told == [{"kind": "user", "user": "ann", "exists": False}]


def test_users(world, told):
    world.ann.admin = True
    world.db.commit()
    assert told == [{"kind": "user", "user": "ann", "admin": True}]
    told.clear()
    world.ann.admin, world.ann.name = False, "anna"
    world.db.commit()
    assert told == [
        {"kind": "user", "user": "anna", "renamed_from": "ann"},
        {"kind": "user", "user": "anna", "admin": False},
    ]
    told.clear()
    world.ann.last_activity = orm.utcnow()
    world.db.commit()
    assert told == []


def test_shares(world, told):
    def share(*scopes: str) -> dict[str, Any]:
        return {"kind": "share", "server": "profx/dash", "user": "ann", "scopes": [*scopes]}

    orm.Share.grant(world.db, world.dash, world.ann)
    assert told == [share(ACCESS)]
    told.clear()
    orm.Share.grant(world.db, world.dash, world.ann, ["read:servers!server=profx/dash"])
    assert told == [share(ACCESS, "read:servers!server=profx/dash")]
    told.clear()
    orm.Share.revoke(world.db, world.dash, world.ann)
    assert told == [share()]
    told.clear()
    orm.Share.grant(world.db, world.dash, world.ann)
    world.db.query(orm.Share).filter_by(spawner_id=world.dash.id).delete()
    world.db.commit()
    assert told == [share(ACCESS), share()], "as DELETE /shares/OWNER/NAME does"
    orm.Share.grant(world.db, world.dash, world.ann)
    told.clear()
    world.db.expire_all()
    world.db.delete(world.dash)
    world.db.commit()
    assert share() in told, "the share ends with its server"
    assert {"kind": "server", "server": "profx/dash", "exists": False, "running": False} in told
    told.clear()
    orm.Share.grant(world.db, world.profx.orm_spawners.setdefault("", _default(world)), world.g)
    assert all(change["kind"] != "share" for change in told), "a share with a group opens nothing"


def _default(world: SimpleNamespace) -> orm.Spawner:
    spawner = orm.Spawner(name="", user=world.profx)
    world.db.add(spawner)
    world.db.commit()
    return spawner


def test_servers(world, told):
    def server(*, running: bool) -> dict[str, Any]:
        return {"kind": "server", "server": "profx/dash", "exists": True, "running": running}

    world.dash.server = orm.Server()
    world.db.commit()
    assert told == [server(running=True)]
    told.clear()
    world.dash.last_activity = orm.utcnow()
    world.db.commit()
    assert told == []
    world.db.delete(world.dash.server)
    world.dash.server = None
    world.db.commit()
    assert told == [server(running=False)]
    told.clear()
    world.dash.user_options = {"tags": ["dashboard"]}
    world.db.commit()
    assert told == [server(running=False)]


def test_roles_and_who_has_them(world, told):
    role = roles.create_role(world.db, {"name": "desk", "scopes": ["self"]})
    assert told == [{"kind": "role", "role": "desk", "scopes": ["self"]}]
    told.clear()
    roles.grant_role(world.db, world.g, role)
    roles.grant_role(world.db, world.ann, role)
    assert told == [
        {"kind": "assignment", "role": "desk", "group": "g", "held": True},
        {"kind": "assignment", "role": "desk", "user": "ann", "held": True},
    ]
    known = all_roles(world.db)
    assert known["roles"]["desk"] == ["self"]
    assert (known["users"], known["groups"]) == ({"ann": ["desk"]}, {"g": ["desk"]})
    told.clear()
    role.groups, role.scopes = [], ["list:users"]
    world.db.commit()
    assert told == [
        {"kind": "role", "role": "desk", "scopes": ["list:users"]},
        {"kind": "assignment", "role": "desk", "group": "g", "held": False},
    ]
    told.clear()
    roles.delete_role(world.db, "desk")
    assert told == [{"kind": "role", "role": "desk", "scopes": None}]


def test_a_token_that_is_deleted(world, told):
    token = orm.APIToken.find(world.db, world.ann.new_api_token())
    token_id = token.api_id
    assert told == []
    world.db.delete(token)
    world.db.commit()
    assert told == [{"kind": "token", "token": token_id}]


def test_a_statement_that_deletes_what_is_unknown_counts_as_a_loss(world, told):
    world.db.query(orm.Role).filter_by(name="nobody").delete()
    world.db.query(orm.ShareCode).delete()
    world.db.commit()
    assert told == ["lost"]


def test_what_is_not_committed_is_not_told(world, told):
    world.ann.groups.append(world.g)
    world.db.flush()
    assert told == []
    world.db.rollback()
    world.db.commit()
    assert told == []


def test_of_several_changes_before_a_commit_the_last_one_is_told(world, told):
    for groups in ([world.g], [], [world.g]):
        world.ann.groups = groups
        world.db.flush()
    world.db.commit()
    assert told == [member("ann", "g", held=True)]


def test_a_listener_that_fails_does_not_harm_the_hub(world, told, monkeypatch, caplog):
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("jupyterlab_scoped_launcher.hub.change_listener._changes_of_user", fails)
    with caplog.at_level(logging.ERROR):
        for groups in ([world.g], []):
            world.ann.groups = groups
            world.db.commit()
    assert told.count("lost") == 2
    assert world.ann.groups == []
    assert sum("is not told" in record.message for record in caplog.records) == 1
