"""What should change at the Hub, by the engine's ``grants`` and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from enum import Enum
from typing import TYPE_CHECKING

from .hub_client import User
from .records import Row

if TYPE_CHECKING:
    from jupyterlab_scoped_launcher._core import Policy

LONG_AGO = datetime(1970, 1, 1, tzinfo=timezone.utc)


class PlanError(Exception):
    """The engine cannot plan this policy's grants; the text says why."""


class Cause(str, Enum):
    """Why a share is wanted no more; the value is for the log."""

    GRANT_GONE = "the policy has no such grant any more"
    EXPIRED = "the grant's time is over"
    SERVER_GONE = "the server was removed"
    USER_GONE = "the user was removed"
    NO_MATCH = "the grant no longer covers this user or server"

    @property
    def from_policy(self) -> bool:
        """Whether the policy alone says so, whatever the Hub's lists say."""
        return self in (Cause.GRANT_GONE, Cause.EXPIRED)


@dataclass(frozen=True, slots=True)
class Wish:
    """A share that the policy wants, and the grant that wants it."""

    server: str
    user: str
    grant: str

    @property
    def owner(self) -> str:
        """Return the name of the server's owner."""
        return self.server.partition("/")[0]


@dataclass(frozen=True)
class Plan:
    """The difference between what is wanted and what we hold."""

    create: list[Wish] = field(default_factory=list)
    revoke: list[tuple[Row, Cause]] = field(default_factory=list)
    relabel: list[Row] = field(default_factory=list)
    """Rows of a grant that was renamed: nothing changes at the Hub."""


class Planner:
    """Plans for one reading of the Hub's users."""

    def __init__(self, policy: Policy, users: Iterable[User], now: datetime) -> None:
        self._policy = policy
        self._now = now
        self._users = {user.name: user for user in users}
        self._grants = {
            grant["id"]: grant for grant in json.loads(policy.document()).get("grants") or []
        }

    def plan(self, held: Sequence[Row], foreign: Iterable[Row]) -> Plan:
        """Plan for ``held`` rows; nothing is created where a person's share (``foreign``) is."""
        users = list(self._users.values())
        wanted, unwanted = self._ask(users, held, self._now)
        taken = {(row.server, row.user) for row in foreign}
        rows = {(row.server, row.user): row for row in held}
        renamed = [
            pair
            for pair, row in rows.items()
            if row.grant not in self._grants and pair not in unwanted
        ]
        labels, _ = self._ask(users, [], self._now) if renamed else ({}, set())
        return Plan(
            create=[
                Wish(server, user, grant)
                for (server, user), grant in wanted.items()
                if (server, user) not in taken
                and (server, user) not in rows
                and _may_be_shared(server, user)
            ],
            revoke=self._causes([row for pair, row in rows.items() if pair in unwanted]),
            relabel=[replace(rows[pair], grant=labels[pair]) for pair in renamed],
        )

    def still_unwanted(self, rows: Sequence[Row], fresh: dict[str, User | None]) -> list[Row]:
        """Return those of ``rows`` that are unwanted after another look at the users that matter.

        ``fresh`` has every user and owner of ``rows``, read again one by one (None: gone).
        """
        users = [user for user in fresh.values() if user is not None]
        _, unwanted = self._ask(users, rows, self._now)
        return [row for row in rows if (row.server, row.user) in unwanted]

    def _ask(
        self, users: Sequence[User], held: Iterable[Row], now: datetime
    ) -> tuple[dict[tuple[str, str], str], set[tuple[str, str]]]:
        """Return what the engine would create (with its grant) and revoke."""
        try:
            text = self._policy.grants(
                json.dumps([_model(user) for user in users]),
                json.dumps([{"server": r.server, "user": r.user, "grant": r.grant} for r in held]),
                now.isoformat(),
            )
        except ValueError as error:
            raise PlanError(str(error)) from None
        answer = json.loads(text)
        return (
            {(item["server"], item["user"]): item["grant"] for item in answer["create"]},
            {(item["server"], item["user"]) for item in answer["revoke"]},
        )

    def _causes(self, rows: list[Row]) -> list[tuple[Row, Cause]]:
        over = self._expired(rows)
        return [(row, self._cause(row, over)) for row in rows]

    def _cause(self, row: Row, over: set[Row]) -> Cause:
        owner = self._users.get(row.owner)
        if row.grant not in self._grants:
            return Cause.GRANT_GONE
        if owner is None or row.server.partition("/")[2] not in owner.servers:
            return Cause.SERVER_GONE
        if row.user not in self._users:
            return Cause.USER_GONE
        return Cause.EXPIRED if row in over else Cause.NO_MATCH

    def _expired(self, rows: list[Row]) -> set[Row]:
        """Return the rows that were wanted in the time of their grant, and are so no more."""
        over: set[Row] = set()
        for grant_id in {row.grant for row in rows}:
            grant = self._grants.get(grant_id, {})
            if "until" not in grant:
                continue
            of_grant = [row for row in rows if row.grant == grant_id]
            earlier = max(row.changed_at for row in of_grant) if "from" in grant else LONG_AGO
            _, unwanted = self._ask(list(self._users.values()), of_grant, earlier)
            over |= {row for row in of_grant if (row.server, row.user) not in unwanted}
        return over


def _may_be_shared(server: str, user: str) -> bool:
    """Never a default server, never with its owner: the engine says so too, and this is the last
    door before the Hub, which would share both."""
    owner, _, name = server.partition("/")
    return bool(owner) and bool(name) and owner != user


def _model(user: User) -> dict[str, object]:
    """Return the parts of a Hub's user model that the engine reads."""
    return {
        "name": user.name,
        "groups": user.groups,
        "servers": {
            name: {"name": name, "user_options": {"tags": server.tags}}
            for name, server in user.servers.items()
        },
    }
