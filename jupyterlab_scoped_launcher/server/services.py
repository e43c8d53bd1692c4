"""What the parts of the server extension share. Only `extension` builds it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..changes import HUB_POLL_S, MANAGED_GROUPS_POLL_S, PAGE_POLL_S
from ..context import (
    AccessRevoked,
    ContextError,
    ContextSnapshot,
    NotAuthenticated,
    context_model,
    current_time,
    local_visitor,
    may_list_shares,
)
from ..hub_api import LIST_OWN_SHARES, REQUEST_TIMEOUT_S, HubClient, TlsFiles
from ..variables import MANAGED_GROUPS_VARIABLE, WITHHELD_SCOPES_VARIABLE
from .context_cache import ContextCache
from .told_facts import ToldFacts

if TYPE_CHECKING:
    from logging import Logger

    from jupyter_server.base.handlers import JupyterHandler

    from .._core import Policy
    from ..policy_store import PolicyState, PolicyStore


@dataclass(frozen=True)
class Settings:
    """Those settings of `ScopedLauncher` that are read after start."""

    on_invalid: str = "hide_all"
    audit_decisions: bool = False
    local_groups: bool = False


class Services:
    """The policy, the settings, the log, and the contexts of visitors."""

    def __init__(
        self, policies: PolicyStore, settings: Settings, log: Logger, told: ToldFacts | None = None
    ) -> None:
        self.policies = policies
        self.settings = settings
        self.log = log
        self.told = told or ToldFacts()
        """What the Hub service tells of the server's owner."""
        self._cache: ContextCache | None = None

    def is_governing(self, state: PolicyState) -> bool:
        """Return whether any card may depend on who the visitor is."""
        hides_all = state.state == "invalid" and self.settings.on_invalid == "hide_all"
        return state.state == "ok" or hides_all

    async def load_context(
        self, handler: JupyterHandler, max_age_s: float = 0.0, *, ask_hub: bool = False
    ) -> ContextSnapshot:
        """Return the context of the visitor who sent the request of ``handler``.

        It is read again when it is older than ``max_age_s`` (in seconds). While the Hub service
        tells each change, the owner's is not, unless ``ask_hub``. Raises `ContextError`.
        """
        hub_auth = _hub_auth(handler)
        if hub_auth is None:
            return self._local_context()
        cache, token = self._cache_for(hub_auth), _token(hub_auth, handler)
        snapshot = await cache.load(token, self.policies.max_stale_s, max_age_s, ask_hub=ask_hub)
        return self._checked(hub_auth, snapshot)

    def page_refresh_s(self, snapshot: ContextSnapshot) -> float | None:
        """Return how often this visitor's page should ask; None: as the policy says.

        While the Hub service tells each change, the server tells its pages. What is stale is
        asked for again soon.
        """
        if snapshot.stale or not (self.told.is_current and self.told.is_about(snapshot.visitor)):
            return None
        return min(PAGE_POLL_S, max(self.policies.refresh_s, self.policies.max_stale_s / 2))

    def load_context_blocking(
        self, handler: JupyterHandler, max_age_s: float, *, ask_hub: bool = False
    ) -> ContextSnapshot:
        """Do what `load_context` does where nothing can be awaited. Raises `ContextError`.

        The whole server waits for the Hub, unless the context is young enough.
        """
        hub_auth = _hub_auth(handler)
        if hub_auth is None:
            return self._local_context()
        cache, token = self._cache_for(hub_auth), _token(hub_auth, handler)
        snapshot = cache.load_blocking(token, self.policies.max_stale_s, max_age_s, ask_hub=ask_hub)
        return self._checked(hub_auth, snapshot)

    async def is_access_revoked(self, handler: JupyterHandler) -> bool:
        """Return whether the Hub knows who sent this request, who may not use this server."""
        try:
            hub_auth = _hub_auth(handler)
        except ContextError:
            return False
        if hub_auth is None:
            return False
        model = await hub_auth.get_user(handler, sync=False)  # it is known since the authentication
        return bool(model) and not _has_access(hub_auth, model["scopes"])

    @asynccontextmanager
    async def hub_of(self, handler: JupyterHandler) -> AsyncIterator[tuple[HubClient, str]]:
        """Give a client of the visitor's Hub, and the visitor's own token for it.

        Raises `ContextError` without a Hub, or without a token.
        """
        hub_auth = _hub_auth(handler)
        if hub_auth is None:
            raise ContextError("no-hub-login", "There is no JupyterHub to ask.")
        token = _token(hub_auth, handler)
        client = _hub_client(hub_auth)
        try:
            yield client, token
        finally:
            client.close()

    def unknown_facts(self, policy: Policy, snapshot: ContextSnapshot) -> list[str]:
        """Return a sentence for each fact that the policy asks for and this server cannot read."""
        if not snapshot.visitor.hub:
            return []
        asked = policy.token_scopes()
        sentences = []
        if LIST_OWN_SHARES in asked and not may_list_shares(snapshot.visitor):
            sentences.append(
                "The servers shared with you are unknown to this server, so their cards are not"
                " shown: its access to JupyterHub does not include the list of your shares."
            )
        withheld = os.environ.get(WITHHELD_SCOPES_VARIABLE, "").split()
        if unknown := sorted({*withheld} & {*asked}):
            sentences.append(
                "This server is or may be shared with others, so it does not learn whether you"
                f" have {', '.join(unknown)}: cards that need this are not shown."
            )
        return sentences

    def close(self) -> None:
        """Close the connections to the Hub."""
        if self._cache is not None:
            self._cache.close()

    def _checked(self, hub_auth: Any, snapshot: ContextSnapshot) -> ContextSnapshot:
        """Return ``snapshot`` if its visitor may use this server. Raises `AccessRevoked`.

        The single-user server asks the Hub who may use it at most every five minutes. When the
        visitor's context says otherwise, it must ask again.
        """
        visitor = snapshot.visitor
        is_owner = not visitor.service and visitor.user == os.environ.get("JUPYTERHUB_USER")
        if is_owner or _has_access(hub_auth, visitor.scopes):
            return snapshot
        hub_auth.cache.clear()
        raise AccessRevoked

    def _cache_for(self, hub_auth: Any) -> ContextCache:
        """Return the cache for the Hub of ``hub_auth`` (a ``HubAuth``); a server has only one."""
        if self._cache is None:
            is_managed = MANAGED_GROUPS_VARIABLE in os.environ
            self._cache = ContextCache(
                lambda timeout_s: _hub_client(hub_auth, timeout_s=timeout_s),
                self.log,
                self.told,
                told_max_age_s=MANAGED_GROUPS_POLL_S if is_managed else HUB_POLL_S,
            )
        return self._cache

    def _local_context(self) -> ContextSnapshot:
        return ContextSnapshot(local_visitor(with_groups=self.settings.local_groups))


def server_context(snapshot: ContextSnapshot) -> dict[str, Any]:
    """Return the context's JSON object, with the owner, name and clock of this server."""
    visitor = snapshot.visitor
    owner = os.environ.get("JUPYTERHUB_USER", "") if visitor.hub else visitor.user
    name = os.environ.get("JUPYTERHUB_SERVER_NAME", "") if visitor.hub else ""
    return context_model(snapshot, server_owner=owner, server_name=name, now=current_time())


def _hub_auth(handler: JupyterHandler) -> Any:
    """Return the ``HubAuth`` that authenticated the visitor, or None without a Hub.

    Raises `ContextError`.
    """
    hub_auth = getattr(handler.identity_provider, "hub_auth", None)  # the default mode
    hub_auth = hub_auth or handler.settings.get("hub_auth")  # JUPYTERHUB_SINGLEUSER_EXTENSION=0
    if hub_auth is None and "JUPYTERHUB_API_URL" in os.environ:
        raise ContextError(
            "no-hub-login",
            "This server was started under JupyterHub but does not log in with it,"
            " so it cannot know who you are.",
        )
    return hub_auth


def _hub_client(hub_auth: Any, *, timeout_s: float = REQUEST_TIMEOUT_S) -> HubClient:
    tls = TlsFiles(hub_auth.keyfile, hub_auth.certfile, hub_auth.client_ca)
    return HubClient(hub_auth.api_url, timeout_s=timeout_s, tls=tls)


def _has_access(hub_auth: Any, scopes: Iterable[str]) -> bool:
    """Return whether ``scopes`` open this server, as the single-user server itself decides."""
    required = hub_auth.access_scopes
    return not required or bool(hub_auth.check_scopes(required, {"scopes": [*scopes]}))


def _token(hub_auth: Any, handler: JupyterHandler) -> str:
    """Return the visitor's token. Raises `NotAuthenticated` without one."""
    token: str | None = hub_auth.get_token(handler)
    if not token:
        raise NotAuthenticated
    return token
