"""Findings of lint for people, and for GitHub's annotations."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

import click

Finding = dict[str, Any]

COLORS = {"error": "red", "warning": "yellow"}
WIDEST = 100  # columns of a line of the policy that are shown


def as_text(findings: Iterable[Finding], contents: Mapping[str, bytes]) -> str:
    """Show each finding with its line and a caret under the place.

    ``contents`` has the bytes of each file by the name that findings have.
    """
    lines = {name: _lines(content) for name, content in contents.items()}
    return "\n".join(_one(finding, lines.get(finding["file"], [])) for finding in findings)


def summary(name: str, findings: Iterable[Finding]) -> str:
    """Count the findings of one file in a sentence."""
    counts = {"error": 0, "warning": 0}
    for finding in findings:
        counts[finding["severity"]] += 1
    parts = [f"{n} {word}{'' if n == 1 else 's'}" for word, n in counts.items() if n]
    return f"{name}: {', '.join(parts) or 'no problems'}"


def as_github(findings: Iterable[Finding]) -> str:
    """Write findings as workflow commands, which GitHub shows beside the lines."""
    return "\n".join(_annotation(finding) for finding in findings)


def _lines(content: bytes) -> list[str]:
    """Split as the engine counts lines: at LF, CR LF and CR."""
    text = content.decode(errors="replace").removeprefix("\ufeff")
    return re.split(r"\r\n|\n|\r", text)


def _one(finding: Finding, lines: list[str]) -> str:
    severity = finding["severity"]
    place = f"{finding['file']}:{finding['line']}:{finding['column']}"
    kind = click.style(f"{severity} {finding['code']}", fg=COLORS[severity], bold=True)
    shown = [f"{click.style(place, bold=True)}: {kind}: {finding['message']}"]
    number = str(finding["line"])
    margin = " " * len(number)
    if finding["line"] <= len(lines):
        line, caret = _cropped(lines[finding["line"] - 1], finding)
        caret = click.style(caret, fg=COLORS[severity], bold=True)
        shown += [f"  {margin} |", f"  {number} | {line}", f"  {margin} | {caret}"]
    if finding["path"]:
        shown.append(f"  {margin} = at {_plain(finding['path'])}")
    if finding["help"]:
        shown.append(f"  {margin} = {finding['help']}")
    return "\n".join(shown) + "\n"


def _cropped(line: str, finding: Finding) -> tuple[str, str]:
    """Cut the line to a width that fits around the place, and draw the caret."""
    begin = min(finding["column"] - 1, len(line))
    ends_here = finding["end_line"] == finding["line"]
    end = min(finding["end_column"] - 1, len(line)) if ends_here else len(line)
    first = max(0, begin - WIDEST // 2) if len(line) > WIDEST else 0
    last = first + WIDEST
    shown = ("…" if first else "") + _plain(line[first:last]) + ("…" if last < len(line) else "")
    indent = _width(line[first:begin]) + (1 if first else 0)
    return shown, " " * indent + "^" * max(1, _width(line[begin : min(end, last)]))


def _plain(text: str) -> str:
    """Replace tabs by one space, and what a terminal would obey by a mark."""
    return "".join(
        " " if c == "\t" else "\ufffd" if unicodedata.category(c) in {"Cc", "Cf"} else c
        for c in text
    )


def _width(text: str) -> int:
    """Count the columns of a terminal that ``text`` takes."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def _annotation(finding: Finding) -> str:
    properties = {
        "file": finding["file"],
        "line": finding["line"],
        "col": finding["column"],
        "endLine": finding["end_line"],
        "endColumn": max(finding["end_column"] - 1, finding["column"]),
        "title": finding["code"],
    }
    shown = ",".join(f"{key}={_escaped(str(value), ':,')}" for key, value in properties.items())
    message = _escaped(f"{finding['message']} {finding['help']}".strip())
    return f"::{finding['severity']} {shown}::{message}"


def _escaped(text: str, also: str = "") -> str:
    """Escape as https://github.com/actions/toolkit does for commands and their properties."""
    for character in "%\r\n" + also:
        text = text.replace(character, f"%{ord(character):02X}")
    return text
