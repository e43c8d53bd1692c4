"""The part of the service that keeps requests to join groups, and carries decisions to the Hub."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Literal

from ...changes import Change
from ...hub_api import HubClient, HubError
from ..database import Database, DatabaseError
from ..log import LastingProblem, LogEvent
from ..policy import FollowedPolicy, NoPolicyError
from .memberships import Failure, Memberships, Outcome
from .offers import Offer, offers
from .store import AlreadyAsked, MembershipChange, Request, RequestStore

if TYPE_CHECKING:
    from ..settings import ServiceSettings

MAX_REASON_CHARS = 1000

MAX_PER_DAY = 20
"""How often one person may ask in a day, for any groups."""

MAX_PER_DAY_AND_GROUP = 3
"""How often one person may ask in a day for the same group."""

DAY = timedelta(days=1)

KEEP_JOB_S = 900.0
"""For how long the outcome of a job can be looked at."""

TIMEOUT_S = 30.0

RETRY_S = 5.0
"""How long to wait after a list of members could not be read, or an end not be recorded."""

Refusal = Literal["not_offered", "member", "asked", "too_often", "no_reason", "long_reason"]


class AskRefused(Exception):
    """A request cannot be kept; ``why`` says for which of the reasons."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Actor:
    """Who decides: a user's name and the token with which the Hub lets them do it."""

    name: str
    token: str = field(repr=False)


@dataclass
class Job:
    """Changes of one group's members that are under way, or done."""

    group: str
    actor: str
    is_adding: bool
    users: list[str]
    can_undo: bool = False
    done: list[Outcome] = field(default_factory=list)
    is_finished: bool = False
    ended_at: float | None = None

    @property
    def failures(self) -> list[Outcome]:
        """Return the users for whom it failed."""
        return [outcome for outcome in self.done if outcome.failure]

    @property
    def changed(self) -> list[str]:
        """Return the users for whom it succeeded."""
        return [outcome.user for outcome in self.done if not outcome.failure]


class JoinRequests:
    """Keeps requests, and changes memberships for those whom the Hub lets do it.

    ``ended`` is called with each request that was approved or declined.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        policy: FollowedPolicy,
        open_database: Callable[[], Database],
        log_event: LogEvent,
        ended: Callable[[Request], None] = lambda _: None,
    ) -> None:
        self._policy = policy
        self._open_database = open_database
        self._log_event = log_event
        self._ended = ended
        self.client = HubClient(settings.api_url, settings.token, timeout_s=TIMEOUT_S)
        self._slow_client = HubClient(
            settings.api_url, settings.token, timeout_s=TIMEOUT_S, hub_share=settings.hub_share
        )
        self.memberships = Memberships(self.client)
        self._look_now = asyncio.Event()
        self._look_now.set()  # what happened before this service ran
        self._jobs: dict[str, Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def close(self) -> None:
        """Close the connections to the Hub."""
        self.client.close()
        self._slow_client.close()

    @property
    def store(self) -> RequestStore:
        """Return the store. Raises `DatabaseError` while the database cannot be used."""
        return RequestStore(self._open_database())

    def offers(self) -> dict[str, Offer]:
        """Return the groups that visitors may ask for, by name; none without a policy."""
        try:
            return offers(self._policy.current())
        except NoPolicyError:
            return {}

    def ask(self, user: str, groups: Iterable[str], group: str, reason: str) -> Request:
        """Keep the request of a user who is in ``groups``. Raises `AskRefused`."""
        offer = self.offers().get(group)
        reason = reason.strip()
        if offer is None:
            raise AskRefused("not_offered")
        if group in groups:
            raise AskRefused("member")
        if offer.needs_reason and not reason:
            raise AskRefused("no_reason")
        if len(reason) > MAX_REASON_CHARS:
            raise AskRefused("long_reason")
        store, now = self.store, utc_now()
        if store.find_open(user, group):
            raise AskRefused("asked")
        if (
            store.count_asked_since(user, now - DAY) >= MAX_PER_DAY
            or store.count_asked_since(user, now - DAY, group) >= MAX_PER_DAY_AND_GROUP
        ):
            raise AskRefused("too_often")
        try:
            request = store.ask(user, group, reason, now)
        except AlreadyAsked:
            raise AskRefused("asked") from None
        self._log_event("request_asked", user=user, group=group)
        return request

    def withdraw(self, user: str, group: str) -> bool:
        """End the user's own open request. Returns False if there is none."""
        request = self.store.find_open(user, group)
        if request is None or not self.store.end(request, "withdrawn", user, utc_now()):
            return False
        self._log_event("request_withdrawn", user=user, group=group)
        return True

    def decline(self, actor: str, requests: Sequence[Request], answer: str) -> int:
        """End open requests of others without a change; return how many."""
        others = [request for request in requests if request.user != actor]
        ended = self._end(others, "declined", actor, answer.strip()[:MAX_REASON_CHARS])
        return len(ended)

    def start_job(
        self,
        actor: Actor,
        group: str,
        users: Sequence[str],
        *,
        add: bool,
        reason: str = "",
        can_undo: bool = False,
    ) -> str:
        """Change the members of a group; return the id of the job.

        Nobody is added by their own decision. Open requests of those who are added are approved.
        """
        self._forget_old_jobs()
        others = [user for user in dict.fromkeys(users) if user != actor.name or not add]
        job = Job(group, actor.name, add, others, can_undo)
        number = secrets.token_urlsafe(9)
        self._jobs[number] = job
        task = asyncio.ensure_future(self._run(job, actor, reason))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return number

    def find_job(self, number: str, actor: str) -> Job | None:
        """Return a job of this person."""
        job = self._jobs.get(number)
        return job if job is not None and job.actor == actor else None

    async def wait_for_job(self, number: str, seconds: float) -> None:
        """Return when the job has ended, or after so many seconds."""
        job, deadline = self._jobs.get(number), time.monotonic() + seconds
        while job is not None and not job.is_finished and time.monotonic() < deadline:
            await asyncio.sleep(0.05)

    def note(self, changes: Iterable[Change]) -> None:
        """End the requests of those who have become members in another way."""
        joined = [
            (change["user"], change["group"])
            for change in changes
            if change["kind"] == "membership" and change["held"]
        ]
        try:
            found = [
                request
                for user, group in joined
                if (request := self.store.find_open(user, group)) is not None
                and not self._is_changing(user, group)
            ]
            self._end(found, "approved", "")
        except DatabaseError as error:
            self._log_event("requests_failed", problem=str(error))
            self.look_soon()

    def look_soon(self) -> None:
        """Read the Hub's list of members soon: changes may have been missed."""
        self._look_now.set()

    async def run_forever(self) -> None:
        """End the requests of members that no change has told of, until cancelled.

        They became members while the service did not run, or could not use its database.
        """
        failure = LastingProblem(self._log_event, "requests_failed")
        while True:
            await self._look_now.wait()
            self._look_now.clear()
            try:
                await self._end_of_members()
                failure.end()
            except (HubError, DatabaseError) as error:
                failure.begin(error)
                await asyncio.sleep(RETRY_S)
                self._look_now.set()

    async def _end_of_members(self) -> None:
        """End the open requests of those who are members at the Hub."""
        waiting = self.store.all_open()
        if not waiting:
            return
        found = await self._slow_client.whole_list("/users", parse=_parse_groups)
        groups = dict(found)
        joined = [
            request
            for request in waiting
            if request.group in groups.get(request.user, ())
            and not self._is_changing(request.user, request.group)
        ]
        self._end(joined, "approved", "")

    def _is_changing(self, user: str, group: str) -> bool:
        """Return whether a job adds this user: it then ends the request itself."""
        return any(
            not job.is_finished and job.is_adding and job.group == group and user in job.users
            for job in self._jobs.values()
        )

    async def _run(self, job: Job, actor: Actor, reason: str) -> None:
        try:
            changes = self.memberships.change(
                job.group,
                job.users,
                actor.token,
                add=job.is_adding,
                before=lambda: self._open_database().check_writable(),
            )
            async for outcomes in changes:
                job.done += self._keep(job, outcomes, reason)
        except Exception as error:
            is_known = isinstance(error, DatabaseError)
            self._log_event("job_failed", exc_info=not is_known, problem=str(error))
            done = {outcome.user for outcome in job.done}
            failure: Failure = "no_record" if is_known else "unavailable"
            job.done += [Outcome(user, failure) for user in job.users if user not in done]
        finally:
            job.is_finished, job.ended_at = True, time.monotonic()

    def _keep(self, job: Job, outcomes: Sequence[Outcome], reason: str) -> list[Outcome]:
        """Record what was changed, and end the requests that it answers.

        Returns the outcomes, as failures where that could not be recorded: the log has them.
        """
        changed = [outcome.user for outcome in outcomes if not outcome.failure]
        problem = ""
        why = dict.fromkeys(changed, reason)
        try:
            store = self.store
            answered = [store.find_open(user, job.group) for user in changed if job.is_adding]
            requests = [request for request in answered if request is not None]
            why |= {request.user: reason or request.reason for request in requests}
            self._end(
                requests,
                "approved",
                job.actor,
                records=[
                    MembershipChange(
                        utc_now(), job.actor, user, job.group, job.is_adding, why[user]
                    )
                    for user in changed
                ],
            )
        except DatabaseError as error:
            problem = str(error)
            self.look_soon()
        for user in changed:
            self._log_event(
                "membership_changed",
                actor=job.actor,
                subject=user,
                group=job.group,
                held=job.is_adding,
                reason=why[user],
            )
        if not problem:
            return list(outcomes)
        self._log_event("requests_failed", problem=problem)
        return [Outcome(o.user, o.failure or "not_recorded") for o in outcomes]

    def _end(
        self,
        requests: Sequence[Request],
        state: Literal["approved", "declined"],
        actor: str,
        answer: str = "",
        records: Sequence[MembershipChange] = (),
    ) -> list[Request]:
        """End those of the requests that are open, and return them.

        That, the mails about it and the records are one change of the database.
        """
        if not requests and not records:
            return []
        store, now = self.store, utc_now()
        with self._open_database().transaction():
            for record in records:
                store.record(record)
            ended = [
                request for request in requests if store.end(request, state, actor, now, answer)
            ]
            for request in ended:
                self._ended(
                    replace(request, state=state, ended_at=now, ended_by=actor, answer=answer)
                )
        for request in ended:
            self._log_event(
                f"request_{state}", actor=actor, subject=request.user, group=request.group
            )
        return ended

    def _forget_old_jobs(self) -> None:
        now = time.monotonic()
        for number, job in list(self._jobs.items()):
            if job.ended_at is not None and now - job.ended_at > KEEP_JOB_S:
                del self._jobs[number]


def utc_now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(timezone.utc)


def _parse_groups(model: Any) -> tuple[str, frozenset[str]]:
    """Return a user's name and groups."""
    return str(model["name"]), frozenset(str(group) for group in model.get("groups", ()))
