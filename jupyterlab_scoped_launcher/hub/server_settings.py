"""What a server is told by its environment and its command line, whatever spawner starts it.

A spawner's ``environment`` is not the last word: profiles of KubeSpawner and wrapspawner change or
replace it after ``pre_spawn_hook``, and subclasses add to it in ``get_env``. Every spawner asks its
own ``get_env()`` and ``get_args()`` when it starts the server. So these are wrapped, on the spawner
that starts the server and on the one that a wrapspawner makes for that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial, wraps
from os.path import basename
from typing import TYPE_CHECKING, Any

from ..variables import (
    KERNEL_PATH_VARIABLE,
    MANAGED_GROUPS_VARIABLE,
    POLICY_VARIABLE,
    SERVICE_VARIABLE,
    WITHHELD_SCOPES_VARIABLE,
)

if TYPE_CHECKING:
    from jupyterhub.spawner import Spawner

POLICY_ARGUMENT = "--ScopedLauncher.policy_file="

JUPYTER_PROGRAMS = {
    *("jupyterhub-singleuser", "jupyter-labhub", "jupyter-lab", "jupyter-notebook"),
    *("jupyter-server", "jupyter-nbclassic"),
    # The start scripts of the Jupyter Docker Stacks, which hand their arguments on.
    *("start-singleuser.sh", "start-singleuser.py", "start-notebook.sh", "start-notebook.py"),
}
"""Programs that take `POLICY_ARGUMENT`."""

JUPYTER_MODULES = {"jupyterhub.singleuser", "jupyterlab", "notebook", "jupyter_server"}
"""Modules that take `POLICY_ARGUMENT` when they are run with ``python -m``."""


@dataclass(frozen=True)
class ServiceAddress:
    """Where servers reach the Hub service.

    ``origin`` is for all servers. If it is empty, those that run on the Hub's machine use
    ``local_origin``. All others ask the Hub alone.
    """

    origin: str = ""
    local_origin: str = ""

    def seen_from(self, spawner: Spawner) -> str:
        """Return the origin for the server that ``spawner`` starts; empty if there is none."""
        from jupyterhub.spawner import LocalProcessSpawner

        if self.origin:
            return self.origin
        return self.local_origin if isinstance(spawner, LocalProcessSpawner) else ""


@dataclass(frozen=True)
class ServerSettings:
    """What the server gets.

    ``policy_file`` is the policy as the server sees it; it is also an argument if ``by_argument``.
    ``kernel_directories`` go before the server's ``JUPYTER_PATH``. ``service`` is where the Hub
    service is. ``withheld_scopes`` are those of `WITHHELD_SCOPES_VARIABLE`.
    """

    policy_file: str
    by_argument: bool = False
    kernel_directories: tuple[str, ...] = ()
    service: ServiceAddress = ServiceAddress()
    withheld_scopes: tuple[str, ...] = ()

    def give_to(self, spawner: Spawner) -> None:
        """Let the server that ``spawner`` starts next have these settings, and no earlier ones."""

        def get_env(inner: Callable[[], dict[str, Any]]) -> dict[str, Any]:
            environment = inner()
            if service := self.service.seen_from(spawner):
                environment = {**environment, SERVICE_VARIABLE: service}
                if getattr(spawner.authenticator, "manage_groups", False):
                    environment[MANAGED_GROUPS_VARIABLE] = "1"
            return self.in_environment(environment, is_complete=_knows_whole_environment(spawner))

        def get_args(inner: Callable[[], Sequence[str]]) -> list[str]:
            return self.in_arguments(list(spawner.cmd or ()), inner())

        def construct_child(inner: Callable[[], Any]) -> Any:
            result = inner()  # of ProfilesSpawner it is None
            self.give_to(spawner.child_spawner)
            return result

        _wrap(spawner, "get_env", get_env)
        _wrap(spawner, "get_args", get_args)
        if hasattr(spawner, "construct_child"):
            _wrap(spawner, "construct_child", construct_child)
            if getattr(spawner, "child_spawner", None) is not None:
                self.give_to(spawner.child_spawner)

    def in_environment(
        self, environment: dict[str, Any], *, is_complete: bool = False
    ) -> dict[str, Any]:
        """Return ``environment`` with these settings.

        ``is_complete``: the server will have no other variables. Otherwise it may have a
        ``JUPYTER_PATH`` that is not in ``environment``, and must not lose it.
        """
        environment = {**environment, POLICY_VARIABLE: self.policy_file}
        if self.withheld_scopes:
            environment[WITHHELD_SCOPES_VARIABLE] = " ".join(self.withheld_scopes)
        if self.kernel_directories:
            path = environment.get("JUPYTER_PATH")
            if isinstance(path, str) or (path is None and is_complete):
                others = [path] if path else []
                environment["JUPYTER_PATH"] = ":".join([*self.kernel_directories, *others])
            else:
                environment[KERNEL_PATH_VARIABLE] = ":".join(self.kernel_directories)
        return environment

    def in_arguments(self, command: Sequence[str], arguments: Sequence[str]) -> list[str]:
        """Return ``arguments`` of ``command`` with these settings, if the command knows them."""
        if not self.by_argument or not takes_policy_argument([*command, *arguments]):
            return list(arguments)
        others = [argument for argument in arguments if not argument.startswith(POLICY_ARGUMENT)]
        return [*others, POLICY_ARGUMENT + self.policy_file]


def takes_policy_argument(command: Sequence[str]) -> bool:
    """Return whether the last program of ``command`` is a Jupyter server.

    Not for a shell's ``-c``: what follows its text is no argument of the program in that text.
    """
    if "-c" in command:
        return False
    previous = ["", *command]
    return any(
        basename(word) in JUPYTER_PROGRAMS or (before == "-m" and word in JUPYTER_MODULES)
        for before, word in zip(previous, command, strict=False)
    )


def runs_jupyter(command: Sequence[str]) -> bool:
    """Return whether ``command`` starts a Jupyter server, perhaps in a shell's text."""
    text = " ".join(command)
    return takes_policy_argument(command) or any(
        name in text for name in ("jupyterhub-singleuser", "jupyterhub.singleuser", "labhub")
    )


def _wrap(spawner: Spawner, name: str, wrapper: Callable[[Callable[[], Any]], Any]) -> None:
    """Replace a method of this spawner by ``wrapper(the method)``.

    A method that was wrapped for an earlier start of the server is unwrapped before.
    """
    method = getattr(spawner, name)
    inner = getattr(method, "_without_policy", method)

    @wraps(inner)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return wrapper(partial(inner, *args, **kwargs))

    wrapped._without_policy = inner  # type: ignore[attr-defined]
    setattr(spawner, name, wrapped)


def _knows_whole_environment(spawner: Spawner) -> bool:
    """Return whether the server's environment is just what ``get_env`` returns.

    A container's image, and a login shell, add to it.
    """
    from jupyterhub.spawner import LocalProcessSpawner

    return isinstance(spawner, LocalProcessSpawner) and not spawner.shell_cmd
