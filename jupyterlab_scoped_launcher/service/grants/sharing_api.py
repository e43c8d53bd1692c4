"""The users and shares of a Hub: what the grants need to read and change there.

Each method returns a whole and checked answer, or raises a `HubError`. Requests are sent one at a
time, with pauses, so that the Hub keeps most of its time for people.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ...hub_api import (
    GRANTS_SCOPES,
    PAGE_SIZE,
    SAFE_SHARES_HUB_VERSION,
    HubClient,
    HubIncompatible,
    HubRefused,
    has_safe_shares,
    malformed_response,
    name_of,
    quote_segment,
    require_full,
    required_field,
)

RECENT_PAGES = 5
"""How many pages `SharingApi.recent_users` reads."""

TIMEOUT_S = 30.0
MAX_ANSWER_BYTES = 64 * 1024 * 1024

USERS_QUERY = {"include_stopped_servers": "1"}


@dataclass(frozen=True, slots=True)
class HubServer:
    """What a plan needs to know of a server. ``started``, the Hub's text, is new at each start."""

    tags: tuple[str, ...]
    started: str | None = None


@dataclass(frozen=True, slots=True)
class HubUser:
    """What a plan needs to know of a user; ``servers`` by name, the default one is ``""``."""

    name: str
    groups: tuple[str, ...]
    servers: dict[str, HubServer]


@dataclass(frozen=True, slots=True)
class HubShare:
    """A share of ``server`` (``owner/name``) with one user, as the Hub has it.

    ``created_at`` is the Hub's own text, with microseconds. Nothing changes it, so it distinguishes
    a share from one that is created later for the same server and user.
    """

    server: str
    user: str
    created_at: str
    scopes: tuple[str, ...]

    @property
    def created(self) -> datetime:
        """Return ``created_at`` as a time. The Hub writes UTC with a ``Z``."""
        return datetime.fromisoformat(self.created_at.replace("Z", "+00:00"))


@dataclass(frozen=True, slots=True)
class OwnerShares:
    """All user shares of one owner's servers, and the Hub's clock at some time before."""

    shares: tuple[HubShare, ...]
    asked_at: datetime


class SharingApi:
    """Reads users and shares, and changes shares, at the Hub at ``api_url`` with ``token``.

    ``page_size`` is how many users one answer may have; the Hub caps it at its own
    ``api_page_max_limit``. ``hub_share`` is the largest part of the Hub's time to use, from 0 to 1.
    """

    def __init__(
        self, api_url: str, token: str, *, page_size: int = PAGE_SIZE, hub_share: float = 0.25
    ) -> None:
        self._page_size = page_size
        self._client = HubClient(
            api_url,
            token,
            timeout_s=TIMEOUT_S,
            max_answer_bytes=MAX_ANSWER_BYTES,
            hub_share=hub_share,
        )

    @property
    def request_count(self) -> int:
        """How many requests were sent."""
        return self._client.request_count

    @property
    def hub_time(self) -> datetime:
        """The Hub's clock in its last answer; this machine's before the first answer."""
        return self._client.hub_time or datetime.now(timezone.utc)

    @contextmanager
    def in_a_hurry(self) -> Iterator[None]:
        """Make no pauses between the requests of the block, which are few."""
        hub_share, self._client.hub_share = self._client.hub_share, 1.0
        try:
            yield
        finally:
            self._client.hub_share = hub_share

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    async def check(self) -> str:
        """Return the Hub's version; raise `HubIncompatible` if it or our scopes do not suffice."""
        version = str(required_field(await self._client.get("/"), "version", str))
        if not has_safe_shares(version):
            raise HubIncompatible(
                f"This is JupyterHub {version}. Grants need {SAFE_SHARES_HUB_VERSION} or newer, "
                "which fixes the checks of shares: upgrade the Hub, or remove the grants."
            )
        held = required_field(await self._client.get("/user"), "scopes", list)
        missing = [scope for scope in GRANTS_SCOPES if scope not in held]
        if missing:
            raise HubIncompatible(
                f"The Hub service lacks the scopes {', '.join(missing)}. Give it a role with "
                f"{', '.join(GRANTS_SCOPES)} (jupyterlab_scoped_launcher.service.role_entry)."
            )
        return version

    async def users(self, after_page: Callable[[], Awaitable[None]] | None = None) -> list[HubUser]:
        """Return every user with groups and servers, stopped servers too.

        ``after_page`` is awaited between pages: the list of a large Hub takes a while.
        """
        return await self._client.whole_list(
            "/users",
            USERS_QUERY,
            parse=_parse_user,
            page_size=self._page_size,
            after_page=after_page,
        )

    async def recent_users(self) -> list[HubUser]:
        """Return the users who were active last, as many as RECENT_PAGES pages have."""
        query = {**USERS_QUERY, "sort": "-last_activity"}
        found: dict[str, HubUser] = {}
        offset = 0
        for _ in range(RECENT_PAGES):
            page = await self._client.page("/users", query, offset=offset, limit=self._page_size)
            require_full(page, "/users")
            found.update((user.name, user) for user in map(_parse_user, page.items))
            if page.next_offset is None:
                break
            offset = page.next_offset
        return list(found.values())

    async def user(self, name: str) -> HubUser | None:
        """Return one user, or None when the Hub has no such user."""
        try:
            model = await self._client.get(f"/users/{quote_segment(name)}", USERS_QUERY)
        except HubRefused as refused:
            if refused.status == 404:
                return None
            raise
        return _parse_user(model)

    async def shares_of(self, owner: str) -> OwnerShares:
        """Return the shares of all servers of ``owner`` with single users.

        There are none if the Hub has no such owner.
        """
        asked_at = self.hub_time
        try:
            found = await self._client.whole_list(
                f"/shares/{quote_segment(owner)}",
                parse=_parse_share,
                key=_key_of_share,
                page_size=self._page_size,
            )
        except HubRefused as refused:
            if refused.status != 404:
                raise
            found = []
        return OwnerShares(tuple(share for share in found if share is not None), asked_at)

    async def create(self, server: str, user: str) -> HubShare:
        """Share ``server`` with ``user``, and return the share.

        If it was shared already, the Hub returns that share: it is older than this request.
        """
        path = _shares_path(server)
        model = await self._client.request("POST", path, body={"user": user})
        share = _parse_share(model)
        if share is None or (share.server, share.user) != (server, user):
            raise malformed_response(f"POST {path}", "answered with another share")
        return share

    async def revoke(self, server: str, user: str) -> None:
        """End the share of ``server`` with ``user``. It is no error when there is none."""
        try:
            await self._client.request("PATCH", _shares_path(server), body={"user": user})
        except HubRefused as refused:
            if refused.status != 404:
                raise


def _parse_user(model: Any) -> HubUser:
    """Check a user model; raise `HubUnavailable` when a part that a plan needs is missing."""
    groups = required_field(model, "groups", list)
    servers = required_field(model, "servers", dict)
    if not all(isinstance(group, str) for group in groups):
        raise malformed_response("a user model", "has groups that are not names")
    parsed = {name: _parse_server(server) for name, server in servers.items()}
    return HubUser(name_of(model), tuple(groups), parsed)


def _parse_server(model: Any) -> HubServer:
    """Check a server model. ``user_options.tags`` that is no list of names means no tags."""
    options = required_field(model, "user_options", (dict, type(None)))
    tags = (options or {}).get("tags")
    if not isinstance(tags, list):
        tags = []
    return HubServer(
        tuple(tag for tag in tags if isinstance(tag, str)),
        required_field(model, "started", (str, type(None))),
    )


def _parse_share(model: Any) -> HubShare | None:
    """Check a share model. Return None for a share with a group: this service creates none."""
    server = required_field(model, "server", dict)
    owner = required_field(required_field(server, "user", dict), "name", str)
    if required_field(model, "kind", str) == "group":
        return None
    share = HubShare(
        server=f"{owner}/{required_field(server, 'name', str)}",
        user=name_of(required_field(model, "user", dict)),
        created_at=str(required_field(model, "created_at", str)),
        scopes=tuple(map(str, required_field(model, "scopes", list))),
    )
    try:
        share.created.utctimetuple()
    except ValueError:
        raise malformed_response("a share", "has a created_at that is not a time") from None
    return share


def _key_of_share(model: Any) -> Hashable:
    """Return what identifies a share in a list; shares with groups are in it too."""
    group = model.get("group") if isinstance(model, dict) else None
    share = _parse_share(model)
    return share or json.dumps([model["server"]["name"], group])


def _shares_path(server: str) -> str:
    owner, _, name = server.partition("/")
    return f"/shares/{quote_segment(owner)}/{quote_segment(name)}"
