"""The part of the Hub's REST API that the reconciler needs, read strictly.

Everything this module returns is a whole and checked answer of a JupyterHub; anything less raises.
Requests go out one at a time, with pauses, so that the Hub keeps most of its time for people.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from packaging.version import Version
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest, HTTPResponse
from tornado.httputil import HTTPHeaders

OLDEST_HUB = Version("5.5.1")
"""Shares came with JupyterHub 5.0; 5.5.1 fixes a security advisory on them."""

NEEDED_SCOPES = ("list:users", "read:users:groups", "read:servers", "shares")

PAGED = "application/jupyterhub-pagination+json"
"""Asks for pages with their total (jupyterhub.apihandlers.base.PAGINATION_MEDIA_TYPE)."""

LIST_ATTEMPTS = 4
"""How often a list that changes while it is being read is begun again."""

RECENT_PAGES = 5
"""How many pages of the users who were active last are a quick look."""

MAX_ANSWER_BYTES = 64 * 1024 * 1024

Item = TypeVar("Item")


class HubError(Exception):
    """The Hub did not give what was asked; the text says what and is fit for a log."""


class HubUnavailable(HubError):
    """No whole answer of a Hub: whether a change was made is unknown. Try again later."""

    def __init__(self, message: str, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class HubRefused(HubError):
    """The Hub understood, and refused (4xx): nothing was changed."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class HubUnfit(HubError):
    """This Hub, or what this service may do there, will not do: somebody must change it."""


@dataclass(frozen=True, slots=True)
class Server:
    """What a plan needs to know of a server. ``started``, the Hub's text, is new at each start."""

    tags: tuple[str, ...]
    started: str | None = None


@dataclass(frozen=True, slots=True)
class User:
    """What a plan needs to know of a user; ``servers`` by name, the default one is ``""``."""

    name: str
    groups: tuple[str, ...]
    servers: dict[str, Server]


@dataclass(frozen=True, slots=True)
class Share:
    """A share of ``server`` (``owner/name``) with one user, as the Hub has it.

    ``created_at`` is the Hub's own text, to the microsecond: it tells a share from one that was
    made later for the same server and user, and nothing changes it.
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
class Listing:
    """All user shares of one owner's servers, and the Hub's clock at some time before."""

    shares: tuple[Share, ...]
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class _Page:
    """A part of a list, and how many items the whole list has."""

    items: list[Any]
    total: int
    is_last: bool


class HubClient:
    """Talks to the Hub at ``api_url`` (``…/hub/api``) with ``token``.

    ``page_size`` is how many users one answer may hold; the Hub caps it at its own
    ``api_page_max_limit``. ``hub_share`` is the most of the Hub's time to take, from 0 to 1.
    """

    def __init__(
        self,
        api_url: str,
        token: str,
        *,
        page_size: int = 200,
        hub_share: float = 0.25,
        timeout_s: float = 30.0,
    ) -> None:
        self._api_url = api_url.rstrip("/")
        self._token = token
        self._page_size = page_size
        self._pause_per_s = 1.0 / hub_share - 1.0
        self._timeout_s = timeout_s
        self._http = AsyncHTTPClient(force_instance=True, max_body_size=MAX_ANSWER_BYTES)
        self.requests = 0
        """How many requests were sent so far."""
        self.hub_time: datetime | None = None
        """The Hub's clock in its last answer, to the second."""

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    async def check(self) -> str:
        """Return the Hub's version; raise HubUnfit when it or our scopes will not do."""
        version = str(_field(await self._json("GET", "/"), "version", str))
        if Version(version) < OLDEST_HUB:
            raise HubUnfit(
                f"This is JupyterHub {version}. Grants need {OLDEST_HUB} or newer, where shares "
                "between users are safe: upgrade the Hub, or remove the grants service."
            )
        held = _field(await self._json("GET", "/user"), "scopes", list)
        missing = [scope for scope in NEEDED_SCOPES if scope not in held]
        if missing:
            raise HubUnfit(
                f"The grants service lacks the scopes {', '.join(missing)}. Give it a role with "
                f"{', '.join(NEEDED_SCOPES)} (jupyterlab_scoped_launcher.grants.hub.role_entry)."
            )
        return version

    async def users(self, between: Callable[[], Awaitable[None]] | None = None) -> list[User]:
        """Return every user with groups and servers, stopped servers too.

        ``between`` is awaited after each page: a large Hub's list takes a while.
        """
        query = {"include_stopped_servers": "1"}
        return await self._pages("/users", query, _user, _name_of, between)

    async def recent_users(self) -> list[User]:
        """Return the users who were active last, as many as RECENT_PAGES hold; as `users` else."""
        query = {"include_stopped_servers": "1", "sort": "-last_activity"}
        found: dict[str, User] = {}
        offset = 0
        for _ in range(RECENT_PAGES):
            page = await self._page("/users", query, offset)
            found.update((user.name, user) for user in map(_user, page.items))
            offset += len(page.items)
            if page.is_last:
                break
        return list(found.values())

    async def user(self, name: str) -> User | None:
        """Return one user, or None when the Hub has no such user."""
        try:
            model = await self._json("GET", f"/users/{_part(name)}?include_stopped_servers=1")
        except HubRefused as refused:
            if refused.status == 404:
                return None
            raise
        return _user(model)

    async def shares(self, owner: str) -> Listing:
        """Return the shares of all servers of ``owner`` with single users; none if there is no
        such owner."""
        asked_at = self.hub_time or datetime.now(timezone.utc)
        try:
            found = await self._pages(f"/shares/{_part(owner)}", {}, _share, _key_of_share)
        except HubRefused as refused:
            if refused.status != 404:
                raise
            found = []
        return Listing(tuple(share for share in found if share is not None), asked_at)

    async def create(self, server: str, user: str) -> Share:
        """Share ``server`` with ``user``, and return the share.

        The Hub answers the same when it was shared already: the share then is older than this call.
        """
        model = await self._json("POST", _shares_of(server), {"user": user})
        share = _share(model)
        if share is None or (share.server, share.user) != (server, user):
            raise HubUnavailable("The Hub answered a new share with something else.")
        return share

    async def revoke(self, server: str, user: str) -> None:
        """End the share of ``server`` with ``user``; no error when there is none."""
        try:
            await self._json("PATCH", _shares_of(server), {"user": user})
        except HubRefused as refused:
            if refused.status != 404:
                raise

    async def _pages(
        self,
        path: str,
        query: dict[str, str],
        read: Callable[[Any], Item],
        key: Callable[[Any], Hashable],
        between: Callable[[], Awaitable[None]] | None = None,
    ) -> list[Item]:
        """Return a whole list, page by page.

        The Hub's pages are cut by offset, so an item that goes while we read moves the later ones
        up, past us. So each page begins with the last item of the one before, and when that is
        not what comes, the list is begun again.
        """
        for _ in range(LIST_ATTEMPTS):
            found = await self._pages_once(path, query, read, key, between)
            if found is not None:
                return found
        raise HubUnavailable(f"GET {path} changed {LIST_ATTEMPTS} times while being read.")

    async def _pages_once(
        self,
        path: str,
        query: dict[str, str],
        read: Callable[[Any], Item],
        key: Callable[[Any], Hashable],
        between: Callable[[], Awaitable[None]] | None,
    ) -> list[Item] | None:
        """As `_pages`; None when the list changed while it was read."""
        found: list[Item] = []
        seen: set[Hashable] = set()
        last: Hashable = None
        while True:
            page = await self._page(path, query, max(len(found) - 1, 0))
            items = page.items
            if found:
                if not items or key(items[0]) != last:
                    return None
                del items[0]
            for item in items:
                last = key(item)
                seen.add(last)
                found.append(read(item))
            if len(found) >= page.total:
                return found if len(seen) == len(found) == page.total else None
            if between is not None:
                await between()

    async def _page(self, path: str, query: dict[str, str], offset: int) -> _Page:
        """Return the page of a list that begins at ``offset``, and is as long as it says."""
        asked = urlencode({**query, "offset": offset, "limit": max(self._page_size, 2)})
        answer = await self._json("GET", f"{path}?{asked}")
        items = _field(answer, "items", list)
        place = _field(answer, "_pagination", dict)
        total = int(_field(place, "total", int))
        limit = int(_field(place, "limit", int))
        if _field(place, "offset", int) != offset or limit < 2:
            raise HubUnavailable(f"GET {path} answered another page than was asked for.")
        if len(items) != min(limit, max(total - offset, 0)):
            raise HubUnavailable(
                f"GET {path} answered {len(items)} of {total} items from {offset} on, "
                f"in pages of {limit}."
            )
        return _Page(items, total, is_last=offset + len(items) >= total)

    async def _json(self, method: str, path: str, body: Any = None) -> Any:
        """Return the Hub's answer from JSON; then pause for the Hub's sake."""
        began = time.monotonic()
        self.requests += 1
        try:
            answer = await self._http.fetch(
                HTTPRequest(
                    self._api_url + path,
                    method=method,
                    headers={"Authorization": f"token {self._token}", "Accept": PAGED},
                    body=None if body is None else json.dumps(body),
                    connect_timeout=self._timeout_s,
                    request_timeout=self._timeout_s,
                    follow_redirects=False,
                ),
                raise_error=False,
            )
        except (HTTPClientError, OSError) as error:
            raise HubUnavailable(f"{method} {path}: {error}") from None
        await asyncio.sleep((time.monotonic() - began) * self._pause_per_s)
        what = f"{method} {_without_query(path)}"
        _refuse_others(answer, what)
        self.hub_time = _date(answer.headers) or self.hub_time
        if answer.code >= 400:
            raise HubRefused(answer.code, f"{what}: {answer.code} {_message(answer.body)}")
        try:
            return json.loads(answer.body)
        except ValueError:
            raise HubUnavailable(f"{what}: the Hub's answer is not JSON.") from None


def _refuse_others(answer: HTTPResponse, what: str) -> None:
    """Raise HubUnavailable unless this is a Hub's own answer and no failure of its own."""
    if answer.code >= 500 or answer.code in (408, 425, 429, 599):
        raise HubUnavailable(f"{what}: {answer.code} {answer.reason}", _retry_after(answer.headers))
    if "X-JupyterHub-Version" not in answer.headers:
        raise HubUnavailable(f"{what}: {answer.code} did not come from a JupyterHub.")
    if answer.code in (401, 403):
        # A Hub that cannot read its database answers 403 "Missing or invalid credentials" to
        # everybody (seen with 6.1.1), so this may pass: never a reason to think nothing is there.
        raise HubUnavailable(f"{what}: {answer.code} {_message(answer.body)}")
    if 300 <= answer.code < 400:
        raise HubUnavailable(f"{what}: {answer.code} points elsewhere.")


def _user(model: Any) -> User:
    """Check a user model; raise HubUnavailable when a part that a plan needs is missing."""
    groups = _field(model, "groups", list)
    servers = _field(model, "servers", dict)
    if not all(isinstance(group, str) for group in groups):
        raise HubUnavailable("A user's groups are not names.")
    return User(
        _name_of(model), tuple(groups), {name: _server(server) for name, server in servers.items()}
    )


def _server(model: Any) -> Server:
    """Check a server model. ``user_options.tags`` that is no list of names means no tags."""
    options = _field(model, "user_options", (dict, type(None)))
    tags = (options or {}).get("tags")
    if not isinstance(tags, list):
        tags = []
    return Server(
        tuple(tag for tag in tags if isinstance(tag, str)),
        _field(model, "started", (str, type(None))),
    )


def _share(model: Any) -> Share | None:
    """Check a share model; None for a share with a group, which is never ours."""
    server = _field(model, "server", dict)
    owner = _field(_field(server, "user", dict), "name", str)
    if _field(model, "kind", str) == "group":
        return None
    share = Share(
        server=f"{owner}/{_field(server, 'name', str)}",
        user=str(_field(_field(model, "user", dict), "name", str)),
        created_at=str(_field(model, "created_at", str)),
        scopes=tuple(map(str, _field(model, "scopes", list))),
    )
    try:
        share.created.utctimetuple()
    except ValueError:
        raise HubUnavailable("A share's created_at is not a time.") from None
    return share


def _name_of(model: Any) -> str:
    return str(_field(model, "name", str))


def _key_of_share(model: Any) -> Hashable:
    """What tells one share of a list from the others, group shares too."""
    group = model.get("group") if isinstance(model, dict) else None
    share = _share(model)
    return share or json.dumps([model["server"]["name"], group])


def _field(model: Any, name: str, kind: Any) -> Any:
    """Return ``model[name]``; raise HubUnavailable when it is missing or of another type."""
    if not isinstance(model, dict) or not isinstance(model.get(name), kind) or name not in model:
        raise HubUnavailable(f"The Hub's answer lacks a proper {name!r}.")
    return model[name]


def _shares_of(server: str) -> str:
    owner, _, name = server.partition("/")
    return f"/shares/{_part(owner)}/{_part(name)}"


def _part(text: str) -> str:
    return quote(text, safe="")


def _without_query(path: str) -> str:
    return path.partition("?")[0]


def _message(body: bytes) -> str:
    """Return the Hub's own message of an error answer, short."""
    try:
        return str(json.loads(body).get("message") or "")[:200]
    except (ValueError, AttributeError):
        return ""


def _date(headers: HTTPHeaders) -> datetime | None:
    try:
        return parsedate_to_datetime(headers["Date"])
    except (KeyError, ValueError):
        return None


def _retry_after(headers: HTTPHeaders) -> float:
    try:
        return max(0.0, float(headers.get("Retry-After", "0")))
    except ValueError:
        return 0.0
