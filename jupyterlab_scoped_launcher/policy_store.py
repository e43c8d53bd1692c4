"""Reads and checks the policy file, and reads it again when it changes.

The last good policy stays in use. The file is checked for changes when the policy is needed, at
most once a second. There is no thread and no file watcher, so the files of a Kubernetes ConfigMap,
which are symbolic links that Kubernetes replaces, work like others.
"""

from __future__ import annotations

import json
import os
import stat
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .changes import role_digests

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
"""The media types of icons, by file extension."""

MAX_ICON_BYTES = 256 * 1024
"""A longer image is not served."""

CHECK_INTERVAL_S = 1.0
"""The shortest time between two checks of the file."""

MIN_REFRESH_S = 1.0
"""With a shorter refresh, a context would be too old as soon as it is read."""

MIN_FILE_AGE_S = 1.0
"""A younger file may still be being written."""

MAX_LOGGED_DIAGNOSTICS = 20

UNKNOWN_GROUP = "SL506"
"""Lint's code for a group that it does not know."""

MAX_VISITOR_DOCUMENTS = 64
"""Reduced documents remembered at once. A server has few visitors."""

State = Literal["ok", "missing", "invalid"]

_Stamp = tuple[int, int, int, int]


@dataclass(frozen=True)
class PolicyState:
    """The policy that is in use now.

    ``missing``: no policy file is configured, and no card is governed. ``invalid``: one is
    configured, and it has never been good. ``ok``: a good policy is in use. ``problem`` says what
    is wrong with the file as it is now, for the log and for admins. It may be set with ``ok`` too:
    then an older version of the file is in use.
    """

    state: State
    policy: Policy | None = None
    problem: str = ""


class PolicyStore:
    """Holds the checked policy of one file (None: no policy is configured).

    ``refresh`` and ``max_stale`` override those of the policy. They are written as in a policy
    (``15s``); empty text overrides nothing. ``hub_groups`` returns groups that the Hub is known to
    have: no warning says that they are unknown. ``hub_roles`` returns the digests of those of the
    policy's roles that the running Hub has; None if that is not known, and then all are assumed.
    """

    def __init__(
        self,
        path: Path | None,
        log: Logger,
        *,
        refresh: str = "",
        max_stale: str = "",
        hub_groups: Callable[[], list[str]] = list,
        hub_roles: Callable[[], tuple[str, ...] | None] = lambda: None,
    ) -> None:
        self._path = path
        self._log = log
        self._hub_groups = hub_groups
        self._hub_roles = hub_roles
        self._known_roles: dict[str, dict[str, Any]] = {}  # of all versions so far, by digest
        self._with_hub_roles: tuple[object, tuple[str, ...], PolicyState] | None = None
        self._state = PolicyState("missing" if path is None else "invalid")
        self._next_check_at = 0.0
        self._last_read: tuple[_Stamp, bytes] | None = None
        self._stable_stamp: _Stamp | None = None  # a file with this stamp need not be read again
        self._checked_digest: bytes | None = None
        self._overrides = {
            "refresh": self._valid_override("refresh", refresh),
            "max_stale": self._valid_override("max_stale", max_stale),
        }
        self._visitor_documents: OrderedDict[tuple[str, str | None, str], tuple[str, str]] = (
            OrderedDict()
        )

    def current(self) -> PolicyState:
        """Return the policy in use, after a check of the file if one is due."""
        now = time.monotonic()
        if self._path is not None and now >= self._next_check_at:
            self._next_check_at = now + CHECK_INTERVAL_S
            self._reload_if_changed(self._path)
        told = self._hub_roles()
        if self._state.policy is None or told is None:
            return self._state
        if self._with_hub_roles is None or self._with_hub_roles[:2] != (self._state, told):
            state = self._limit_roles(self._state, self._state.policy, told)
            self._with_hub_roles = (self._state, told, state)
        return self._with_hub_roles[2]

    def _limit_roles(
        self, state: PolicyState, policy: Policy, told: tuple[str, ...]
    ) -> PolicyState:
        """Return ``state`` with the roles that the Hub has, in place of those of the policy.

        What the launcher shows, the Hub must let in. A role that an earlier version of the policy
        has defined counts as long as the Hub has it so.
        """
        if set(role_digests(json.loads(policy.roles()))) == set(told):
            return state
        document = json.loads(policy.document())
        document["roles"] = [
            self._known_roles[digest] for digest in told if digest in self._known_roles
        ]
        from ._core import Policy

        try:
            limited = Policy(json.dumps(document), str(self._path), **self._overrides)
        except ValueError as error:
            self._log.error("scoped-launcher: the roles of the Hub cannot be used: %s", error)
            document["roles"] = []
            limited = Policy(json.dumps(document), str(self._path), **self._overrides)
        return replace(state, policy=limited)

    @property
    def refresh_s(self) -> float:
        """How old a visitor's context may get, in seconds, before it is read again."""
        policy = self.current().policy
        return MIN_REFRESH_S if policy is None else max(policy.refresh_s, MIN_REFRESH_S)

    @property
    def max_stale_s(self) -> float:
        """How long, in seconds, the last good context of a visitor may be used."""
        policy = self.current().policy
        return 0.0 if policy is None else policy.max_stale_s

    def for_visitor(
        self, policy: Policy, user: str, now: str, *, service: str | None = None
    ) -> tuple[str, str]:
        """Return the document reduced to this visitor, as ``(etag, JSON text)``.

        ``now`` is the time (RFC 3339): the document has instants where the policy has times of the
        week. A visitor that is a service of the Hub has its name in ``service``.
        """
        key = (user, service, policy.etag_at(now))
        found = self._visitor_documents.get(key)
        if found is None:
            text = policy.for_visitor(user, now, service=service)
            found = (sha256(text.encode()).hexdigest()[:16], text)
            self._visitor_documents[key] = found
            if len(self._visitor_documents) > MAX_VISITOR_DOCUMENTS:
                self._visitor_documents.popitem(last=False)
        self._visitor_documents.move_to_end(key)
        return found

    def icon(self, name: str) -> tuple[str, bytes] | None:
        """Return the media type and content of an image in the folder of the policy file.

        None unless a card of the policy in use has exactly this ``name`` as its icon. Raises
        OSError when the file cannot be read.
        """
        policy = self.current().policy
        media_type = ICON_TYPES.get(os.path.splitext(name)[1].lower())
        if self._path is None or policy is None or media_type is None or Path(name).name != name:
            return None
        if name not in policy.icons():
            return None
        try:
            return media_type, read_file(self._path.with_name(name), MAX_ICON_BYTES)[1]
        except ValueError as error:
            raise OSError(str(error)) from None

    def _reload_if_changed(self, path: Path) -> None:
        """Read the file if it may have changed.

        A new version replaces a good one when it is old enough, or when two checks in a row read
        the same content (clocks may differ). So a file that is still being written never becomes
        the policy: half a YAML file is often good YAML.
        """
        try:
            if _stamp(os.stat(path)) == self._stable_stamp:
                return
            stamp, content, age_s = read_file(path)
        except (OSError, ValueError) as error:
            self._last_read = self._stable_stamp = self._checked_digest = None
            reason = error.strerror if isinstance(error, OSError) else error
            self._keep_last(f"  {path}: error unreadable: {reason}.")
            return
        digest = sha256(content).digest()
        is_stable = (stamp, digest) == self._last_read or age_s > MIN_FILE_AGE_S
        self._last_read = (stamp, digest)
        if is_stable:
            self._stable_stamp = stamp
        elif self._state.policy is not None:
            return
        if digest != self._checked_digest:
            self._checked_digest = digest
            self._load(path, content)

    def _load(self, path: Path, content: bytes) -> None:
        try:
            from ._core import Policy, PolicyError
        except ImportError as error:
            self._keep_last(
                f"  error no-engine: the engine cannot be loaded ({error})."
                " Install jupyterlab-scoped-launcher again."
            )
            return
        try:
            policy = Policy(content, str(path), **self._overrides)
        except PolicyError as error:
            self._keep_last(_format_diagnostics(json.loads(error.diagnostics)))
            return
        again = "again " if self._state.policy is not None else ""
        self._state = PolicyState("ok", policy)
        roles = json.loads(policy.roles())
        self._known_roles.update(zip(role_digests(roles), roles, strict=True))
        self._visitor_documents.clear()
        self._log.info("scoped-launcher: policy %s read %s(%s)", path, again, policy.etag)
        if warnings := _format_diagnostics(self._warnings(policy, path, content)):
            self._log.warning("scoped-launcher: the policy has warnings:\n%s", warnings)

    def _warnings(self, policy: Policy, path: Path, content: bytes) -> list[dict[str, Any]]:
        """Return lint's warnings but those that name one of the Hub's groups as unknown."""
        from ._core import lint

        warnings: list[dict[str, Any]] = json.loads(policy.warnings)
        if not (groups := self._hub_groups()):
            return warnings
        diagnostics = json.loads(lint(content, str(path), groups))["diagnostics"]
        # The Hub may have more groups than these, so what lint says with these alone is not used.
        unknown = {found["path"] for found in diagnostics if found["code"] == UNKNOWN_GROUP}
        return [
            warning
            for warning in warnings
            if warning["code"] != UNKNOWN_GROUP or warning["path"] in unknown
        ]

    def _keep_last(self, problem: str) -> None:
        """Keep the last good policy, if there is one, and log ``problem`` if it is new."""
        if problem == self._state.problem:
            return
        good = self._state.policy
        self._state = PolicyState("invalid" if good is None else "ok", good, problem)
        self._log.error(
            "scoped-launcher: the policy cannot be used; %s:\n%s",
            "ScopedLauncher.on_invalid says what the launcher shows"
            if good is None
            else "the last good one stays in use",
            problem,
        )

    def _valid_override(self, key: str, text: str) -> str:
        """Return an override if the engine accepts it. If not, log why, and return empty text."""
        try:
            from ._core import Policy

            Policy('{"version": 1}', **{key: text})
        except ImportError:
            return ""  # the error is logged when the policy is loaded
        except ValueError as error:
            self._log.error(
                "scoped-launcher: ScopedLauncher.%s = %r is not used: %s", key, text, error
            )
            return ""
        return text


def _stamp(status: os.stat_result) -> _Stamp:
    """Return what identifies this version of a file."""
    return (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size)


def read_file(path: Path, max_bytes: int = MAX_POLICY_BYTES) -> tuple[_Stamp, bytes, float]:
    """Return the file's stamp, its content, and how long ago it was written, in seconds.

    Raises OSError, or ValueError (with a reason for people) when it is no regular file or too long.
    """
    with open(path, "rb", opener=_open_nonblocking) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("it is not a regular file")
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise ValueError(f"it is longer than {max_bytes // 1024} KiB")
    return _stamp(status), content, time.time() - status.st_mtime


def _open_nonblocking(path: str, flags: int) -> int:
    """Open for reading. Otherwise opening a named pipe would block until somebody writes to it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _format_diagnostics(diagnostics: list[dict[str, Any]]) -> str:
    """Write lint's diagnostics for the log, one a line."""
    lines = [
        f"  {found['file']}:{found['line']}:{found['column']}: {found['severity']}"
        f" {found['code']}: {found['message']} {found.get('help') or ''}".rstrip()
        for found in diagnostics[:MAX_LOGGED_DIAGNOSTICS]
    ]
    if len(diagnostics) > MAX_LOGGED_DIAGNOSTICS:
        lines.append(f"  and {len(diagnostics) - MAX_LOGGED_DIAGNOSTICS} more")
    return "\n".join(lines)
