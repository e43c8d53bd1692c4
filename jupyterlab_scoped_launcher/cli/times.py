"""The option ``--now``."""

from __future__ import annotations

import json
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from .._core import Policy, lint

EXAMPLE = "2026-12-01T08:00:00+01:00"


def checked_now(now: str | None, policy: Policy) -> str | None:
    """Return ``now`` if the engine reads it as a time.

    Raises `click.BadParameter`, which says what to write: a time without a zone could be one in the
    policy's ``timezone``.
    """
    if now is None:
        return None
    try:
        lint(b"version: 1\n", now=now)
    except ValueError:
        raise click.BadParameter(_what_to_write(now, policy), param_hint="--now") from None
    return now


def _what_to_write(now: str, policy: Policy) -> str:
    try:
        read = datetime.fromisoformat(now)
    except ValueError:
        return f"{now!r} is not a time. Write one with a zone, such as {EXAMPLE}."
    if read.tzinfo is not None:
        return f"{now!r} is not written as RFC 3339. Write {read.isoformat(timespec='seconds')}."
    written = read.isoformat(timespec="seconds")
    offsets = f"add an offset, such as {written}+01:00, or Z for UTC"
    zone = json.loads(policy.document()).get("timezone")
    try:
        if zone:
            local = read.replace(tzinfo=ZoneInfo(zone)).isoformat(timespec="seconds")
            return f"{now!r} has no zone. In the policy's {zone}, write {local}; or {offsets}."
    except (KeyError, OSError, ValueError):  # no such zone on this machine
        pass
    return f"{now!r} has no zone: {offsets}."
