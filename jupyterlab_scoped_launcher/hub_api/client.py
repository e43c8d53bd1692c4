"""Sends requests to the Hub, and reads its answers and lists.

A request is bounded in time and in size, is never redirected (a redirect would carry the token to
another place), and either returns the whole JSON answer of a JupyterHub or raises a `HubError`.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlencode

from .errors import HubRefused, HubUnavailable, TokenRejected, malformed_response
from .models import name_of, opened_by, required_field
from .tls import TlsFiles, ssl_context_for

if TYPE_CHECKING:
    from tornado.httpclient import HTTPRequest, HTTPResponse
    from tornado.httputil import HTTPHeaders
    from tornado.simple_httpclient import SimpleAsyncHTTPClient

REQUEST_TIMEOUT_S = 5.0
MAX_ANSWER_BYTES = 4 * 1024 * 1024
MAX_CONNECTIONS = 32

PAGE_SIZE = 200
"""Items in one page. The Hub caps it at its own ``api_page_max_limit``, which is 200 by default."""

MAX_SHARE_PAGES = 5
"""Pages of a user's shares that are read."""

LIST_ATTEMPTS = 4
"""How often a list is read from the start when it changes while it is read."""

ACCEPT = "application/jupyterhub-pagination+json, application/json"
"""Asks for pages (``jupyterhub.apihandlers.base.PAGINATION_MEDIA_TYPE``)."""

VERSION_HEADER = "X-JupyterHub-Version"
"""Every answer of a JupyterHub has this header."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list. ``total`` is the length of the whole list."""

    items: list[Any]
    offset: int
    limit: int
    total: int

    @property
    def next_offset(self) -> int | None:
        """Return where the next page begins; None after the last one."""
        following = self.offset + self.limit
        return following if following < self.total else None


@dataclass(frozen=True, slots=True)
class SharedServers:
    """Servers as ``owner/name``; not ``complete`` when there are more than were read."""

    names: tuple[str, ...]
    complete: bool


class HubClient:
    """Sends requests to the Hub at ``api_url`` (``…/hub/api``).

    ``token`` is sent unless a request has its own. ``hub_share`` is the largest part of the Hub's
    time to use, from 0 to 1: the client pauses after each request. One request at a time must be
    sent for that to hold. ``tls`` is for a Hub with ``internal_ssl`` (default: what the Hub has put
    into the environment). Not ``requires_hub``: the answers may be those of a Hub's service.
    """

    def __init__(
        self,
        api_url: str,
        token: str = "",
        *,
        timeout_s: float = REQUEST_TIMEOUT_S,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
        hub_share: float = 1.0,
        tls: TlsFiles | None = None,
        requires_hub: bool = True,
    ) -> None:
        self._requires_hub = requires_hub
        self._api_url = api_url.rstrip("/")
        self._token = token
        self._timeout_s = timeout_s
        self._max_answer_bytes = max_answer_bytes
        self.hub_share = hub_share
        self._ssl_context = ssl_context_for(self._api_url, tls or TlsFiles())
        self._http: SimpleAsyncHTTPClient | None = None
        self.request_count = 0
        """How many requests were sent."""
        self.hub_time: datetime | None = None
        """The Hub's clock in its last answer, to the second."""

    def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            self._http.close()

    async def get(
        self, path: str, query: Mapping[str, Any] | None = None, *, token: str | None = None
    ) -> Any:
        """Return the parsed answer to ``GET {api_url}{path}``. Raises `HubError`."""
        return await self.request("GET", path, query, token=token)

    async def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        *,
        body: Any = None,
        token: str | None = None,
    ) -> Any:
        """Return the parsed answer to a request whose body is JSON. Raises `HubError`."""
        from tornado.httpclient import HTTPRequest

        what = f"{method} {self._api_url}{path}"
        request = HTTPRequest(
            self._api_url + path + (f"?{urlencode(query)}" if query else ""),
            method=method,
            headers={
                "Authorization": f"token {self._token if token is None else token}",
                "Accept": ACCEPT,
            },
            body=None if body is None else json.dumps(body),
            # The Hub reads the body of a DELETE.
            allow_nonstandard_methods=method == "DELETE",
            connect_timeout=self._timeout_s,
            request_timeout=self._timeout_s,
            follow_redirects=False,
            ssl_options=self._ssl_context,
        )
        began = time.monotonic()
        answer = await self._fetch(request, what)
        if pause_s := (time.monotonic() - began) * (1.0 / self.hub_share - 1.0):
            await asyncio.sleep(pause_s)
        _raise_for_status(answer, what, requires_hub=self._requires_hub)
        self.hub_time = _date(answer.headers) or self.hub_time
        if answer.code >= 400:
            message = f"{what} answered {answer.code}: {_message(answer.body)}"
            raise HubRefused(message, status=answer.code)
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError):
            raise malformed_response(what, "did not answer JSON") from None

    async def _fetch(self, request: HTTPRequest, what: str) -> HTTPResponse:
        from tornado.httpclient import HTTPClientError
        from tornado.simple_httpclient import HTTPTimeoutError, SimpleAsyncHTTPClient

        if self._http is None:  # made in the event loop that uses it
            self._http = SimpleAsyncHTTPClient(
                force_instance=True,
                max_clients=MAX_CONNECTIONS,
                max_body_size=self._max_answer_bytes,
            )
        self.request_count += 1
        try:
            return await self._http.fetch(request, raise_error=False)
        except HTTPTimeoutError:
            raise HubUnavailable(
                f"{what} did not answer within {self._timeout_s:g} s", "hub-timeout"
            ) from None
        except (HTTPClientError, OSError, ValueError) as error:
            raise HubUnavailable(f"{what} failed: {error}", "hub-unreachable") from None

    async def page(
        self,
        path: str,
        query: Mapping[str, Any] | None = None,
        *,
        offset: int,
        limit: int,
        token: str | None = None,
    ) -> Page:
        """Return the page of a list that begins at ``offset``."""
        asked = {**(query or {}), "offset": offset, "limit": limit}
        answer = await self.get(path, asked, token=token)
        place = required_field(answer, "_pagination", dict)
        page = Page(
            required_field(answer, "items", list),
            required_field(place, "offset", int),
            required_field(place, "limit", int),
            required_field(place, "total", int),
        )
        if page.offset != offset or page.limit < 1:
            raise malformed_response(f"GET {path}", "answered another page than was asked for")
        return page

    async def whole_list(
        self,
        path: str,
        query: Mapping[str, Any] | None = None,
        *,
        parse: Callable[[Any], Item] = lambda model: model,
        key: Callable[[Any], Hashable] | None = None,
        page_size: int = PAGE_SIZE,
        after_page: Callable[[], Awaitable[None]] | None = None,
    ) -> list[Item]:
        """Return a whole list, each item as ``parse`` returns it.

        The Hub cuts pages by offset, so an item that is removed meanwhile moves the later ones up,
        and one of them would be missed. So each page begins with the last item of the page before;
        if another item comes, the list is read again from the start. ``key`` identifies an item
        (default: its name). ``after_page`` is awaited between pages, since a long list takes time.
        """
        for _ in range(LIST_ATTEMPTS):
            found = await self._whole_list_once(
                path, query, parse, key or name_of, page_size, after_page
            )
            if found is not None:
                return found
        raise HubUnavailable(f"GET {path} changed {LIST_ATTEMPTS} times while it was read")

    async def _whole_list_once(
        self,
        path: str,
        query: Mapping[str, Any] | None,
        parse: Callable[[Any], Item],
        key: Callable[[Any], Hashable],
        page_size: int,
        after_page: Callable[[], Awaitable[None]] | None,
    ) -> list[Item] | None:
        """Do what `whole_list` does; return None if the list changed while it was read."""
        found: list[Item] = []
        seen: set[Hashable] = set()
        last: Hashable = None
        while True:
            offset = max(len(found) - 1, 0)
            page = await self.page(path, query, offset=offset, limit=max(page_size, 2))
            require_full(page, path)
            items = page.items
            if found:
                if not items or key(items[0]) != last:
                    return None
                items = items[1:]
            for item in items:
                last = key(item)
                seen.add(last)
                found.append(parse(item))
            if len(found) >= page.total:
                return found if len(seen) == len(found) == page.total else None
            if after_page is not None:
                await after_page()

    async def servers_shared_with(
        self,
        user: str,
        *,
        token: str | None = None,
        page_size: int = PAGE_SIZE,
        max_pages: int = MAX_SHARE_PAGES,
    ) -> SharedServers:
        """Return the servers that the user may open in a browser because of a share.

        The token needs ``read:users:shares``. `opened_by` says which shares count.
        """
        path = f"/users/{quote_segment(user)}/shared"
        servers: list[str] = []
        offset = 0
        for _ in range(max_pages):
            page = await self.page(path, offset=offset, limit=page_size, token=token)
            servers += [server for share in page.items if (server := opened_by(share))]
            if page.next_offset is None:
                return SharedServers(tuple(servers), complete=True)
            offset = page.next_offset
        return SharedServers(tuple(servers), complete=False)


def quote_segment(text: str) -> str:
    """Return a name as one segment of a path."""
    return quote(text, safe="")


def require_full(page: Page, path: str) -> None:
    """Raise `HubUnavailable` unless the page has as many items as its ``total`` implies."""
    if page.limit < 2 or len(page.items) != min(page.limit, max(page.total - page.offset, 0)):
        raise malformed_response(
            f"GET {path}",
            f"answered {len(page.items)} of {page.total} items from {page.offset} on, "
            f"in pages of {page.limit}",
        )


def _raise_for_status(answer: HTTPResponse, what: str, *, requires_hub: bool) -> None:
    """Raise `HubUnavailable` unless this is a Hub's own answer: a success, or a 4xx refusal."""
    status = answer.code
    if status in (401, 403):
        raise TokenRejected(
            f"{what} answered {status}: {_message(answer.body)}", "not-authenticated", status
        )
    from_hub = VERSION_HEADER in answer.headers or not requires_hub
    refused = 400 <= status < 500 and status not in (408, 425, 429) and from_hub
    if status not in (200, 201) and not refused:
        raise HubUnavailable(
            f"{what} answered {status} {answer.reason}",
            status=status,
            retry_after_s=_retry_after(answer.headers),
        )
    if not from_hub:
        raise malformed_response(what, f"answered without {VERSION_HEADER}: this is no JupyterHub")


def _message(body: bytes) -> str:
    """Return the Hub's own message of an error answer, shortened."""
    try:
        return str(json.loads(body).get("message") or "")[:200]
    except (ValueError, AttributeError, RecursionError):
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
