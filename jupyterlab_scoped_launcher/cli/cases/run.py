"""Decides on cases with the engine, and compares with what they expect."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import click

from ..._core import Policy, batch
from ..cards import Card, parse_card, resolve_card
from ..errors import CliError
from ..tried_cards import CardOptions, kernelspecs_of, tried_cards
from .coverage import Coverage
from .document import Case, Expectation, Kernelspecs


class CaseError(Exception):
    """The engine cannot read what a case has. The text says what, and what to write."""


@dataclass(frozen=True)
class Failure:
    """A card that is decided otherwise than expected."""

    card: str
    expected: str
    decided: str
    sentence: str


@dataclass
class CaseResult:
    """A case that ran, with the time that it took."""

    case: Case
    failures: list[Failure] = field(default_factory=list)
    seconds: float = 0.0


class CaseRunner:
    """Runs cases against a policy; a case with its own policy is decided by that."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self.coverage = Coverage(policy)

    def run(self, case: Case) -> CaseResult:
        """Decide on the cards of a case. Raises `CaseError`."""
        began = time.perf_counter()
        if case.cards is None:
            cards, ids, kernelspecs = self._expected_cards(case)
        else:
            cards, ids, kernelspecs = case.cards, [_id_of(card) for card in case.cards], None
        decisions = self._explain(
            case, cards, kernelspecs if case.kernelspecs is None else case.kernelspecs
        )
        result = CaseResult(case)
        for card_id, decision in zip(ids, decisions, strict=True):
            if card_id in case.expect:
                expected, sentence = case.expect[card_id], case.sentences.get(card_id)
                failures = _failures(card_id, expected, sentence, decision)
                # The two cards of a kernel are usually decided alike.
                result.failures += [each for each in failures if each not in result.failures]
        result.seconds = time.perf_counter() - began
        return result

    def _expected_cards(self, case: Case) -> tuple[list[Card], list[str], list[Any]]:
        """Return the cards that ``expect`` names, its id for each, and the kernels that exist."""
        known = self._known_cards(case)
        cards: list[Card] = []
        ids: list[str] = []
        for card_id in case.expect:
            found = [card for card in known if card["id"] == card_id]
            found = found or resolve_card(_named_card(card_id), known)
            cards += found
            ids += [card_id] * len(found)
        return cards, ids, kernelspecs_of([*known, *cards])

    def _known_cards(self, case: Case) -> list[Card]:
        policies = [self._policy] if case.policy is None else []
        try:
            return tried_cards(policies, case.context, CardOptions()).cards
        except CliError as error:
            raise CaseError(_without_place(str(error))) from None

    def _explain(
        self, case: Case, cards: list[Card], kernelspecs: Kernelspecs | None
    ) -> list[dict[str, Any]]:
        """Return the engine's decisions with their traces, in card order."""
        if case.policy is None:
            answer = self._ask_policy(case, cards, kernelspecs)
            self.coverage.add(answer)
            return answer
        request: dict[str, Any] = {"op": "explain", "policy": case.policy, "cards": cards}
        request |= {"context": case.context, "kernelspecs": kernelspecs, "now": case.now}
        request["language"] = case.language
        answered = json.loads(
            batch(json.dumps({key: value for key, value in request.items() if value is not None}))
        )
        if "error" in answered:
            raise CaseError(_without_place(answered["error"]["message"]))
        decisions: list[dict[str, Any]] = answered["decisions"]
        return decisions

    def _ask_policy(
        self, case: Case, cards: list[Card], kernelspecs: Kernelspecs | None
    ) -> list[dict[str, Any]]:
        try:
            answer = self._policy.explain(
                json.dumps(case.context),
                json.dumps(cards),
                None if kernelspecs is None else json.dumps(kernelspecs),
                case.now,
                language=case.language,
            )
        except ValueError as error:
            raise CaseError(_without_place(str(error))) from None
        decisions: list[dict[str, Any]] = json.loads(answer)["decisions"]
        return decisions


def _without_place(message: str) -> str:
    """Return the engine's message without the place in the JSON that it was given."""
    return re.sub(r" at line \d+ column \d+", "", message)


def _id_of(card: Any) -> str:
    return str(card.get("id", "")) if isinstance(card, dict) else ""


def _named_card(card_id: str) -> Card:
    try:
        return parse_card(card_id)
    except click.BadParameter as error:
        raise CaseError(
            f"{error.message} Or list the case's `cards`, one of them with this id."
        ) from None


def _failures(
    card: str, expected: Expectation, sentence: str | None, decision: dict[str, Any]
) -> Iterator[Failure]:
    """Compare a decision with what is expected."""
    decided = Expectation(decision["visible"], decision["reason"], decision["rule"])
    compared = decided if expected.reason is not None else Expectation(decided.visible)
    if compared != expected:
        # With its reason and rule, also where these were not expected.
        yield Failure(card, str(expected), str(decided), decision["sentence"])
    elif sentence is not None and sentence != decision["sentence"]:
        yield Failure(card, f"“{sentence}”", f"“{decision['sentence']}”", decision["sentence"])
