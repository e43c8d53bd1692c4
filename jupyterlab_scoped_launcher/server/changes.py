"""Follows the changes that the Hub service tells, and lets pages and open connections follow.

Without the service, and while it cannot be reached, the server asks the Hub as often as the
policy's ``refresh`` says.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from ..changes import CHANGES_PATH, HEARTBEAT_S, FactsError, facts_from_model
from .event_stream import EventStreamError, ServerEvent, read_events
from .hub_service import hub_service
from .metrics import IS_TOLD, TOLD_CHANGES

if TYPE_CHECKING:
    from logging import Logger

    from ..policy_store import PolicyStore
    from .told_facts import ToldFacts

SCHEMA_ID = (
    "https://github.com/jupyterlab-scoped-launcher/jupyterlab-scoped-launcher/events/context/v1"
)
SCHEMA_FILE = Path(__file__).parents[1] / "event_schemas" / "context" / "v1.yaml"

SILENCE_S = 3 * HEARTBEAT_S
"""A connection without a heartbeat for so long has ended."""

GRACE_S = (40.0, 60.0)
"""For how long the last facts are current after a connection has ended: a time between these two.

The Hub starts a service that has ended again within half a minute."""

FIRST_RETRY_S = 10.0
"""After the end of a connection the next one is made within so long, at a random time."""

MAX_RETRY_S = 20.0
"""The longest time between attempts while the service cannot be reached."""

MAX_REFUSED_RETRY_S = 300.0
"""The longest time between attempts while the service refuses this server's token."""

MIN_GAP_S = 0.25
"""The shortest time between two events for pages."""

POLICY_CHECK_S = 3.0
"""How often the policy file is checked while pages rely on being told."""


class ChangeSubscription:
    """Keeps a connection to the service at ``url`` with the server's own ``token``.

    ``on_change`` is called when pages and connections should be decided again.
    """

    def __init__(
        self,
        url: str,
        token: str,
        told: ToldFacts,
        policies: PolicyStore,
        on_change: Callable[[], None],
        log: Logger,
    ) -> None:
        self._url = url
        self._token = token
        self._told = told
        self._policies = policies
        self._on_change = on_change
        self._log = log
        self._last_id = ""
        self._has_failed = False
        self._task: asyncio.Future[Any] | None = None

    def start(self) -> None:
        """Subscribe, and follow the policy file, until `stop`. Call it in the event loop."""
        self._task = asyncio.ensure_future(
            asyncio.gather(self._follow_service(), self._follow_policy())
        )

    def stop(self) -> None:
        """End the connection."""
        if self._task is not None:
            self._task.cancel()

    async def _follow_service(self) -> None:
        retry_s = 0.0
        while True:
            was_told = False
            try:
                await read_events(self._url, self._headers(), self._take, silence_s=SILENCE_S)
            except EventStreamError as error:
                problem = error
            except Exception as error:
                self._log.exception("scoped-launcher: changes at the Hub cannot be followed")
                problem = EventStreamError(str(error))
            else:
                problem = EventStreamError("the service has ended the connection")
            was_told = self._is_connected
            self._disconnect(problem)
            if was_told:
                retry_s = random.uniform(0.1, FIRST_RETRY_S)  # noqa: S311
                await asyncio.sleep(retry_s)
                continue
            limit_s = MAX_REFUSED_RETRY_S if problem.status in (403, 404) else MAX_RETRY_S
            retry_s = min(max(2 * retry_s, 1.0), limit_s)
            await asyncio.sleep(retry_s * random.uniform(0.5, 1.0))  # noqa: S311

    _is_connected = False

    def _headers(self) -> dict[str, str]:
        headers = {"Authorization": f"token {self._token}"}
        return {**headers, "Last-Event-ID": self._last_id} if self._last_id else headers

    def _take(self, event: ServerEvent) -> None:
        """Take one event of the service. An event that cannot be read is as none."""
        if event.name == "facts":
            try:
                facts = facts_from_model(json.loads(event.data))
            except (ValueError, RecursionError) as error:
                reason = error if isinstance(error, FactsError) else "it is no JSON"
                self._log.warning("scoped-launcher: a told change cannot be used: %s", reason)
                return
            if facts.user != os.environ.get("JUPYTERHUB_USER"):
                self._log.warning("scoped-launcher: a told change is about another user")
                return
            is_new = self._told.tell(facts)
        elif event.name == "current":
            self._told.confirm()
            is_new = False
        else:
            return
        TOLD_CHANGES.inc()
        self._last_id = event.event_id
        if not self._is_connected:
            self._is_connected = True
            self._has_failed = False
            IS_TOLD.set(1)
            self._log.info("scoped-launcher: changes at the Hub are followed as they happen")
        if is_new:
            self._on_change()

    def _disconnect(self, problem: EventStreamError) -> None:
        if not self._is_connected:
            if not self._has_failed:
                self._has_failed = True
                self._log.info(
                    "scoped-launcher: changes at the Hub are found by asking: %s", problem
                )
            return
        self._is_connected = False
        grace_s = random.uniform(*GRACE_S)  # noqa: S311
        self._told.expire_in(grace_s)
        asyncio.get_running_loop().call_later(grace_s, self._end_grace)

    def _end_grace(self) -> None:
        """If there is no connection again, let pages ask as often as without the service."""
        if not self._told.is_current:
            IS_TOLD.set(0)
            self._on_change()

    async def _follow_policy(self) -> None:
        """Let pages follow the policy file, too: they ask seldom while they are told."""
        state = self._policies.current()
        while True:
            await asyncio.sleep(POLICY_CHECK_S)
            if state is not self._policies.current():
                state = self._policies.current()
                self._on_change()


def subscription_url() -> str:
    """Return where this server subscribes; empty if the Hub has not said where the service is."""
    service = hub_service()
    if service is None:
        return ""
    return f"{service.url}{CHANGES_PATH}?{urlencode({'server': service.server})}"


class PageEvents:
    """Tells the server's pages, by Jupyter's own events, to read their context again."""

    def __init__(self, event_logger: Any) -> None:
        self._events = event_logger
        self._last_at = float("-inf")
        self._is_waiting = False
        if SCHEMA_ID not in self._events.schemas:
            self._events.register_event_schema(SCHEMA_FILE)

    def tell(self) -> None:
        """Tell all pages of all visitors now, or after `MIN_GAP_S`. The event has no facts."""
        if self._is_waiting:
            return
        loop = asyncio.get_running_loop()
        wait_s = self._last_at + MIN_GAP_S - loop.time()
        if wait_s <= 0:
            self._emit()
        else:
            self._is_waiting = True
            loop.call_later(wait_s, self._emit)

    def _emit(self) -> None:
        self._is_waiting = False
        self._last_at = asyncio.get_running_loop().time()
        self._events.emit(schema_id=SCHEMA_ID, data={})
