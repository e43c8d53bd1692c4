"""At spawn: the allowed kernels' directories on ``JUPYTER_PATH``, and the policy for the server."""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timezone
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Literal

from tornado import web

from .settings import hub_log

if TYPE_CHECKING:
    from jupyterhub.spawner import Spawner

    from .._core import Policy
    from ..policy_store import PolicyStore

    Hook = Callable[[Spawner], Awaitable[None] | None]

POLICY_VARIABLE = "SCOPED_LAUNCHER_POLICY"
POLICY_ARGUMENT = "--ScopedLauncher.policy_file="


class SpawnPolicy:
    """What the policy allows the owner of the server that is being spawned."""

    def __init__(
        self,
        store: PolicyStore,
        server_policy: str,
        policy_by: Literal["environment", "argument"] = "environment",
    ) -> None:
        self._store = store
        self._server_policy = server_policy
        self._policy_by = policy_by

    def after(self, earlier: Hook | None) -> Hook:
        """Return a ``pre_spawn_hook`` that runs ``earlier`` (async or not) and then this one.

        What `prepare` cannot do refuses the spawn with a sentence. What ``earlier`` raises passes
        through: it is not ours to reword.
        """

        async def pre_spawn_hook(spawner: Spawner) -> None:
            if earlier is not None:
                result = earlier(spawner)
                if isawaitable(result):
                    await result
            try:
                self.prepare(spawner)
            except web.HTTPError:
                raise
            except Exception as error:
                hub_log().exception("scoped-launcher: %s is not started", spawner._log_name)
                raise refusal(
                    "Your server was not started, because what it may offer you could not be"
                    " determined. Please tell the administrators of this JupyterHub."
                ) from error

        return pre_spawn_hook

    def prepare(self, spawner: Spawner) -> None:
        """Set the spawner's environment (and arguments) for this policy; touches nothing else."""
        # A new dict: the configured one is shared by all users' spawners.
        environment = dict(spawner.environment)
        if directories := self.kernel_directories(spawner):
            environment["JUPYTER_PATH"] = _search_path(directories, spawner)
        if self._policy_by == "environment":
            environment[POLICY_VARIABLE] = self._server_policy
        else:
            kept = [arg for arg in spawner.args if not arg.startswith(POLICY_ARGUMENT)]
            spawner.args = [*kept, POLICY_ARGUMENT + self._server_policy]
        spawner.environment = environment

    def kernel_directories(self, spawner: Spawner) -> list[str]:
        """Return the policy's ``kernels`` directories that the server's owner may use."""
        policy = self._store.current().policy
        if policy is None:
            return []
        directories = json.loads(policy.kernels())
        names = [
            name for name, allowed in decide(policy, spawner, "kernel", directories) if allowed
        ]
        return list(dict.fromkeys(directories[name] for name in names))

    def allowed_profiles(
        self, spawner: Spawner, profiles: list[tuple[str, dict[str, Any]]]
    ) -> list[dict[str, Any]]:
        """Return those of ``profiles`` (slug and definition) that the server's owner may use.

        A profile is decided as the card of the command ``profile:SLUG``. Without a good policy
        there are none.
        """
        policy = self._store.current().policy
        if policy is None:
            return []
        commands = [f"profile:{slug}" for slug, _ in profiles]
        verdicts = decide(policy, spawner, "command", commands)
        return [
            definition
            for (_, allowed), (_, definition) in zip(verdicts, profiles, strict=True)
            if allowed
        ]


def decide(
    policy: Policy, spawner: Spawner, kind: str, names: Collection[str]
) -> list[tuple[str, bool]]:
    """Ask the engine about the server's owner; returns each name with whether it is allowed.

    Which kernels exist is not known before the server runs: the policy's own are taken to.
    """
    from jupyterhub.scopes import get_scopes_for

    if not names:
        return []
    user = spawner.user
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    context = {
        "hub": True,
        "user": user.name,
        "admin": bool(user.admin),
        "groups": sorted(group.name for group in user.groups),
        "scopes": sorted(get_scopes_for(user.orm_user)),
        "shares": [],  # get_scopes_for has them already
        "server": {"owner": user.name, "name": spawner.name},
        "now": now,
    }
    cards = [
        {"id": name, "kind": kind, "name": name, "command": name if kind == "command" else None}
        for name in names
    ]
    kernelspecs = json.dumps(list(json.loads(policy.kernels())))
    answer = json.loads(policy.decide(json.dumps(context), json.dumps(cards), kernelspecs, now))
    return [(decision["id"], decision["visible"]) for decision in answer["decisions"]]


def refusal(sentence: str, *, reason: str = "scoped-launcher") -> web.HTTPError:
    """Return an exception that refuses a spawn and shows ``sentence`` to the user.

    JupyterHub 6 has `SpawnException` for this, which is not logged as an error of the Hub. Pages
    that are shown after the fact take ``jupyterhub_message``, with every JupyterHub.
    """
    try:
        from jupyterhub.spawner import SpawnException
    except ImportError:
        error = web.HTTPError(403, sentence)
    else:
        error = SpawnException(sentence, reason=reason, status_code=403)
    error.jupyterhub_message = sentence  # type: ignore[attr-defined]
    return error


def _search_path(directories: list[str], spawner: Spawner) -> Any:
    """Return ``JUPYTER_PATH`` with ``directories`` before what the server would have without us."""
    ours = ":".join(directories)
    theirs = spawner.environment.get("JUPYTER_PATH")
    if theirs is None and "JUPYTER_PATH" in spawner.env_keep:
        theirs = os.environ.get("JUPYTER_PATH")
    if callable(theirs):  # Spawner.get_env calls it
        return lambda spawner: f"{ours}:{theirs(spawner)}"
    if theirs and not isinstance(theirs, str):
        raise TypeError(
            "c.Spawner.environment['JUPYTER_PATH'] is neither a text nor a function, so the"
            " directories of the policy's kernels cannot be put before it"
        )
    return f"{ours}:{theirs}" if theirs else ours
