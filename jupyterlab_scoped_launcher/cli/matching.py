"""Which rules the engine matches with which cards."""

from __future__ import annotations

import json
from typing import Any

from .._core import Policy, batch

NOBODY = {"hub": True, "user": ""}
"""A context: which rules match does not depend on it."""


def matching_rules(
    policy: Policy, cards: list[dict[str, Any]], kernelspecs: list[Any]
) -> list[list[str]]:
    """Return for each card the ids of the rules that match it."""
    return policy.rules_of(json.dumps(cards), json.dumps(kernelspecs))


def matching_rules_of_document(
    document: Any, cards: list[dict[str, Any]], kernelspecs: list[Any]
) -> list[list[str]] | None:
    """Do what `matching_rules` does for a policy that a server has reduced to a visitor.

    Lint does not accept such a document, but a trace has each rule that matches. Returns None where
    the engine cannot read the document.
    """
    request = {"op": "explain", "policy": document, "context": NOBODY}
    answer = json.loads(batch(json.dumps({**request, "cards": cards, "kernelspecs": kernelspecs})))
    if "error" in answer:
        return None
    return [[rule["rule"] for rule in decision["trace"]] for decision in answer["decisions"]]
