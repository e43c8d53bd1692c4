"""What is true of the visitor: the facts the engine decides on.

Under a Hub they are read fresh from the Hub with the visitor's own token, because the single-user
server's cached answer is up to five minutes old, and because the server's own token speaks for the
server's owner, who need not be the visitor.
"""

from __future__ import annotations

import asyncio
import getpass
import json
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from .metrics import FACTS_AGE_SECONDS, HUB_ERRORS, HUB_REQUESTS

if TYPE_CHECKING:
    import ssl
    from logging import Logger

    from tornado.simple_httpclient import SimpleAsyncHTTPClient

HUB_TIMEOUT_S = 5.0
"""How long one request to the Hub may take."""

COALESCE_S = 2.0
"""Questions about the same visitor within this time share one request to the Hub."""

MAX_VISITORS = 64
"""Visitors remembered at once; beyond it the one not seen for longest is forgotten."""

MAX_ANSWER_BYTES = 4 * 1024 * 1024
"""A longer answer of the Hub is refused."""

SHARES_PER_PAGE = 200
MAX_SHARE_PAGES = 5


class FactsError(Exception):
    """The visitor's facts are not to be had.

    ``code`` is stable and for programs; the text is for the visitor and names no server's inside.
    ``detail``, for the log, may do so. Neither ever has a token. ``status`` is the HTTP status.
    """

    def __init__(self, code: str, message: str, *, detail: str = "", status: int = 503) -> None:
        super().__init__(message)
        self.code = code
        self.detail = detail or message
        self.status = status


class NotIdentified(FactsError):
    """The Hub does not (or no longer) accept the visitor's token."""

    def __init__(self) -> None:
        super().__init__(
            "logged-out",
            "JupyterHub does not accept this session any more. Reload the page to log in again.",
            status=403,
        )


@dataclass(frozen=True)
class Facts:
    """One visitor as the Hub (or, without one, the machine) describes them."""

    hub: bool
    user: str
    admin: bool = False
    groups: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """Facts with their age in seconds; ``stale`` when the Hub could not be asked just now."""

    facts: Facts
    age_s: float = 0.0
    stale: bool = False


def local_reading() -> Reading:
    """Without a Hub: the local user, who is in no group."""
    try:
        user = getpass.getuser()
    except (ImportError, KeyError, OSError):
        user = ""  # a container may run under a number that has no name
    return Reading(Facts(hub=False, user=user))


class HubClient:
    """Reads JSON from the Hub's REST API: bounded in time and size, and never redirected.

    `HubAuth.user_for_token` could read the user, but not tell a refused token from a broken answer,
    nor bound either, and it logs at every failure.
    """

    def __init__(self, api_url: str, ssl_context: ssl.SSLContext | None = None) -> None:
        self._api_url = api_url.rstrip("/")
        self._ssl_context = ssl_context
        self._http: SimpleAsyncHTTPClient | None = None

    async def get(self, path: str, token: str) -> Any:
        """Return what ``GET {api}{path}`` answers to ``token``, parsed.

        Raises `NotIdentified` for 401 and 403, and `FactsError` for everything else that is not a
        JSON answer.
        """
        from tornado.httpclient import HTTPError, HTTPRequest
        from tornado.simple_httpclient import HTTPTimeoutError, SimpleAsyncHTTPClient

        if self._http is None:
            self._http = SimpleAsyncHTTPClient(
                force_instance=True, max_clients=32, max_body_size=MAX_ANSWER_BYTES
            )
        url = self._api_url + path
        request = HTTPRequest(
            url,
            headers={
                "Authorization": f"token {token}",
                "Accept": "application/jupyterhub-pagination+json, application/json",
            },
            connect_timeout=HUB_TIMEOUT_S,
            request_timeout=HUB_TIMEOUT_S,
            follow_redirects=False,  # a redirect would carry the token to another place
            ssl_options=self._ssl_context,
        )
        try:
            response = await self._http.fetch(request, raise_error=False)
            if response.code == 599 and response.error is not None:
                raise response.error
        except HTTPTimeoutError:
            raise FactsError(
                "hub-timeout",
                "JupyterHub did not answer in time.",
                detail=f"GET {url} did not answer within {HUB_TIMEOUT_S:g} s",
            ) from None
        except (HTTPError, OSError, ValueError) as error:
            raise FactsError(
                "hub-unreachable",
                "JupyterHub cannot be reached.",
                detail=f"GET {url} failed: {error}",
            ) from None
        if response.code in (401, 403):
            raise NotIdentified
        if response.code != 200:
            raise FactsError(
                "hub-error",
                "JupyterHub answered with an error.",
                detail=f"GET {url} answered {response.code}",
            )
        try:
            return json.loads(response.body)
        except (ValueError, RecursionError):
            raise _garbage(url, "is not JSON") from None

    def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            self._http.close()


class HubFacts:
    """Each visitor's facts, read at the Hub at most once in `COALESCE_S`.

    A visitor is known by the hash of their token, so nobody can be given another's facts, and no
    token is kept. While the Hub is away the last good facts serve for ``max_stale_s``, marked
    stale. A token that the Hub refuses is forgotten at once.
    """

    def __init__(self, client: HubClient, log: Logger) -> None:
        self._client = client
        self._outage = _OutageLog(log)
        self._visitors: OrderedDict[bytes, _Visitor] = OrderedDict()

    async def read(self, token: str, max_stale_s: float, max_age_s: float = 0.0) -> Reading:
        """Return the facts of the visitor with ``token``.

        The Hub is not asked while they are younger than ``max_age_s`` (in seconds). Raises
        `FactsError` when there are none, or none young enough (``max_stale_s``, in seconds).
        """
        key = _key(token)
        visitor = self._visitors.setdefault(key, _Visitor())
        self._visitors.move_to_end(key)
        if len(self._visitors) > MAX_VISITORS:
            self._visitors.popitem(last=False)

        due = time.monotonic() >= visitor.ask_again_at and not visitor.known_for(max_age_s)
        if visitor.asking is None and due:
            visitor.asking = asyncio.create_task(self._ask(visitor, token))
        if visitor.asking is not None:
            # shielded: one client that goes away must not take the answer from the others
            await asyncio.shield(visitor.asking)

        age_s = time.monotonic() - visitor.read_at
        FACTS_AGE_SECONDS.set(age_s)
        if visitor.failure is None and visitor.facts is not None:
            return Reading(visitor.facts, age_s)
        if visitor.facts is not None and age_s <= max_stale_s:
            return Reading(visitor.facts, age_s, stale=True)
        raise visitor.failure or NotIdentified

    def known(self, token: str, max_age_s: float) -> Reading | None:
        """Return the facts of the visitor with ``token`` if they are known; asks nobody."""
        visitor = self._visitors.get(_key(token))
        if visitor is None or visitor.facts is None or not visitor.known_for(max_age_s):
            return None
        return Reading(visitor.facts, time.monotonic() - visitor.read_at)

    async def _ask(self, visitor: _Visitor, token: str) -> None:
        """Read the facts once and note how it went; raises nothing."""
        HUB_REQUESTS.inc()
        try:
            visitor.facts = await read_facts(self._client, token)
            visitor.failure = None
            visitor.read_at = time.monotonic()
            self._outage.over()
        except NotIdentified as refusal:
            HUB_ERRORS.labels(code=refusal.code).inc()
            visitor.facts = None
            visitor.failure = refusal
        except FactsError as failure:
            HUB_ERRORS.labels(code=failure.code).inc()
            visitor.failure = failure
            self._outage.note(failure.detail)
        finally:
            visitor.ask_again_at = time.monotonic() + COALESCE_S
            visitor.asking = None

    def close(self) -> None:
        """Close the connections to the Hub."""
        self._client.close()


@dataclass
class _Visitor:
    """What is known of the holder of one token."""

    facts: Facts | None = None
    read_at: float = 0.0
    failure: FactsError | None = None
    ask_again_at: float = 0.0
    asking: asyncio.Task[None] | None = field(default=None, repr=False)

    def known_for(self, max_age_s: float) -> bool:
        """Whether there are facts that were read well, at most ``max_age_s`` ago."""
        young = time.monotonic() - self.read_at <= max_age_s
        return young and self.facts is not None and self.failure is None


def _key(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogateescape")).digest()


async def read_facts(client: HubClient, token: str) -> Facts:
    """Ask the Hub whom ``token`` belongs to, and what is shared with them if it may tell.

    Raises `FactsError`. Unreadable shares are a warning: they only ever add cards.
    """
    facts = _facts_from(await client.get("/user", token))
    if not any(scope.split("!", 1)[0] == "read:users:shares" for scope in facts.scopes):
        return facts
    try:
        shares, complete = await _read_shares(client, token, facts.user)
    except FactsError as failure:
        return _with(facts, (), f"The servers shared with you are unknown: {failure}")
    if not complete:
        limit = SHARES_PER_PAGE * MAX_SHARE_PAGES
        return _with(facts, shares, f"Only the first {limit} servers shared with you are used.")
    return _with(facts, shares)


def _facts_from(model: object) -> Facts:
    """Take the facts from the Hub's user model (its answer to ``GET /hub/api/user``), checked."""
    if not isinstance(model, dict):
        raise _garbage("the user model", "is not an object")
    if model.get("kind", "user") != "user":
        raise FactsError(
            "not-a-user", "Launcher cards are decided for users, not for services.", status=403
        )
    name, admin = model.get("name"), model.get("admin", False)
    if not isinstance(name, str) or not name:
        raise _garbage("the user model", "has no name")
    if not isinstance(admin, bool):
        raise _garbage("the user model", "has an admin flag that is neither true nor false")
    return Facts(
        hub=True,
        user=name,
        admin=admin,
        groups=_strings(model, "groups"),
        scopes=_strings(model, "scopes"),
    )


async def _read_shares(client: HubClient, token: str, user: str) -> tuple[tuple[str, ...], bool]:
    """Return the servers shared with ``user`` as ``owner/name``, and whether these are all."""
    shares: list[str] = []
    offset = 0
    for _ in range(MAX_SHARE_PAGES):
        path = f"/users/{quote(user, safe='')}/shared?offset={offset}&limit={SHARES_PER_PAGE}"
        page = await client.get(path, token)
        try:
            shares += [server for share in page["items"] if (server := _opened_by(share))]
            following = page["_pagination"]["next"]
            if following is None:
                return tuple(shares), True
            offset = int(following["offset"])
        except (KeyError, TypeError, ValueError):
            raise _garbage("the list of shares", "is not as JupyterHub writes it") from None
    return tuple(shares), False


def _opened_by(share: Any) -> str | None:
    """Return ``owner/name`` if this share lets the user open that server in a browser.

    A share to a group does not: the user's token never gets its scope, because
    ``jupyterhub.scopes.get_scopes_for`` reads only the shares to the token's owner (5.0 to 6.1).
    """
    server = f"{share['server']['user']['name']}/{share['server']['name']}"
    if share["kind"] == "user" and f"access:servers!server={server}" in share["scopes"]:
        return server
    return None


def _strings(model: dict[str, Any], key: str) -> tuple[str, ...]:
    values = model.get(key)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise _garbage("the user model", f"has no list of {key}")
    return tuple(values)


def _with(facts: Facts, shares: tuple[str, ...], *warnings: str) -> Facts:
    from dataclasses import replace

    return replace(facts, shares=shares, warnings=warnings)


def _garbage(what: str, fault: str) -> FactsError:
    return FactsError(
        "hub-garbage",
        "JupyterHub's answer cannot be understood.",
        detail=f"the Hub's answer cannot be understood: {what} {fault}",
    )


class _OutageLog:
    """Logs an outage when it starts, then after 1, 2, 4 … 60 minutes, and when it is over."""

    LONGEST_WAIT_S = 3600.0

    def __init__(self, log: Logger) -> None:
        self._log = log
        self._wait_s = 0.0
        self._next_at = 0.0

    def note(self, detail: str) -> None:
        now = time.monotonic()
        if self._wait_s and now < self._next_at:
            return
        self._wait_s = min(self._wait_s * 2 or 60.0, self.LONGEST_WAIT_S)
        self._next_at = now + self._wait_s
        self._log.warning("scoped-launcher: visitors' facts are unknown: %s", detail)

    def over(self) -> None:
        if self._wait_s:
            self._wait_s = 0.0
            self._log.info("scoped-launcher: the Hub answers again")
