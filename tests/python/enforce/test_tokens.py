"""Which servers' visitors get a token with the scopes that a policy asks about."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from jupyterhub import orm, roles
from jupyterhub.spawner import SimpleLocalProcessSpawner
from spawners import new_spawner
from traitlets.config import Config

from jupyterlab_scoped_launcher.hub.tokens import VisitorTokenScopes
from jupyterlab_scoped_launcher.hub_api import PREVIEW_SCOPES

ASKED = "access:services!service=web"


@pytest.fixture
def db(owner: orm.User) -> Any:
    from sqlalchemy import inspect

    return inspect(owner).session


def spawner(
    owner: orm.User,
    name: str = "",
    earlier: Any = None,
    scopes: tuple[str, ...] = (ASKED,),
    *,
    previews: bool = False,
) -> Any:
    """The spawner as JupyterHub makes it, with the setting as `configure` makes it."""
    c = Config()
    c.Spawner.oauth_client_allowed_scopes = VisitorTokenScopes(
        list(scopes), earlier, previews=previews
    )
    return new_spawner(c, owner, SimpleLocalProcessSpawner, name)


def allowed(spawner: Any) -> set[str]:
    """What JupyterHub lets the tokens of this server's visitors have, but access to itself."""
    scopes = set(asyncio.run(spawner._get_oauth_client_allowed_scopes()))
    return scopes - {f"access:servers!server=owner/{spawner.name}"}


def test_a_default_server_that_nobody_shares(owner):
    assert allowed(spawner(owner)) == {ASKED}


def test_a_named_server(owner):
    assert allowed(spawner(owner, "dash-1")) == set()


def test_a_default_server_that_is_shared(owner, db):
    guest = orm.User(name="guest")
    db.add(guest)
    db.commit()
    server = spawner(owner)
    orm.Share.grant(db, server.orm_spawner, guest)
    assert allowed(server) == set()


def test_a_default_server_with_an_invitation(owner, db):
    server = spawner(owner)
    orm.ShareCode.new(db, server.orm_spawner, scopes=["access:servers!server=owner/"])
    assert allowed(server) == set()


@pytest.mark.parametrize(
    "scope", ["shares!user", "shares", "shares!group=x", "shares!server=owner/"]
)
def test_the_servers_of_a_user_who_may_share_them(owner, db, scope):
    roles.create_role(db, {"name": "sharer", "scopes": [scope]})
    roles.grant_role(db, owner, "sharer")
    assert allowed(spawner(owner)) == set()


def test_sharing_somebody_elses_is_another_matter(owner, db):
    roles.create_role(db, {"name": "sharer", "scopes": ["shares!user=another"]})
    roles.grant_role(db, owner, "sharer")
    assert allowed(spawner(owner)) == {ASKED}


async def later(spawner: Any) -> list[str]:
    return ["list:users"]


@pytest.mark.parametrize("earlier", [["list:users"], lambda spawner: ["list:users"], later])
def test_what_was_configured_stays_for_every_server(owner, earlier):
    assert allowed(spawner(owner, "dash-1", earlier)) == {"list:users"}
    assert allowed(spawner(owner, "", earlier)) == {"list:users", ASKED}


@pytest.mark.parametrize("name", ["", "dash-1"])
def test_every_servers_visitors_may_list_their_own_shares(owner, db, name):
    roles.create_role(db, {"name": "sharer", "scopes": ["shares!user"]})
    roles.grant_role(db, owner, "sharer")
    scopes = (ASKED, "read:users:shares!user")
    assert allowed(spawner(owner, name, scopes=scopes)) == {"read:users:shares!user"}


def test_a_server_starts_with_it(owner):
    """JupyterHub writes the setting itself into each server's environment, as JSON."""
    server = spawner(owner)
    server.api_token = "token"
    asked = server.get_env()["JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES"]
    assert json.loads(asked) == [ASKED]


def test_only_admins_own_servers_may_read_other_users(owner, db):
    def given(name: str = "", *, previews: bool = True) -> set[str]:
        return allowed(spawner(owner, name, previews=previews)) & {*PREVIEW_SCOPES}

    assert given() == set()
    owner.admin = True
    roles.assign_default_roles(db, entity=owner)
    assert given() == {*PREVIEW_SCOPES}
    assert given(previews=False) == set()
    assert given("dash-1") == set()
    guest = orm.User(name="guest")
    db.add(guest)
    db.commit()
    orm.Share.grant(db, spawner(owner).orm_spawner, guest)
    assert given() == set()
