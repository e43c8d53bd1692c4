"""The page on which members are added to a group and removed, and requests are decided."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from tornado.web import authenticated

from ...hub_api import HubError, TokenRejected
from ..requests.memberships import Failure, NoSuchGroup
from ..requests.part import Actor, Job
from ..requests.store import Request
from .base import VisitorHandler

MEMBERS_PER_PAGE = 100
REQUESTS_PER_PAGE = 100
MAX_NAMES = 2000
MAX_HISTORY = 50

JOB_WAIT_S = 1.0
"""How long an answer waits for what was asked to be done, before it shows the progress."""

FAILURES: dict[Failure, str] = {
    "unknown": "JupyterHub knows no such user",
    "refused": "JupyterHub has refused it",
    "no_right": "you may not change this group any more",
    "unavailable": "JupyterHub does not answer; try again",
    "no_record": "the database of the service cannot be used; nothing was changed; try again",
    "not_recorded": "JupyterHub has done it, but it could not be recorded here",
}


@dataclass(frozen=True, slots=True)
class Pager:
    """The links from one page of a list to the next ones, as `pager.html` shows them.

    ``label`` says of what list they are, and ``section`` is the id of where it stands. ``page`` is
    the one that is shown (from 0). ``query`` makes the query of another page.
    """

    label: str
    section: str
    page: int
    page_count: int
    size: int
    query: Callable[[int], str]

    @property
    def begin(self) -> int:
        """Return where in the list the page begins."""
        return self.page * self.size

    def link(self, page: int) -> str:
        """Return the address of another page."""
        return f"?{self.query(page)}#{self.section}"


class ClassHandler(VisitorHandler):
    """``classes/GROUP``: for whoever may change the group at the Hub."""

    @authenticated
    async def get(self, group: str) -> None:
        """Answer members, requests, what was done, and the progress of a job (query ``job``)."""
        if not self._check(group):
            return
        text = self.translation.text
        try:
            members = await self.service.requests.memberships.members(group, self.token)
        except NoSuchGroup:
            self.refuse(
                text("There is no group {}", group),
                text("An admin of this Hub can create it."),
                404,
            )
            return
        except TokenRejected:
            self._refuse_right(group)
            return
        except HubError as error:
            self.refuse(text("The group cannot be read"), text(error.summary), 503)
            return
        search = self.get_query_argument("search", "").strip()
        found = [name for name in members if search.lower() in name.lower()]
        members_pager = Pager(
            text("Pages of members"),
            "members",
            *self._page("page", len(found), MEMBERS_PER_PAGE),
            MEMBERS_PER_PAGE,
            lambda number: urlencode({"search": search, "page": number}),
        )
        store = self.service.requests.store
        request_count = store.count_open().get(group, 0)
        requests_pager = Pager(
            text("Pages of requests"),
            "requests",
            *self._page("requests", request_count, REQUESTS_PER_PAGE),
            REQUESTS_PER_PAGE,
            lambda number: urlencode({"requests": number}),
        )
        number = self.get_query_argument("job", "")
        job = self.service.requests.find_job(number, self.visitor)
        self.render(
            "class.html",
            group=group,
            offer=self.service.requests.offers().get(group),
            requests=store.open_requests(group, REQUESTS_PER_PAGE, requests_pager.begin),
            request_count=request_count,
            requests_pager=requests_pager,
            members=found[members_pager.begin : members_pager.begin + MEMBERS_PER_PAGE],
            member_count=len(members),
            found_count=len(found),
            search=search,
            members_pager=members_pager,
            history=store.history(group, MAX_HISTORY),
            job=job if job is not None and job.group == group else None,
            is_job_lost=bool(number) and job is None,
            failures=self._failures(job),
            has_given_up=self.service.mail.has_given_up(group),
        )

    @authenticated
    async def post(self, group: str) -> None:
        """Do what the field ``action`` says, and show the page again."""
        if not self._check(group):
            return
        action = self.get_body_argument("action", "")
        requests = self.service.requests
        job = ""
        if action in ("approve", "approve-all"):
            chosen = self._chosen(group, everything=action == "approve-all")
            job = self._start(group, [request.user for request in chosen], add=True)
        elif action in ("decline", "decline-all"):
            chosen = self._chosen(group, everything=action == "decline-all")
            requests.decline(self.visitor, chosen, self.get_body_argument("answer", ""))
        elif action == "add":
            names = re.split(r"[\s,;]+", self.get_body_argument("names", ""))
            job = self._start(group, [name for name in names if name][:MAX_NAMES], add=True)
        elif action in ("remove", "restore"):
            names = self.get_body_arguments("user")
            job = self._start(group, names, add=action == "restore", can_undo=action == "remove")
        if job:
            await requests.wait_for_job(job, JOB_WAIT_S)
        self.redirect(self.request.path + (f"?job={job}" if job else ""))

    def _check(self, group: str) -> bool:
        """Return whether the visitor may change the group; if not, answer with an error page."""
        if self.visitor and self.may_change(group):
            return True
        self._refuse_right(group)
        return False

    def _refuse_right(self, group: str) -> None:
        text = self.translation.text
        self.refuse(
            text("You may not change the group {}", group),
            text(
                "Your account lacks the Hub's scope “groups” for this group. An admin of this Hub "
                "can give it to you by a role. If that was done just now, log out and in again."
            ),
        )

    def _chosen(self, group: str, *, everything: bool) -> list[Request]:
        """Return the open requests that the form names, or all; never the visitor's own."""
        numbers = set(self.get_body_arguments("request"))
        return [
            request
            for request in self.service.requests.store.open_requests(group)
            if request.user != self.visitor and (everything or str(request.id) in numbers)
        ]

    def _start(self, group: str, users: list[str], *, add: bool, can_undo: bool = False) -> str:
        if not users:
            return ""
        return self.service.requests.start_job(
            Actor(self.visitor, self.token),
            group,
            users,
            add=add,
            reason=self.get_body_argument("reason", "").strip()[:200],
            can_undo=can_undo,
        )

    def _failures(self, job: Job | None) -> list[tuple[str, str]]:
        text = self.translation.text
        failures = job.failures if job else []
        return [
            (outcome.user, text(FAILURES[outcome.failure]))
            for outcome in failures
            if outcome.failure
        ]

    def _page(self, name: str, count: int, size: int) -> tuple[int, int]:
        """Return the page (from 0) that the query asks for, and how many there are."""
        asked = self.get_query_argument(name, "0")
        page = int(asked) if asked.isdecimal() and len(asked) < 7 else 0
        page_count = max(1, -(-count // size))
        return min(page, page_count - 1), page_count
