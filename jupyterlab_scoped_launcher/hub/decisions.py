"""Asks the engine what the owner of a server may use. The Hub asks only here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..cards import Card, kernel_card
from ..context import ContextSnapshot, VisitorFacts, context_model, current_time
from ..policy_store import read_file
from .traitlets_config import hub_log

if TYPE_CHECKING:
    from jupyterhub.spawner import Spawner

    from .._core import Policy
    from ..policy_store import PolicyStore

MAX_KERNELSPEC_BYTES = 1024 * 1024
"""A longer kernel.json is not read."""


class OwnerDecisions:
    """Decides for the owner of the server that a spawner starts, by the policy of ``store``.

    Without a good policy nothing is allowed.
    """

    def __init__(self, store: PolicyStore) -> None:
        self._store = store
        self._logged: set[str] = set()

    def kernel_directories(self, spawner: Spawner) -> list[str]:
        """Return the policy's ``kernels`` directories that the server's owner may use."""
        policy = self._store.current().policy
        if policy is None:
            return []
        directories = json.loads(policy.kernels())
        cards = [self._kernel_card(directory, name) for name, directory in directories.items()]
        allowed = allowed_cards(policy, spawner, cards, cards)
        return list(dict.fromkeys(directories[card.name] for card in allowed))

    def allowed_profiles(self, spawner: Spawner, names: Sequence[str]) -> set[str]:
        """Return those of ``names`` that the server's owner may use.

        A name is ``SLUG`` for a profile, or ``SLUG/OPTION/CHOICE`` for a choice in it.
        """
        policy = self._store.current().policy
        if policy is None:
            return set()
        cards = [Card("profile", name) for name in names]
        kernels = [Card("kernel", name) for name in json.loads(policy.kernels())]
        return {card.name for card in allowed_cards(policy, spawner, cards, kernels)}

    def _kernel_card(self, directory: str, name: str) -> Card:
        """Return the card of the kernel ``name`` in ``directory``, as its server will make it.

        If the Hub cannot read its kernelspec, return one that says the name alone, and log that.
        """
        try:
            return kernel_card(name, _read_kernelspec(directory, name))
        except (OSError, ValueError, RecursionError) as error:
            if directory not in self._logged:
                self._logged.add(directory)
                hub_log().warning(
                    "scoped-launcher: the kernelspec of the kernel %r in %s cannot be read here"
                    " (%s): whether it is on a server's JUPYTER_PATH is decided without its tags,"
                    " display name and language",
                    name,
                    directory,
                    error,
                )
            return Card("kernel", name)


def _read_kernelspec(directory: str, name: str) -> Any:
    """Return the content of ``kernels/NAME/kernel.json`` in ``directory``, NAME in any case.

    Raises OSError or ValueError when it cannot be read, and when there is none.
    """
    kernels = Path(directory, "kernels")
    for folder in sorted(kernels.iterdir()):
        if folder.name.lower() == name.lower():
            return json.loads(read_file(folder / "kernel.json", MAX_KERNELSPEC_BYTES)[1])
    raise FileNotFoundError(f"there is no {kernels / name}")


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
        json.dumps([card.kernelspec_model() for card in kernels]),
    )
    decisions = json.loads(answer)["decisions"]
    return [card for card, made in zip(cards, decisions, strict=True) if made["visible"]]
