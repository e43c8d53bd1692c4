"""At spawn: the allowed kernels' directories on ``JUPYTER_PATH``, and the policy for the server."""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable, Iterator, Sequence
from inspect import isawaitable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tornado import web

from ..cards import Card, kernelspec_tags
from ..context import ContextSnapshot, VisitorFacts, context_model, current_time
from ..policy_store import read_file
from .traitlets_config import hub_log

if TYPE_CHECKING:
    from jupyterhub.spawner import Spawner

    from .._core import Policy
    from ..policy_store import PolicyStore

    Hook = Callable[[Spawner], Awaitable[None] | None]

POLICY_VARIABLE = "SCOPED_LAUNCHER_POLICY"
POLICY_ARGUMENT = "--ScopedLauncher.policy_file="

MAX_KERNELSPEC_BYTES = 1024 * 1024
"""Tags are not looked for in a longer kernel.json."""


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
        self._logged: set[str] = set()

    def wrap_hook(self, configured: Hook | None) -> Hook:
        """Return a ``pre_spawn_hook`` that calls ``configured`` (async or not), then `prepare`.

        If `prepare` fails, the spawn is refused with a sentence for the user. Exceptions of
        ``configured`` pass through unchanged.
        """

        async def pre_spawn_hook(spawner: Spawner) -> None:
            if configured is not None:
                result = configured(spawner)
                if isawaitable(result):
                    await result
            try:
                self.prepare(spawner)
            except web.HTTPError:
                raise
            except Exception as error:
                hub_log().exception("scoped-launcher: %s is not started", spawner._log_name)
                raise spawn_error(
                    "Your server was not started, because your permissions could not be"
                    " determined. Please tell the administrators of this JupyterHub."
                ) from error

        return pre_spawn_hook

    def prepare(self, spawner: Spawner) -> None:
        """Set the spawner's environment (and arguments) for this policy, and nothing else."""
        # A new dict: the configured one is shared by all users' spawners.
        environment = dict(spawner.environment)
        if directories := self.kernel_directories(spawner):
            environment["JUPYTER_PATH"] = _search_path(directories, spawner)
        if self._policy_by == "environment":
            environment[POLICY_VARIABLE] = self._server_policy
        else:
            others = [arg for arg in spawner.args if not arg.startswith(POLICY_ARGUMENT)]
            spawner.args = [*others, POLICY_ARGUMENT + self._server_policy]
        spawner.environment = environment

    def kernel_directories(self, spawner: Spawner) -> list[str]:
        """Return the policy's ``kernels`` directories that the server's owner may use."""
        policy = self._store.current().policy
        if policy is None:
            return []
        directories = json.loads(policy.kernels())
        cards = [
            Card("kernel", name, tags=self._kernel_tags(directory, name))
            for name, directory in directories.items()
        ]
        allowed = allowed_cards(policy, spawner, cards, cards)
        return list(dict.fromkeys(directories[card.name] for card in allowed))

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
        cards = [
            Card("command", f"profile:{slug}", command=f"profile:{slug}") for slug, _ in profiles
        ]
        kernels = [Card("kernel", name) for name in json.loads(policy.kernels())]
        allowed = allowed_cards(policy, spawner, cards, kernels)
        return [
            definition
            for card, (_, definition) in zip(cards, profiles, strict=True)
            if card in allowed
        ]

    def _kernel_tags(self, directory: str, name: str) -> tuple[str, ...]:
        """Return the tags of the kernel ``name`` in ``directory``, as its server will read them.

        If the Hub cannot read them, return none and log that.
        """
        try:
            return tuple(
                tag for spec in _read_kernelspecs(directory, name) for tag in kernelspec_tags(spec)
            )
        except (OSError, ValueError, RecursionError) as error:
            if directory not in self._logged:
                self._logged.add(directory)
                hub_log().warning(
                    "scoped-launcher: the tags of the kernel %r in %s cannot be read here (%s):"
                    " whether it is on a server's JUPYTER_PATH is decided without them",
                    name,
                    directory,
                    error,
                )
            return ()


def _read_kernelspecs(directory: str, name: str) -> Iterator[Any]:
    """Yield the content of each ``kernels/NAME/kernel.json`` in ``directory``, NAME in any case.

    Raises OSError or ValueError when it cannot be read, and when there is none.
    """
    kernels = Path(directory, "kernels")
    folders = [folder for folder in kernels.iterdir() if folder.name.lower() == name.lower()]
    if not folders:
        raise FileNotFoundError(f"there is no {kernels / name}")
    for folder in folders:
        yield json.loads(read_file(folder / "kernel.json", MAX_KERNELSPEC_BYTES)[1])


def allowed_cards(
    policy: Policy, spawner: Spawner, cards: Sequence[Card], kernels: Sequence[Card]
) -> list[Card]:
    """Return those of ``cards`` that the owner of the server may use, by the engine.

    The Hub does not know which kernels the server will have: ``kernels`` are assumed to exist.
    """
    from jupyterhub.scopes import get_scopes_for

    if not cards:
        return []
    user = spawner.user
    visitor = VisitorFacts(
        hub=True,
        user=user.name,
        admin=bool(user.admin),
        groups=tuple(sorted(group.name for group in user.groups)),
        scopes=tuple(sorted(get_scopes_for(user.orm_user))),  # with those of shares
    )
    context = context_model(
        ContextSnapshot(visitor),
        server_owner=user.name,
        server_name=spawner.name,
        now=current_time(),
    )
    answer = policy.may_use(
        json.dumps(context),
        json.dumps([card.model() for card in cards]),
        json.dumps([{"name": card.name, "tags": card.tags} for card in kernels]),
    )
    decisions = json.loads(answer)["decisions"]
    return [card for card, made in zip(cards, decisions, strict=True) if made["visible"]]


def spawn_error(sentence: str, *, reason: str = "scoped-launcher") -> web.HTTPError:
    """Return an exception that refuses a spawn and shows ``sentence`` to the user.

    JupyterHub 6 has `SpawnException` for this, which is not logged as an error of the Hub. Every
    JupyterHub shows ``jupyterhub_message`` on the page after a failed spawn.
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
    """Return ``JUPYTER_PATH`` with ``directories`` before what the server would have otherwise."""
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
