"""A large JupyterHub without people: the part of its REST API that the grants use.

usage: python simulated_hub.py USERS SERVERS

Prints its port. Each group has 50 members and 5 of the servers. It answers in pages of at most 200,
as the Hub does by default; its models have the fields that the Hub gives to the service's scopes.
``GET /counts`` tells how often it was asked for what; ``POST /news`` makes one more member of a
group, and one more server for it.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from datetime import datetime, timezone
from urllib.parse import unquote

from tornado.web import Application, RequestHandler

GROUP_SIZE = 50
SERVERS_PER_GROUP = 5
MAX_LIMIT = 200


class World:
    """The users with their groups and servers, and the shares."""

    def __init__(self, users: int, servers: int) -> None:
        self.groups = max(users // GROUP_SIZE, 1)
        self.users = [self._user(number) for number in range(users)]
        for number in range(servers):
            group = number // SERVERS_PER_GROUP % self.groups
            owner = self.users[number * 7 % users]
            name = f"dash-g{group}-{number}"
            owner["servers"][name] = _server(owner["name"], name)
        self.shares: dict[str, dict[tuple[str, str], str]] = {}
        self.counts: Counter[str] = Counter()

    def _user(self, number: int) -> dict:
        name = f"user{number:05}"
        return {
            "kind": "user",
            "name": name,
            "admin": False,
            "user_info": None,
            "groups": [f"g{number % self.groups}"],
            "servers": {"": _server(name, "")},
        }

    def make_news(self) -> dict[str, str]:
        """Make a member who is active, and a server of somebody in another group; return both."""
        member = self._user(len(self.users))
        self.users.append({**member, "groups": ["g0"]})
        owner, name = self.users[1], f"dash-g0-news-{len(self.users)}"
        owner["servers"][name] = _server(owner["name"], name)
        return {"member": member["name"], "server": f"{owner['name']}/{name}"}


def _server(owner: str, name: str) -> dict:
    return {
        "name": name,
        "display_name": name,
        "full_name": f"{owner}/{name}",
        "last_activity": "2026-11-22T06:43:31.618734Z",
        "started": "2026-11-22T06:43:28.231565Z",
        "pending": None,
        "ready": True,
        "stopped": False,
        "url": f"/user/{owner}/{name}/",
        "user_options": {"tags": ["dashboard"]},
        "progress_url": f"/hub/api/users/{owner}/servers/{name}/progress",
        "full_url": None,
        "full_progress_url": None,
    }


class Handler(RequestHandler):
    """All routes have the world."""

    def initialize(self, world: World) -> None:
        self.world = world

    def set_default_headers(self) -> None:
        self.set_header("X-JupyterHub-Version", "6.1.1")
        self.set_header("Content-Type", "application/json")

    def page(self, items: list) -> None:
        offset = int(self.get_query_argument("offset", "0"))
        limit = min(int(self.get_query_argument("limit", "50")), MAX_LIMIT)
        place = {"offset": offset, "limit": limit, "total": len(items), "next": None}
        self.finish({"items": items[offset : offset + limit], "_pagination": place})


class Root(Handler):
    def get(self) -> None:
        self.finish({"version": "6.1.1"})


class Self(Handler):
    def get(self) -> None:
        scopes = ["list:users", "read:users:groups", "read:servers", "shares"]
        self.finish({"kind": "service", "name": "grants", "scopes": scopes})


class Users(Handler):
    def get(self) -> None:
        self.world.counts["users"] += 1
        newest_first = self.get_query_argument("sort", "") == "-last_activity"
        self.page(self.world.users[::-1] if newest_first else self.world.users)


class User(Handler):
    def get(self, name: str) -> None:
        self.world.counts["user"] += 1
        found = [user for user in self.world.users if user["name"] == unquote(name)]
        self.set_status(200 if found else 404)
        self.finish(found[0] if found else {"message": "no such user"})


class Shares(Handler):
    def get(self, owner: str) -> None:
        self.world.counts["shares"] += 1
        of_owner = self.world.shares.get(unquote(owner), {})
        self.page([_share(server, user, at) for (server, user), at in of_owner.items()])


class Share(Handler):
    def post(self, owner: str, name: str) -> None:
        self.world.counts["create"] += 1
        server, user = f"{unquote(owner)}/{unquote(name)}", json.loads(self.request.body)["user"]
        of_owner = self.world.shares.setdefault(unquote(owner), {})
        now = datetime.now(timezone.utc).isoformat(timespec="microseconds")
        at = of_owner.setdefault((server, user), now.replace("+00:00", "Z"))
        self.finish(_share(server, user, at))

    def patch(self, owner: str, name: str) -> None:
        self.world.counts["revoke"] += 1
        server, user = f"{unquote(owner)}/{unquote(name)}", json.loads(self.request.body)["user"]
        self.world.shares.get(unquote(owner), {}).pop((server, user), None)
        self.finish("{}")


class Counts(Handler):
    def get(self) -> None:
        self.finish(dict(self.world.counts))
        self.world.counts.clear()


class News(Handler):
    def post(self) -> None:
        self.finish(self.world.make_news())


def _share(server: str, user: str, created_at: str) -> dict:
    owner, _, name = server.partition("/")
    return {
        "server": {"user": {"name": owner}, "name": name, "url": "", "ready": True},
        "scopes": [f"access:servers!server={server}"],
        "user": {"name": user},
        "group": None,
        "kind": "user",
        "created_at": created_at,
    }


async def main() -> None:
    world = {"world": World(*map(int, sys.argv[1:3]))}
    application = Application(
        [
            ("/hub/api/", Root, world),
            ("/hub/api/user", Self, world),
            ("/hub/api/users", Users, world),
            ("/hub/api/users/([^/]+)", User, world),
            ("/hub/api/shares/([^/]+)", Shares, world),
            ("/hub/api/shares/([^/]+)/([^/]+)", Share, world),
            ("/counts", Counts, world),
            ("/news", News, world),
        ],
        log_function=lambda _: None,
    )
    server = application.listen(0, "127.0.0.1")
    print(next(iter(server._sockets.values())).getsockname()[1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
