"""The service: it holds the database, runs its parts, and ends them together."""

from __future__ import annotations

import asyncio
import logging
from typing import Literal

from prometheus_client import CollectorRegistry

from ..changes import Change
from .changes.part import Changes
from .database import Database, DatabaseError, DatabaseLocked
from .grants.passes import GrantPasses
from .log import event_log
from .mail.part import MailPart
from .metrics.changes import ChangeMetrics
from .metrics.grants import GrantMetrics
from .metrics.requests import RequestMetrics
from .policy import FollowedPolicy
from .requests.part import JoinRequests, utc_now
from .settings import ServiceSettings

LOCK_RETRY_S = 2.0
"""How often a service that waits for another one tries again."""

Status = Literal["starting", "standby", "running"]


class Service:
    """The Hub service ``scoped-launcher``.

    Of several processes with one database, one runs the parts. The others wait for its end.
    """

    def __init__(self, settings: ServiceSettings, logger: logging.Logger) -> None:
        self.settings = settings
        self.status: Status = "starting"
        self.registry = CollectorRegistry()
        self.log_event = event_log(logger)
        self.policy = FollowedPolicy(settings.policy, logger)
        self.grants = GrantPasses(
            settings,
            self.policy,
            self.open_database,
            GrantMetrics(self.registry),
            self.log_event,
            is_told=lambda: self.changes.received.is_hub_heard,
        )
        self.mail = MailPart(
            settings.mail,
            settings.pages_url,
            self.open_database,
            self.log_event,
            utc_now,
            lambda group: self.changes.facts.roles.users_with(f"groups!group={group}"),
        )
        self.requests = JoinRequests(
            settings, self.policy, self.open_database, self.log_event, self.mail.tell_end
        )
        self.mail.follow(self.requests)
        self.changes = Changes(settings, self.policy, self.log_event, self._note, self._lose)
        ChangeMetrics(self.registry, self.changes)
        RequestMetrics(self.registry, self.requests, self.mail)
        self._database: Database | None = None

    async def run_forever(self) -> None:
        """Run the parts until cancelled."""
        await self._wait_for_lock()
        self.status = "running"
        await asyncio.gather(
            self.grants.run_forever(),
            self.changes.run_forever(),
            self.requests.run_forever(),
            self.mail.run_forever(),
        )

    @property
    def is_running(self) -> bool:
        """Return whether this process runs the parts."""
        return self.status == "running"

    def open_database(self) -> Database:
        """Return the database. Raises `DatabaseError` while it cannot be used."""
        if self._database is None:
            self._database = Database(self.settings.database)
        return self._database

    def close(self) -> None:
        """Close the database and the connections to the Hub."""
        self.grants.close()
        self.changes.close()
        self.requests.close()
        if self._database is not None:
            self._database.close()

    def _note(self, changes: list[Change]) -> None:
        """Tell the parts that follow the Hub of its changes."""
        self.grants.note(changes)
        self.requests.note(changes)

    def _lose(self) -> None:
        """Tell them that some of the Hub's changes were lost."""
        self.grants.hasten()
        self.requests.look_soon()

    async def _wait_for_lock(self) -> None:
        """Wait while another process holds the lock.

        With any other problem of the database, the parts that do not need it run.
        """
        while True:
            try:
                self.open_database()
            except DatabaseLocked as problem:
                if self.status != "standby":
                    self.log_event("standby", problem=str(problem))
                self.status = "standby"
                await asyncio.sleep(LOCK_RETRY_S)
            except DatabaseError:
                return  # each part that needs it says so
            else:
                return
