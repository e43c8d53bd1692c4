"""The decision cases of tests/cases, through the extension module.

Rust and WebAssembly run the same files; scripts/run_tests.py compares how many each ran.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from decision_cases import DELIBERATE_ERRORS, load

from jupyterlab_scoped_launcher import _core

REPO = Path(__file__).resolve().parents[2]
COUNT = REPO / "target" / "case-counts" / "python"


def decision(card: str, expected: str) -> dict[str, Any]:
    """Read ``shown REASON [RULE]`` or ``hidden REASON [RULE]``."""
    verdict, reason, *rule = expected.split(" ", 2)
    assert verdict in {"shown", "hidden"}
    visible = verdict == "shown"
    return {"id": card, "visible": visible, "reason": reason, "rule": rule[0] if rule else None}


def ask(op: str, case: dict[str, Any]) -> Any:
    fields = ("policy", "context", "cards", "kernelspecs", "now", "language")
    request = {key: case[key] for key in fields if key in case}
    return json.loads(_core.batch(json.dumps({"op": op, **request})))


def test_every_case_is_decided_as_it_says() -> None:
    cases = load()
    wrong = []
    for name, case in cases:
        expected = [decision(card["id"], case["expect"][card["id"]]) for card in case["cards"]]
        assert len(expected) == len(case["expect"]), name
        decided = ask("decide", case)
        if decided != {"decisions": expected}:
            wrong.append(f"{name}\n  expected {expected}\n  decided  {decided}")
        sentences = {card["id"]: card["sentence"] for card in ask("explain", case)["decisions"]}
        for card, sentence in case.get("sentences", {}).items():
            assert sentences[card] == sentence, name
    assert not wrong, "\n".join(wrong)
    COUNT.parent.mkdir(parents=True, exist_ok=True)
    COUNT.write_text(f"{len(cases)}\n")


def test_lint_refuses_only_what_the_hub_or_nobody_could_use() -> None:
    for name, case in load():
        found = {finding["code"] for finding in ask("lint", case)["errors"]}
        assert found <= DELIBERATE_ERRORS, name
