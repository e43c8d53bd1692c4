"""Changes groups at the Hub, with the token of the person who decides.

The Hub checks that person's scope ``groups!group=…`` itself, so the service needs no right to
change groups.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ...hub_api import HubClient, HubError, HubRefused, TokenRejected, quote_segment

BATCH = 50
"""How many users one request to the Hub names."""

Failure = Literal["unknown", "refused", "no_right", "unavailable", "no_record", "not_recorded"]


class NoSuchGroup(Exception):
    """The Hub has no group of this name."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one user; ``failure`` is None if the Hub did it.

    ``unknown``: the Hub knows no such user. ``no_right``: it does not let this person change the
    group. ``refused``: for another reason. ``unavailable``: it could not be asked. ``no_record``:
    it was not asked, because the database could not have recorded it. ``not_recorded``: the Hub did
    it, and the database could not record it.
    """

    user: str
    failure: Failure | None = None


class Memberships:
    """Reads and changes the members of groups with other people's tokens."""

    def __init__(self, client: HubClient) -> None:
        self._client = client

    async def members(self, group: str, token: str) -> list[str]:
        """Return the members, sorted. Raises `NoSuchGroup`, or `HubError`."""
        try:
            model = await self._client.get(f"/groups/{quote_segment(group)}", token=token)
        except HubRefused as error:
            if error.status == 404:
                raise NoSuchGroup from None
            raise
        return sorted(str(name) for name in model.get("users", []))

    async def groups(self, token: str, limit: int) -> list[dict[str, Any]]:
        """Return the first groups that the token may list, as the Hub models them."""
        page = await self._client.page("/groups", offset=0, limit=limit, token=token)
        return page.items

    async def change(
        self,
        group: str,
        users: Sequence[str],
        token: str,
        *,
        add: bool,
        before: Callable[[], None] = lambda: None,
    ) -> AsyncIterator[list[Outcome]]:
        """Add users to the group, or remove them; yield what came of each, in batches.

        A member who is added, or a stranger who is removed, is no failure. ``before`` is called
        before each batch, and ends the changes by raising.
        """
        for begin in range(0, len(users), BATCH):
            before()
            yield await self._change_batch(group, users[begin : begin + BATCH], token, add=add)

    async def _change_batch(
        self, group: str, users: Sequence[str], token: str, *, add: bool
    ) -> list[Outcome]:
        """Change all of ``users`` or none; where the Hub refuses, halve them to find for whom."""
        path = f"/groups/{quote_segment(group)}/users"
        method = "POST" if add else "DELETE"
        try:
            await self._client.request(method, path, body={"users": list(users)}, token=token)
        except HubRefused as error:
            if error.status != 400 or len(users) == 1:
                failure: Failure = "unknown" if error.status == 400 else "refused"
                return [Outcome(user, failure) for user in users]
            middle = len(users) // 2
            first = await self._change_batch(group, users[:middle], token, add=add)
            return first + await self._change_batch(group, users[middle:], token, add=add)
        except TokenRejected:
            return [Outcome(user, "no_right") for user in users]
        except HubError:
            return [Outcome(user, "unavailable") for user in users]
        return [Outcome(user) for user in users]
