"""What should change at the Hub, as the engine's ``grants`` says."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from enum import Enum
from typing import TYPE_CHECKING, Any

from .sharing_api import HubUser
from .store import ShareRecord

if TYPE_CHECKING:
    from ..._core import Policy

BEFORE_ALL_GRANTS = datetime(1970, 1, 1, tzinfo=timezone.utc)


class PlanError(Exception):
    """The engine cannot plan this policy's grants; the text says why."""


class RevocationReason(str, Enum):
    """Why a share is no longer wanted. The value is for the log."""

    GRANT_GONE = "the policy has no such grant any more"
    EXPIRED = "the grant's time is over"
    SERVER_GONE = "the server was removed"
    USER_GONE = "the user was removed"
    NO_MATCH = "the grant no longer covers this user or server"

    @property
    def from_policy(self) -> bool:
        """Whether this follows from the policy alone, whatever the Hub's lists have."""
        return self in (RevocationReason.GRANT_GONE, RevocationReason.EXPIRED)


@dataclass(frozen=True, slots=True)
class DesiredShare:
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
    """The difference between the shares that the policy wants and those that we hold."""

    create: list[DesiredShare] = field(default_factory=list)
    revoke: list[tuple[ShareRecord, RevocationReason]] = field(default_factory=list)
    relabel: list[ShareRecord] = field(default_factory=list)
    """Records of a grant that was renamed: nothing changes at the Hub."""


class Planner:
    """Plans for one list of the Hub's users."""

    def __init__(self, policy: Policy, users: Iterable[HubUser], now: datetime) -> None:
        self._policy = policy
        self._now = now
        self._users = {user.name: user for user in users}
        self._grants = {grant["id"]: grant for grant in policy_grants(policy)}

    def plan(self, held: Sequence[ShareRecord], foreign: Iterable[ShareRecord]) -> Plan:
        """Plan for ``held`` shares. Nothing is created where a person's share (``foreign``) is."""
        users = list(self._users.values())
        wanted, unwanted = self._ask_engine(users, held, self._now)
        taken = {(record.server, record.user) for record in foreign}
        records = {(record.server, record.user): record for record in held}
        renamed = [
            pair
            for pair, record in records.items()
            if record.grant not in self._grants and pair not in unwanted
        ]
        labels, _ = self._ask_engine(users, [], self._now) if renamed else ({}, set())
        return Plan(
            create=[
                DesiredShare(server, user, grant)
                for (server, user), grant in wanted.items()
                if (server, user) not in taken
                and (server, user) not in records
                and _may_be_shared(server, user)
            ],
            revoke=self._with_reasons(
                [record for pair, record in records.items() if pair in unwanted]
            ),
            relabel=[replace(records[pair], grant=labels[pair]) for pair in renamed],
        )

    def still_unwanted(
        self, records: Sequence[ShareRecord], users: dict[str, HubUser | None]
    ) -> list[ShareRecord]:
        """Return those of ``records`` that are still unwanted after the users were read again.

        ``users`` has every user and owner of ``records`` as read again (None: gone).
        """
        present = [user for user in users.values() if user is not None]
        _, unwanted = self._ask_engine(present, records, self._now)
        return [record for record in records if (record.server, record.user) in unwanted]

    def _ask_engine(
        self, users: Sequence[HubUser], held: Iterable[ShareRecord], now: datetime
    ) -> tuple[dict[tuple[str, str], str], set[tuple[str, str]]]:
        """Return what the engine would create (with its grant) and revoke."""
        try:
            text = self._policy.grants(
                json.dumps([_user_model(user) for user in users]),
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

    def _with_reasons(
        self, records: list[ShareRecord]
    ) -> list[tuple[ShareRecord, RevocationReason]]:
        expired = self._expired(records)
        return [(record, self._reason(record, expired)) for record in records]

    def _reason(self, record: ShareRecord, expired: set[ShareRecord]) -> RevocationReason:
        owner = self._users.get(record.owner)
        if record.grant not in self._grants:
            return RevocationReason.GRANT_GONE
        if owner is None or record.server.partition("/")[2] not in owner.servers:
            return RevocationReason.SERVER_GONE
        if record.user not in self._users:
            return RevocationReason.USER_GONE
        return RevocationReason.EXPIRED if record in expired else RevocationReason.NO_MATCH

    def _expired(self, records: list[ShareRecord]) -> set[ShareRecord]:
        """Return the records that were wanted while their grant was in force."""
        expired: set[ShareRecord] = set()
        for grant_id in {record.grant for record in records}:
            grant = self._grants.get(grant_id, {})
            if "until" not in grant:
                continue
            of_grant = [record for record in records if record.grant == grant_id]
            if "from" in grant:
                earlier = max(record.changed_at for record in of_grant)
            else:
                earlier = BEFORE_ALL_GRANTS
            _, unwanted = self._ask_engine(list(self._users.values()), of_grant, earlier)
            expired |= {r for r in of_grant if (r.server, r.user) not in unwanted}
        return expired


def policy_grants(policy: Policy) -> list[dict[str, Any]]:
    """Return the grants of a policy, as written there."""
    grants: list[dict[str, Any]] = json.loads(policy.document()).get("grants") or []
    return grants


def _may_be_shared(server: str, user: str) -> bool:
    """Return whether this is neither a default server nor the user's own.

    The engine plans neither. This checks it once more, since the Hub would share both.
    """
    owner, _, name = server.partition("/")
    return bool(owner) and bool(name) and owner != user


def _user_model(user: HubUser) -> dict[str, object]:
    """Return the parts of a Hub's user model that the engine reads."""
    return {
        "name": user.name,
        "groups": user.groups,
        "servers": {
            name: {"name": name, "user_options": {"tags": server.tags}}
            for name, server in user.servers.items()
        },
    }
