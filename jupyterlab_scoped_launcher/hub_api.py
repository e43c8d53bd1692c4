"""The client for JupyterHub's REST API, for the server, the Hub's services and the command line.

A request is bounded in time and in size, is never redirected (a redirect would carry the token to
another place), and either returns the whole JSON answer of a JupyterHub or raises a `HubError`.
What this package requires of a Hub stands here too: its version, and the scopes of its service.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlencode

from packaging.version import Version

if TYPE_CHECKING:
    import ssl

    from tornado.httpclient import HTTPRequest, HTTPResponse
    from tornado.httputil import HTTPHeaders
    from tornado.simple_httpclient import SimpleAsyncHTTPClient

MINIMUM_HUB_VERSION = Version("5.5.1")
"""Shares came with JupyterHub 5.0; 5.5.1 fixes a security advisory on them."""

GRANTS_SCOPES = ("list:users", "read:users:groups", "read:servers", "shares")
"""All that the grants service may do. ``shares`` implies access to all servers (the Hub has no
narrower scope for creating shares), so no visitor ever gets this token."""

READ_SHARES_SCOPE = "read:users:shares"
"""Allows a token to list what is shared with a user."""

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

SUMMARIES = {
    "hub-timeout": "JupyterHub did not answer in time.",
    "hub-unreachable": "JupyterHub cannot be reached.",
    "hub-error": "JupyterHub answered with an error.",
    "malformed-response": "JupyterHub's answer cannot be understood.",
    "not-authenticated": "JupyterHub does not accept this session any more. "
    "Reload the page to log in again.",
}
"""For each error code of this module, a sentence for visitors."""

Item = TypeVar("Item")


class HubError(Exception):
    """A request to the Hub did not succeed.

    The text is for a log: it may name addresses, and never has a token. ``code`` is one of the
    error codes in `SUMMARIES`. ``status`` is the HTTP status of the answer, if there was one.
    """

    def __init__(self, message: str, code: str = "hub-error", status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status

    @property
    def summary(self) -> str:
        """Return a sentence for visitors, which names nothing inside the deployment."""
        return SUMMARIES[self.code]


class HubUnavailable(HubError):
    """There is no usable answer. It is unknown whether a change was made. Try again later."""

    def __init__(
        self,
        message: str,
        code: str = "hub-error",
        status: int | None = None,
        retry_after_s: float = 0.0,
    ) -> None:
        super().__init__(message, code, status)
        self.retry_after_s = retry_after_s


class TokenRejected(HubUnavailable):
    """The Hub answered 401 or 403.

    This may be temporary: a Hub that cannot read its database answers 403 "Missing or invalid
    credentials" to everybody (seen with 6.1.1). So it is no reason to think that something is gone.
    """


class HubRefused(HubError):
    """The Hub understood the request and refused it (4xx). Nothing was changed."""


class HubIncompatible(HubError):
    """The Hub is too old, or the token lacks scopes. Somebody must change that."""


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
    sent for that to hold.
    """

    def __init__(
        self,
        api_url: str,
        token: str = "",
        *,
        timeout_s: float = REQUEST_TIMEOUT_S,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
        hub_share: float = 1.0,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._api_url = api_url.rstrip("/")
        self._token = token
        self._timeout_s = timeout_s
        self._max_answer_bytes = max_answer_bytes
        self._pause_per_s = 1.0 / hub_share - 1.0
        self._ssl_context = ssl_context
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
            connect_timeout=self._timeout_s,
            request_timeout=self._timeout_s,
            follow_redirects=False,
            ssl_options=self._ssl_context,
        )
        began = time.monotonic()
        answer = await self._fetch(request, what)
        if pause_s := (time.monotonic() - began) * self._pause_per_s:
            await asyncio.sleep(pause_s)
        _raise_for_status(answer, what)
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


def opened_by(share: Any) -> str | None:
    """Return ``owner/name`` if this share (a model of the Hub) lets a user open that server.

    A share with a group does not: the user's token never gets its scope, because
    ``jupyterhub.scopes.get_scopes_for`` reads only the shares with the token's owner (5.0 to 6.1).
    """
    try:
        server = f"{share['server']['user']['name']}/{share['server']['name']}"
        if share["kind"] == "user" and access_scope(server) in share["scopes"]:
            return server
    except (KeyError, TypeError):
        raise malformed_response("a share", "is not as JupyterHub writes it") from None
    return None


def access_scope(server: str) -> str:
    """Return the scope that opens ``server`` (``owner/name``)."""
    return f"access:servers!server={server}"


def is_supported(hub_version: str) -> bool:
    """Return whether this version of JupyterHub has every fix that shared servers need."""
    return Version(hub_version) >= MINIMUM_HUB_VERSION


def internal_ssl_context(
    keyfile: str | None = None, certfile: str | None = None, cafile: str | None = None
) -> ssl.SSLContext | None:
    """Return the TLS context for a Hub with ``internal_ssl``; None for any other Hub.

    What is not given is read from the environment, where the Hub puts it for servers and services.
    """
    keyfile = keyfile or os.environ.get("JUPYTERHUB_SSL_KEYFILE")
    certfile = certfile or os.environ.get("JUPYTERHUB_SSL_CERTFILE")
    cafile = cafile or os.environ.get("JUPYTERHUB_SSL_CLIENT_CA")
    if not keyfile or not certfile:
        return None
    from jupyterhub.utils import make_ssl_context  # type: ignore[import-untyped,unused-ignore]

    context: ssl.SSLContext = make_ssl_context(keyfile, certfile, cafile=cafile)
    return context


def quote_segment(text: str) -> str:
    """Return a name as one segment of a path."""
    return quote(text, safe="")


def name_of(model: Any) -> str:
    """Return the name in a model of the Hub. Raises `HubUnavailable` without one."""
    return str(required_field(model, "name", str))


def required_field(model: Any, name: str, kind: Any) -> Any:
    """Return ``model[name]``; raise `HubUnavailable` if it is missing or of another type."""
    if not isinstance(model, dict) or name not in model or not isinstance(model[name], kind):
        raise malformed_response("the Hub's answer", f"has no valid {name!r}")
    return model[name]


def require_full(page: Page, path: str) -> None:
    """Raise `HubUnavailable` unless the page has as many items as its ``total`` implies."""
    if page.limit < 2 or len(page.items) != min(page.limit, max(page.total - page.offset, 0)):
        raise malformed_response(
            f"GET {path}",
            f"answered {len(page.items)} of {page.total} items from {page.offset} on, "
            f"in pages of {page.limit}",
        )


def malformed_response(what: str, fault: str) -> HubUnavailable:
    """Return the error for an answer that no JupyterHub gives."""
    return HubUnavailable(f"{what} {fault}", "malformed-response")


def _raise_for_status(answer: HTTPResponse, what: str) -> None:
    """Raise `HubUnavailable` unless this is a Hub's own answer: a success, or a 4xx refusal."""
    status = answer.code
    if status in (401, 403):
        raise TokenRejected(
            f"{what} answered {status}: {_message(answer.body)}", "not-authenticated", status
        )
    from_hub = VERSION_HEADER in answer.headers
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
