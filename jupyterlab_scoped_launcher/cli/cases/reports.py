"""Writes the results of cases, for people, as JSON and as JUnit XML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from xml.etree import ElementTree

import click

from ..words import counted
from .coverage import Coverage
from .run import CaseResult

NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot have."""


def as_text(results: list[CaseResult], coverage: Coverage, policy_name: str) -> Iterator[str]:
    """Format the failures, the counts and what no case has tested."""
    failed = [result for result in results if result.failures]
    for result in failed:
        title = click.style("FAILED", fg="red", bold=True)
        yield f"{title} {result.case.file}:{result.case.line}: {result.case.name}"
        yield from (f"  {line}" for line in failure_lines(result))
    passed = len(results) - len(failed)
    yield f"{counted(len(results), 'case')}: {passed} passed, {len(failed)} failed."
    counts = coverage.summary()
    yield (
        f"{policy_name}: cases reach {counts['rules_met']} of {counts['rules']} rules, and "
        f"{counts['outcomes_met']} of {counts['outcomes']} outcomes of their conditions."
    )
    for gap in coverage.gaps():
        yield f"  {gap.rule}: {gap.missing}"


def failure_lines(result: CaseResult) -> Iterator[str]:
    """Format what differs in a case."""
    for failure in result.failures:
        yield f"{failure.card}: expected {failure.expected}, but decided {failure.decided}"
        yield f"  {failure.sentence}"


def as_json(results: list[CaseResult], coverage: Coverage) -> str:
    """Format the results as JSON (docs/reference/testing.md)."""
    failed = [
        {
            "file": result.case.file,
            "line": result.case.line,
            "name": result.case.name,
            "cards": [asdict(failure) for failure in result.failures],
        }
        for result in results
        if result.failures
    ]
    answer = {
        "cases": len(results),
        "failed": failed,
        "coverage": {**coverage.summary(), "gaps": [asdict(gap) for gap in coverage.gaps()]},
    }
    return json.dumps(answer, indent=2, ensure_ascii=False)


def as_junit(results: list[CaseResult]) -> bytes:
    """Format the results as JUnit XML: a suite for each file, and a test case for each case."""
    suites: dict[str, list[CaseResult]] = {}
    for result in results:
        suites.setdefault(result.case.file, []).append(result)
    root = ElementTree.Element("testsuites", _counts(results), name="scoped-launcher")
    for file, in_file in suites.items():
        suite = ElementTree.SubElement(root, "testsuite", _counts(in_file), name=_for_xml(file))
        for result in in_file:
            element = ElementTree.SubElement(
                suite,
                "testcase",
                classname=_for_xml(file),
                name=_for_xml(result.case.name),
                file=_for_xml(file),
                line=str(result.case.line),
                time=f"{result.seconds:.6f}",
            )
            if result.failures:
                lines = list(failure_lines(result))
                failure = ElementTree.SubElement(element, "failure", message=_for_xml(lines[0]))
                failure.text = _for_xml("\n".join(lines))
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _counts(results: list[CaseResult]) -> dict[str, str]:
    return {
        "tests": str(len(results)),
        "failures": str(sum(bool(result.failures) for result in results)),
        "errors": "0",
        "skipped": "0",
        "time": f"{sum(result.seconds for result in results):.6f}",
    }


def _for_xml(text: str) -> str:
    return NOT_IN_XML.sub("\ufffd", text)
