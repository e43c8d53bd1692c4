"""The page with the shares by grant, for people who hold ``shares``."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from tornado.web import authenticated

from ..grants.plan import policy_grants
from ..policy import NoPolicyError
from .base import RequiresShares

MAX_ROWS = 100
"""Rows of one table on one page."""


class GrantsPageHandler(RequiresShares):
    """The current shares by grant, and the last plan."""

    @authenticated
    def get(self) -> None:
        if not self.check_scopes():
            return
        passes = self.service.grants
        grants: list[dict[str, Any]] = []
        with suppress(NoPolicyError):
            grants = policy_grants(self.service.policy.current())
        by_grant = defaultdict(list)
        for record in passes.store.records("held", "revoking") if passes.store else []:
            by_grant[record.grant].append(record)
        shown_grant = self.get_query_argument("grant", "")
        offset = self._offset()
        self.render(
            "grants.html",
            state=passes.state,
            settings=passes.settings,
            policy_problem=self.service.policy.problem_for_admins,
            sections=[
                {
                    "id": grant["id"],
                    "grant": grant,
                    "records": by_grant[grant["id"]][begin : begin + MAX_ROWS],
                    "begin": begin,
                    "total": len(by_grant[grant["id"]]),
                    "next": _next_page(grant["id"], begin, len(by_grant[grant["id"]])),
                    "previous": _previous_page(grant["id"], begin),
                }
                for grant in grants
                for begin in [offset if grant["id"] == shown_grant else 0]
            ],
            removed=[
                record
                for name in by_grant.keys() - {grant["id"] for grant in grants}
                for record in by_grant[name]
            ][:MAX_ROWS],
            plan=passes.reconciler.plan if passes.reconciler else None,
            held_back=passes.reconciler.held_back if passes.reconciler else [],
            max_rows=MAX_ROWS,
        )

    def _offset(self) -> int:
        text = self.get_query_argument("begin", "0")
        return int(text) if text.isdecimal() and len(text) < 10 else 0


def _next_page(grant: str, begin: int, total: int) -> str:
    return _link(grant, begin + MAX_ROWS) if begin + MAX_ROWS < total else ""


def _previous_page(grant: str, begin: int) -> str:
    return _link(grant, max(begin - MAX_ROWS, 0)) if begin else ""


def _link(grant: str, begin: int) -> str:
    return "?" + urlencode({"grant": grant, "begin": begin}) + "#shares"
