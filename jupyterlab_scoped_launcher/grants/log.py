"""The log: one JSON object a line."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any, TextIO

Log = Callable[..., None]
"""``log(event, **fields)`` writes one line; fields must fit in JSON."""

WARNINGS = frozenset(
    {
        "clock_jumped",
        "pass_failed",
        "refused",
        "revocations_doubted",
        "revocations_held_back",
        "share_lost",
    }
)
"""Events that somebody should look at."""


class JsonLines(logging.Formatter):
    """Formats a record as a JSON object: ``time``, ``level``, ``event`` and its fields."""

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


def logger(stream: TextIO = sys.stderr) -> logging.Logger:
    """Return the service's logger, which writes JSON lines to ``stream``."""
    ours = logging.Logger("scoped-launcher-grants", logging.INFO)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    ours.addHandler(handler)
    return ours


def events(to: logging.Logger) -> Log:
    """Return a function that logs events to ``to``."""

    def log(event: str, **fields: Any) -> None:
        level = logging.WARNING if event in WARNINGS else logging.INFO
        to.log(level, event, extra={"fields": fields})

    return log
