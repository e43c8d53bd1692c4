"""Reads case files (docs/reference/testing.md)."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import Any

from ..._core import DECISION_REASONS
from ..yaml_places import Node, Path, YamlError, read_yaml

GIVEN_KEYS = ("policy", "context", "cards", "kernelspecs", "now", "language")
CASE_KEYS = ("name", *GIVEN_KEYS, "expect", "sentences")
FILE_KEYS = ("given", "cases")

EXAMPLE_CASE = "{name: …, context: {user: mmuster}, expect: {kernel:python3: shown}}"

TYPES: dict[str, tuple[Any, str]] = {
    "policy": (dict, "a policy, written as a mapping"),
    "context": (dict, "a mapping such as {user: mmuster, groups: [class]}"),
    "cards": (list, "a list such as [{id: k, kind: kernel, name: python3}]"),
    "kernelspecs": ((list, dict), "a list such as [python3], or an answer of api/kernelspecs"),
    "now": (str, "a text such as 2026-12-01T08:00:00Z"),
    "language": (str, "a text such as de"),
    "expect": (dict, "a mapping such as {kernel:python3: shown}"),
    "sentences": (dict, "a mapping of cards to sentences"),
}
"""What the value of each key must be."""


Kernelspecs = list[Any] | dict[str, Any]
"""The kernels that exist: a list, or an answer of ``api/kernelspecs``."""


@dataclass(frozen=True)
class Problem:
    """What is wrong with a case file, and what to write."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


@dataclass(frozen=True)
class Expectation:
    """What must be decided on a card. Without ``reason``, neither it nor the rule is compared."""

    visible: bool
    reason: str | None = None
    rule: str | None = None

    def __str__(self) -> str:
        words = ("shown" if self.visible else "hidden", self.reason, self.rule)
        return " ".join(word for word in words if word is not None)


@dataclass(frozen=True)
class Case:
    """A case of a file, with what is given for all cases of the file.

    ``cards`` None: the cards are those that ``expect`` names.
    """

    file: str
    line: int
    column: int
    name: str
    policy: dict[str, Any] | None
    context: dict[str, Any]
    cards: list[Any] | None
    kernelspecs: Kernelspecs | None
    now: str | None
    language: str
    expect: dict[str, Expectation]
    sentences: dict[str, str]


@dataclass
class CaseFile:
    """The good cases of a file, and what is wrong with the others."""

    name: str
    cases: list[Case] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_case_file(content: bytes, name: str) -> CaseFile:
    """Read a case file. ``name`` is its name in problems."""
    result = CaseFile(name)
    try:
        document = read_yaml(content)
    except YamlError as error:
        result.problems.append(Problem(name, error.line, error.column, f"{error}."))
        return result
    _Checker(document, result).read()
    return result


class _Checker:
    """Reads the cases of one file into a `CaseFile`."""

    def __init__(self, document: Node, result: CaseFile) -> None:
        self._document = document
        self._result = result

    def read(self) -> None:
        top = self._document.value
        if not isinstance(top, dict) or not isinstance(top.get("cases"), list):
            self._report((), f"a case file needs `cases`: write cases: [{EXAMPLE_CASE}].")
            return
        self._check_keys((), top, FILE_KEYS)
        given = top.get("given") or {}
        if not isinstance(given, dict):
            self._report(("given",), "`given` must be a mapping, with keys of a case.")
            given = {}
        self._check_keys(("given",), given, GIVEN_KEYS)
        self._check_types(("given",), given)
        if not top["cases"]:
            self._report(("cases",), f"there are no cases: write [{EXAMPLE_CASE}].")
        for index, case in enumerate(top["cases"]):
            self._read_case(("cases", index), given, case)

    def _read_case(self, path: Path, given: dict[str, Any], case: Any) -> None:
        before = len(self._result.problems)
        if not isinstance(case, dict):
            self._report(path, f"this is not a case: write {EXAMPLE_CASE}.")
            return
        self._check_keys(path, case, CASE_KEYS)
        self._check_types(path, case)
        name = case.get("name")
        if not isinstance(name, str) or not name:
            self._report((*path, "name"), "a case needs a `name`: write what it is about.")
        if case.get("expect") is None:
            self._report(path, "a case needs `expect`: write expect: {kernel:python3: shown}.")
        if len(self._result.problems) > before:
            return
        values = {**given, **case}
        expect = self._expectations((*path, "expect"), case["expect"], values.get("cards"))
        sentences = case.get("sentences") or {}
        for card, sentence in sentences.items():
            if card not in expect or not isinstance(sentence, str):
                self._report(
                    (*path, "sentences", card),
                    f"{card!r} needs a sentence, and must be in `expect` too.",
                )
        if len(self._result.problems) > before:
            return
        node = self._document.find(path)
        self._result.cases.append(
            Case(
                file=self._result.name,
                line=node.line,
                column=node.column,
                name=str(name),
                policy=values.get("policy"),
                context=values.get("context") or {},
                cards=values.get("cards"),
                kernelspecs=values.get("kernelspecs"),
                now=values.get("now"),
                language=values.get("language") or "",
                expect=expect,
                sentences=sentences,
            )
        )

    def _expectations(
        self, path: Path, expect: dict[str, Any], cards: list[Any] | None
    ) -> dict[str, Expectation]:
        known = None
        if cards is not None:
            known = [card["id"] for card in cards if isinstance(card, dict) and "id" in card]
        expectations = {}
        for card, written in expect.items():
            if known is not None and card not in known:
                hint = _did_you_mean(card, known) or f"The cards are {', '.join(map(str, known))}."
                self._report((*path, card), f"no card of this case has the id {card!r}. {hint}")
            expectation = _read_expectation(written)
            if isinstance(expectation, str):
                self._report((*path, card), expectation)
            else:
                expectations[card] = expectation
        return expectations

    def _check_keys(self, path: Path, mapping: dict[str, Any], allowed: tuple[str, ...]) -> None:
        for key in mapping:
            if key not in allowed:
                hint = _did_you_mean(key, allowed) or f"Write one of {', '.join(allowed)}."
                self._report((*path, key), f"unknown key `{key}`. {hint}")

    def _check_types(self, path: Path, mapping: dict[str, Any]) -> None:
        for key, (expected, example) in TYPES.items():
            value = mapping.get(key)
            if value is not None and not isinstance(value, expected):
                self._report((*path, key), f"`{key}` must be {example}.")

    def _report(self, path: Path, message: str) -> None:
        node = self._document.find(path)
        self._result.problems.append(Problem(self._result.name, node.line, node.column, message))


def _read_expectation(written: Any) -> Expectation | str:
    """Read ``shown REASON RULE`` or ``hidden …``; the last two may be left out.

    Returns as text what is wrong, and what to write.
    """
    example = (
        "write shown or hidden, and if you like the reason and the rule: hidden not_shown class"
    )
    if not isinstance(written, str):
        return f"this is no text: {example}."
    verdict, *rest = written.split(" ", 2)
    if verdict not in {"shown", "hidden"}:
        return f"{verdict!r} is not known: {example}."
    if not rest:
        return Expectation(verdict == "shown")
    if rest[0] not in DECISION_REASONS:
        hint = _did_you_mean(rest[0], DECISION_REASONS)
        return (
            f"{rest[0]!r} is no reason: write one of {', '.join(DECISION_REASONS)}. {hint}".strip()
        )
    return Expectation(verdict == "shown", rest[0], rest[1] if len(rest) > 1 else None)


def _did_you_mean(text: str, known: Any) -> str:
    close = difflib.get_close_matches(str(text), [str(name) for name in known], 1)
    return f"Did you mean {close[0]!r}?" if close else ""
