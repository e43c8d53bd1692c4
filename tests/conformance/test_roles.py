"""Roles, shares and tokens to scopes, beside a Hub with the same configuration."""

from __future__ import annotations

import asyncio
import logging
import random
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from jupyterhub import orm, roles, scopes
from jupyterhub.app import JupyterHub
from jupyterhub.auth import DummyAuthenticator

from .compare import ask

Json = dict[str, Any]

USERS = ["ann", "bob", "cleo", "é"]
GROUPS = ["class", "class1234", "g/h"]
SERVICES = ["web", "grader"]
SERVERS = [("ann", ""), ("ann", "lab"), ("bob", "dash-1")]

#: Of a role, or asked for by a token.
RAW = [
    "self",
    "users!user",
    "read:users!group=class",
    "servers!server=ann/lab",
    "access:servers!group=class1234",
    "access:services",
    "access:services!service=web",
    "read:servers!user=ann",
    "list:users",
    "shares!user",
    "tokens!user=bob",
    "groups!group=class",
    "custom:abc",
    "custom:a:b!user",
    "access:servers!server",
    "read:services!service",
    "admin:users",
    "inherit",
]
CUSTOM = {
    "custom:abc": {"description": "x", "subscopes": ["custom:a:b"]},
    "custom:a:b": {"description": "y"},
}


def sample(rng: random.Random, options: list[Any], most: int) -> list[Any]:
    return rng.sample(options, rng.randint(0, most))


def random_roles(rng: random.Random) -> list[Json]:
    """Entries as of ``JupyterHub.load_roles``: new roles, and changes of the Hub's own."""
    names = rng.sample(
        ["teacher", "student", "user", "admin", "server", "token"], rng.randint(1, 5)
    )
    entries = []
    for name in names:
        entry: Json = {"name": name}
        if name != "admin" and (name in ("teacher", "student") or rng.random() < 0.5):
            entry["scopes"] = sample(rng, RAW, 5)
        for kind, members in (
            ("users", ["Ann", "bob", "cleo", "É"]),
            ("groups", GROUPS),
            ("services", SERVICES),
        ):
            if rng.random() < 0.5:
                entry[kind] = sample(rng, members, 2)
        entries.append(entry)
    return entries


class Hub:
    """A Hub's database, filled as the Hub does when it starts."""

    def __init__(self, rng: random.Random) -> None:
        self.load_roles = random_roles(rng)
        self.extra_user_scopes = sample(rng, ["read:hub", "access:services"], 2)
        self.groups_of = {user: sample(rng, GROUPS, 2) for user in USERS}
        self.admins = sample(rng, [*USERS, *SERVICES], 2)

        app = JupyterHub(
            load_roles=[dict(entry) for entry in self.load_roles],
            extra_user_scopes=set(self.extra_user_scopes),
            custom_scopes=CUSTOM,
        )
        app.authenticator = DummyAuthenticator()
        app.db = self.db = orm.new_session_factory("sqlite:///:memory:")()
        app.log.setLevel(logging.CRITICAL)
        asyncio.run(app.init_role_creation())
        groups = {name: orm.Group(name=name) for name in GROUPS}
        self.users = {
            name: orm.User(
                name=name,
                admin=name in self.admins,
                groups=[groups[group] for group in self.groups_of[name]],
            )
            for name in USERS
        }
        self.services = {
            name: orm.Service(name=name, admin=name in self.admins) for name in SERVICES
        }
        self.db.add_all([*groups.values(), *self.users.values(), *self.services.values()])
        self.spawners = {
            server: orm.Spawner(name=server[1], user=self.users[server[0]]) for server in SERVERS
        }
        self.clients = {
            "hub": orm.OAuthClient(identifier="jupyterhub"),
            "server": orm.OAuthClient(identifier="s", spawner=self.spawners["ann", "lab"]),
            "service": orm.OAuthClient(identifier="w", service=self.services["web"]),
        }
        self.db.add_all(self.clients.values())
        for owner in [*self.users.values(), *self.services.values()]:
            roles.assign_default_roles(self.db, owner)
        asyncio.run(app.init_role_assignment())

        self.shares: list[Json] = []
        for name, server in self.spawners.items():
            with_user, with_group = rng.choice(USERS), rng.choice(GROUPS)
            granted = sample(rng, ["access:servers", "read:servers", "servers"], 2)
            if granted:
                of = {"server": "/".join(name), "scopes": granted}
                orm.Share.grant(self.db, server, self.users[with_user], granted)
                orm.Share.grant(self.db, server, groups[with_group], granted)
                self.shares += [of | {"user": with_user}, of | {"group": with_group}]
        self.db.commit()

    def question(self, owner: orm.User | orm.Service, token: Json | None) -> Json:
        name = owner.name
        return {
            "op": "resolve",
            "owner": {"kind": "user" if name in USERS else "service", "name": name},
            "admin": name in self.admins,
            "load_roles": self.load_roles,
            "extra_user_scopes": self.extra_user_scopes,
            "custom_scopes": CUSTOM,
            "shares": [
                share
                for share in self.shares
                if name in USERS and (share.get("user") == name or "group" in share)
            ],
            "token": token,
            "groups_of": self.groups_of,
        }

    def token(self, owner: orm.User | orm.Service, raw: list[str], client: str) -> orm.APIToken:
        kind = "user" if isinstance(owner, orm.User) else "service"
        token = orm.APIToken(scopes=raw, client_id=self.clients[client].identifier, **{kind: owner})
        token.oauth_client = self.clients[client]
        token.token = orm.new_token()
        self.db.add(token)
        self.db.commit()
        return token


CLIENTS = {
    "hub": None,
    "server": {"kind": "server", "user": "ann", "name": "lab"},
    "service": {"kind": "service", "name": "web"},
}


@pytest.fixture(autouse=True)
def custom_scopes() -> Iterator[None]:
    before = dict(scopes.scope_definitions)
    yield
    scopes.scope_definitions.clear()
    scopes.scope_definitions.update(before)


@pytest.mark.parametrize("seed", range(25))
def test_holders_and_tokens_have_the_hubs_scopes(seed: int) -> None:
    rng = random.Random(seed)
    warnings.simplefilter("ignore")
    hub = Hub(rng)
    for owner in [*hub.users.values(), *hub.services.values()]:
        question = hub.question(owner, None)
        held = scopes.reduce_scopes(scopes.get_scopes_for(owner))
        assert ask(question)["scopes"] == sorted(held), question

        raw, client = sample(rng, RAW, 4), rng.choice(list(CLIENTS))
        question = hub.question(owner, {"scopes": raw, "oauth_client": CLIENTS[client]})
        given = scopes.reduce_scopes(scopes.get_scopes_for(hub.token(owner, raw, client)))
        assert ask(question)["scopes"] == sorted(given), question
    hub.db.close()


@pytest.mark.parametrize(
    "load_roles",
    [
        [{"name": "ab"}],
        [{"name": "Teacher"}],
        [{"name": "1teacher"}],
        [{"name": "teacher-"}],
        [{"name": "tea cher"}],
        [{"name": "t" * 256}],
        [{"name": "teacher", "scopes": ["all"]}],
        [{"name": "teacher", "scopes": ["users!group"]}],
        [{"name": "teacher", "scopes": ["custom:none"]}],
        [{"name": "teacher"}, {"name": "student"}, {"name": "teacher"}],
        [{"name": "user"}, {"name": "user"}],
        [{"name": "admin", "scopes": ["self"]}],
        [{"name": "admin", "scopes": []}],
        [{"name": "admin", "description": "mine"}],
        [{"scopes": []}],
        [{"name": "teacher"}],
        [{"name": "teacher\n", "scopes": ["users!user="]}],
        [{"name": "t" * 255, "scopes": ["custom:abc"]}],
        [{"name": "a.-~_9", "description": None, "scopes": None}],
        [{"name": "admin", "description": "Elevated privileges (can do anything)"}],
        [{"name": "server", "scopes": []}, {"name": "token"}, {"name": "user", "scopes": []}],
    ],
)
def test_the_same_roles_are_refused(load_roles: list[Json]) -> None:
    app = JupyterHub(load_roles=load_roles, custom_scopes=CUSTOM, authenticator_class="dummy")
    app.authenticator = DummyAuthenticator()
    app.db = orm.new_session_factory("sqlite:///:memory:")()
    app.log.setLevel(logging.CRITICAL)
    try:
        asyncio.run(app.init_role_creation())
        refused = False
    except (KeyError, ValueError):
        refused = True
    question = {
        "op": "resolve",
        "owner": {"kind": "service", "name": "web"},
        "load_roles": load_roles,
        "custom_scopes": CUSTOM,
    }
    assert ("error" in ask(question)) == refused
    app.db.close()
