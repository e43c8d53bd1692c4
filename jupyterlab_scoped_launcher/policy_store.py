"""The policy file: read, checked and watched. The last good policy stays.

The file is looked at when a visitor asks, at most once a second; there is no thread and no watcher,
and a Kubernetes ConfigMap (whose files are symbolic links that are swapped) needs nothing special.
"""

from __future__ import annotations

import json
import os
import stat
import time
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from logging import Logger

    from ._core import Policy

MAX_POLICY_BYTES = 4 * 1024 * 1024
"""A longer policy file is refused."""

ICON_TYPES = {
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}
"""The images that a policy may have next to it, by their endings."""

MAX_ICON_BYTES = 256 * 1024
"""A longer image is not served."""

LOOK_EVERY_S = 1.0
"""How often the file is looked at, at most."""

SHORTEST_REFRESH_S = 1.0
"""Facts that may not get any older would be too old as soon as they are read."""

STILL_AFTER_S = 1.0
"""A file that was changed more recently may still be being written."""

MAX_LOGGED_FINDINGS = 20

MAX_REDUCED = 64
"""Reduced documents remembered at once; a server has few visitors."""

State = Literal["ok", "missing", "invalid"]

_Stamp = tuple[int, int, int, int]


@dataclass(frozen=True)
class PolicyState:
    """What governs the launcher now.

    ``missing``: no policy file is configured, and nothing is governed. ``invalid``: one is, and it
    has never been good. ``problem`` says what is wrong with the file as it is now, for the log and
    for admins, and may be set while an older policy is in use (``ok``).
    """

    state: State
    policy: Policy | None = None
    problem: str = ""


class PolicyStore:
    """Holds the checked policy of one file (None: no policy is configured).

    ``refresh`` and ``max_stale`` override the policy's own, written as there (``15s``); empty text
    overrides nothing.
    """

    def __init__(
        self, path: Path | None, log: Logger, *, refresh: str = "", max_stale: str = ""
    ) -> None:
        self._path = path
        self._log = log
        self._now = PolicyState("missing" if path is None else "invalid")
        self._look_again_at = 0.0
        self._seen: tuple[_Stamp, bytes] | None = None  # what the last look read
        self._settled: _Stamp | None = None  # while the file has this stamp it need not be read
        self._checked: bytes | None = None  # the content that was checked last
        self._overrides: dict[str, tuple[str, float]] = {}
        self._override("refresh", refresh)
        self._override("max_stale", max_stale)
        self._reduced: OrderedDict[str, tuple[str, str]] = OrderedDict()

    def current(self) -> PolicyState:
        """Return what governs the launcher now, after a look at the file if one is due."""
        now = time.monotonic()
        if self._path is not None and now >= self._look_again_at:
            self._look_again_at = now + LOOK_EVERY_S
            self._look(self._path)
        return self._now

    def refresh_s(self, policy: Policy | None) -> float:
        """Return how old a visitor's facts may get, in seconds, before they are read again."""
        if "refresh" in self._overrides:
            wanted = self._overrides["refresh"][1]
        else:
            wanted = 0.0 if policy is None else policy.refresh_s
        return max(wanted, SHORTEST_REFRESH_S)

    def max_stale_s(self, policy: Policy | None) -> float:
        """Return for how long, in seconds, the last good facts may be used."""
        if "max_stale" in self._overrides:
            return self._overrides["max_stale"][1]
        return 0.0 if policy is None else policy.max_stale_s

    def for_visitor(self, policy: Policy, user: str) -> tuple[str, str]:
        """Return the document reduced to this visitor, as ``(etag, JSON text)``."""
        found = self._reduced.get(user)
        if found is None:
            text = policy.for_visitor(user)
            if self._overrides:
                overrides = {key: written for key, (written, _) in self._overrides.items()}
                text = json.dumps({**json.loads(text), **overrides})
            found = (sha256(text.encode()).hexdigest()[:16], text)
            self._reduced[user] = found
            if len(self._reduced) > MAX_REDUCED:
                self._reduced.popitem(last=False)
        self._reduced.move_to_end(user)
        return found

    def icon(self, name: str) -> tuple[str, bytes] | None:
        """Return media type and content of an image next to the policy file.

        None unless a card of the policy in use has just this ``name`` as its icon. Raises OSError
        when the file cannot be used.
        """
        policy = self.current().policy
        media_type = ICON_TYPES.get(os.path.splitext(name)[1].lower())
        if self._path is None or policy is None or media_type is None or Path(name).name != name:
            return None
        cards = json.loads(policy.document()).get("cards", [])
        if all(card.get("icon") != name for card in cards):
            return None
        try:
            return media_type, read_file(self._path.with_name(name), MAX_ICON_BYTES)[1]
        except ValueError as error:
            raise OSError(str(error)) from None

    def _look(self, path: Path) -> None:
        """Read the file if it may have changed.

        A new version replaces a good one when it was written a while ago, or when two looks in a
        row read the same (clocks may differ). So a file that is still being written never becomes
        the policy: half a YAML file is often good YAML.
        """
        try:
            if _stamp(os.stat(path)) == self._settled:
                return
            stamp, content, age_s = read_file(path)
        except (OSError, ValueError) as error:
            self._seen = self._settled = self._checked = None
            reason = error.strerror if isinstance(error, OSError) else error
            self._refuse(f"  {path}: error unreadable: {reason}.")
            return
        seen = (stamp, sha256(content).digest())
        still = seen == self._seen or age_s > STILL_AFTER_S
        self._seen = seen
        if still:
            self._settled = stamp
        elif self._now.policy is not None:
            return
        if seen[1] != self._checked:
            self._checked = seen[1]
            self._check(path, content)

    def _check(self, path: Path, content: bytes) -> None:
        try:
            from ._core import Policy, PolicyError
        except ImportError as error:
            self._refuse(
                f"  error no-engine: the engine cannot be loaded ({error})."
                " Install jupyterlab-scoped-launcher again."
            )
            return
        try:
            policy = Policy(content, str(path))
        except PolicyError as error:
            self._refuse(_as_lines(error.findings))
            return
        again = "again " if self._now.policy is not None else ""
        self._now = PolicyState("ok", policy)
        self._reduced.clear()
        self._log.info("scoped-launcher: policy %s read %s(%s)", path, again, policy.etag)
        if warnings := _as_lines(policy.warnings):
            self._log.warning("scoped-launcher: the policy has warnings:\n%s", warnings)

    def _refuse(self, problem: str) -> None:
        """Keep what there is, and log ``problem`` if it is a new one."""
        if problem == self._now.problem:
            return
        good = self._now.policy
        self._now = PolicyState("invalid" if good is None else "ok", good, problem)
        self._log.error(
            "scoped-launcher: the policy cannot be used; %s:\n%s",
            "ScopedLauncher.on_invalid says what the launcher shows"
            if good is None
            else "the last good one stays in use",
            problem,
        )

    def _override(self, key: str, written: str) -> None:
        """Remember an override if the engine accepts it; else log what is wrong with it."""
        if not written:
            return
        try:
            from ._core import Policy, PolicyError

            policy = Policy(json.dumps({"version": 1, key: written}), f"ScopedLauncher.{key}")
        except ImportError:
            return  # nothing is decided without the engine, and checking the policy says so
        except PolicyError as error:
            self._log.error(
                "scoped-launcher: ScopedLauncher.%s = %r is not used:\n%s",
                key,
                written,
                _as_lines(error.findings),
            )
            return
        seconds = policy.refresh_s if key == "refresh" else policy.max_stale_s
        self._overrides[key] = (written, seconds)


def _stamp(status: os.stat_result) -> _Stamp:
    """Return what tells this version of a file from others."""
    return (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size)


def read_file(path: Path, max_bytes: int = MAX_POLICY_BYTES) -> tuple[_Stamp, bytes, float]:
    """Return the file's stamp, its content, and how long ago it was written, in seconds.

    Raises OSError, or ValueError (with a reason for people) when it is no regular file or too long.
    """
    with open(path, "rb", opener=_open_without_waiting) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("it is not a regular file")
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise ValueError(f"it is longer than {max_bytes // 1024} KiB")
    return _stamp(status), content, time.time() - status.st_mtime


def _open_without_waiting(path: str, flags: int) -> int:
    """Open for reading; a named pipe would otherwise wait until somebody writes to it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _as_lines(findings_json: str) -> str:
    """Write lint's findings (JSON text) for the log, one a line: place, code, fault, remedy."""
    findings: list[dict[str, Any]] = json.loads(findings_json)
    lines = [
        f"  {finding['file']}:{finding['line']}:{finding['column']}: {finding['severity']}"
        f" {finding['code']}: {finding['message']} {finding.get('help') or ''}".rstrip()
        for finding in findings[:MAX_LOGGED_FINDINGS]
    ]
    if len(findings) > MAX_LOGGED_FINDINGS:
        lines.append(f"  and {len(findings) - MAX_LOGGED_FINDINGS} more")
    return "\n".join(lines)
