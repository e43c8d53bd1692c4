"""The service's log: one JSON object a line."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any, TextIO

LogEvent = Callable[..., None]
"""``log_event(event, **fields)`` writes one line. JSON must be able to write the
fields. ``exc_info=True`` adds the current traceback."""

WARNING_EVENTS = frozenset(
    {
        "changes_failed",
        "changes_lost",
        "changes_malformed",
        "clock_jumped",
        "job_failed",
        "look_failed",
        "mail_delayed",
        "mail_failed",
        "mail_given_up",
        "mail_has_no_recipient",
        "mail_refused",
        "pass_failed",
        "refused",
        "requests_failed",
        "revocations_held_back",
        "revocations_not_confirmed",
        "share_lost",
        "standby",
        "subscription_failed",
        "subscription_refused",
    }
)
"""Events that somebody should look at."""


class JsonFormatter(logging.Formatter):
    """Formats a log record as a JSON object: ``time``, ``level``, ``event`` and its fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of ``record``, without its end."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(
                timespec="milliseconds"
            ),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def new_logger(stream: TextIO = sys.stderr) -> logging.Logger:
    """Return a logger that writes JSON lines to ``stream``."""
    logger = logging.Logger("scoped-launcher", logging.INFO)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger.addHandler(handler)
    return logger


def event_log(logger: logging.Logger) -> LogEvent:
    """Return a function that logs events to ``logger``."""

    def log_event(event: str, *, exc_info: bool = False, **fields: Any) -> None:
        level = logging.WARNING if event in WARNING_EVENTS else logging.INFO
        logger.log(level, event, exc_info=exc_info, extra={"fields": fields})

    return log_event


class LastingProblem:
    """Logs a problem as ``event`` when it begins, and not again until it is over."""

    def __init__(self, log_event: LogEvent, event: str) -> None:
        self._log_event = log_event
        self._event = event
        self._lasts = False

    def begin(self, problem: Exception, *, exc_info: bool = False) -> None:
        """Log the problem, if none lasts."""
        if not self._lasts:
            self._log_event(self._event, exc_info=exc_info, problem=str(problem))
        self._lasts = True

    def end(self) -> None:
        """The next problem is logged again."""
        self._lasts = False
