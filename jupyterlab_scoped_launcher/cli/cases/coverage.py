"""Which rules and conditions of a policy the cases reached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..._core import Policy
from ..decide import condition_text

OUTCOMES = {True: "true", False: "false"}


@dataclass
class RuleUse:
    """What the cases have seen of a rule: the outcomes of each condition, by its text."""

    met: bool = False
    in_force: bool = False
    outcomes: dict[str, set[bool | None]] = field(default_factory=dict)


@dataclass(frozen=True)
class Gap:
    """What no case has tested of a rule."""

    rule: str
    missing: str


class Coverage:
    """Collects what the engine's traces say of the rules of a policy."""

    def __init__(self, policy: Policy) -> None:
        self._rules = {rule: RuleUse() for rule in policy.rule_ids()}

    def add(self, decisions: Iterable[dict[str, Any]]) -> None:
        """Add the traces of explained decisions."""
        for decision in decisions:
            for traced in decision["trace"]:
                rule = self._rules.setdefault(traced["rule"], RuleUse())
                rule.met = True
                rule.in_force = rule.in_force or traced["in_force"]
                for condition in traced["conditions"]:
                    outcomes = rule.outcomes.setdefault(condition_text(condition), set())
                    outcomes.add(condition["outcome"])

    def summary(self) -> dict[str, int]:
        """Count the rules and those that met a card, the outcomes of conditions and those seen.

        A condition has two outcomes: true and false. The conditions of a rule that no case has in
        force are not known, so they are not counted.
        """
        conditions = [seen for rule in self._rules.values() for seen in rule.outcomes.values()]
        return {
            "rules": len(self._rules),
            "rules_met": sum(rule.met for rule in self._rules.values()),
            "outcomes": len(OUTCOMES) * len(conditions),
            "outcomes_met": sum(len(seen & OUTCOMES.keys()) for seen in conditions),
        }

    def gaps(self) -> Iterator[Gap]:
        """Yield what no case has tested, in the order of the policy."""
        for name, rule in self._rules.items():
            if not rule.met:
                yield Gap(name, "no case has a card that it matches")
            elif not rule.in_force:
                yield Gap(name, "no case is within its time window")
            elif not rule.outcomes:
                yield Gap(name, "no case evaluates its conditions")
            for condition, seen in rule.outcomes.items():
                for outcome, word in OUTCOMES.items():
                    if outcome not in seen:
                        yield Gap(name, f"`{condition}` is never {word}")
