"""The policy that the service follows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..policy_store import PolicyStore

if TYPE_CHECKING:
    from logging import Logger

    from .._core import Policy


class NoPolicyError(Exception):
    """There is no policy to follow; the text says why."""


class FollowedPolicy:
    """The last good policy in a file, which is read again when it changes."""

    def __init__(self, path: Path, logger: Logger) -> None:
        self._path = path
        self._store = PolicyStore(path, logger)

    def current(self) -> Policy:
        """Return the last good policy; raise NoPolicyError when there never was one."""
        state = self._store.current()
        if state.policy is None:
            raise NoPolicyError(f"{self._path} cannot be used:\n{state.problem}")
        return state.policy

    @property
    def problem(self) -> str:
        """Return what is wrong with the policy file as it is now ("" if nothing is)."""
        return self._store.current().problem

    @property
    def problem_for_admins(self) -> str:
        """Return the problem, which names the file if there is no policy to follow."""
        try:
            self.current()
        except NoPolicyError as error:
            return str(error)
        return self.problem
