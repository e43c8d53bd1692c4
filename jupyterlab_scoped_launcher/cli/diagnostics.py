"""Formats lint's diagnostics for people, and as GitHub's annotations."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

import click

from .words import counted

Diagnostic = dict[str, Any]

COLORS = {"error": "red", "warning": "yellow"}

MAX_LINE_WIDTH = 100
"""How many characters of a line of the policy are shown."""


def as_text(diagnostics: Iterable[Diagnostic], contents: Mapping[str, bytes]) -> str:
    """Format each diagnostic with its line of the file and a caret under the position.

    ``contents`` has the bytes of each file, by the file's name in the diagnostics.
    """
    lines = {name: _split_lines(content) for name, content in contents.items()}
    return "\n".join(_format(entry, lines.get(entry["file"], [])) for entry in diagnostics)


def summary(name: str, diagnostics: Iterable[Diagnostic]) -> str:
    """Return a sentence that counts the diagnostics of one file."""
    counts = {"error": 0, "warning": 0}
    for diagnostic in diagnostics:
        counts[diagnostic["severity"]] += 1
    parts = [counted(count, word) for word, count in counts.items() if count]
    return f"{name}: {', '.join(parts) or 'no problems'}"


def as_github(diagnostics: Iterable[Diagnostic]) -> str:
    """Format diagnostics as workflow commands, which GitHub shows beside the lines."""
    return "\n".join(_annotation(diagnostic) for diagnostic in diagnostics)


def _split_lines(content: bytes) -> list[str]:
    """Split where the engine counts lines: at LF, CR LF and CR."""
    text = content.decode(errors="replace").removeprefix("\ufeff")
    return re.split(r"\r\n|\n|\r", text)


def _format(diagnostic: Diagnostic, lines: list[str]) -> str:
    severity = diagnostic["severity"]
    position = f"{diagnostic['file']}:{diagnostic['line']}:{diagnostic['column']}"
    title = click.style(f"{severity} {diagnostic['code']}", fg=COLORS[severity], bold=True)
    formatted = [f"{click.style(position, bold=True)}: {title}: {diagnostic['message']}"]
    number = str(diagnostic["line"])
    margin = " " * len(number)
    if diagnostic["line"] <= len(lines):
        line, caret = _cropped(lines[diagnostic["line"] - 1], diagnostic)
        caret = click.style(caret, fg=COLORS[severity], bold=True)
        formatted += [f"  {margin} |", f"  {number} | {line}", f"  {margin} | {caret}"]
    if diagnostic["path"]:
        formatted.append(f"  {margin} = at {_printable(diagnostic['path'])}")
    if diagnostic["help"]:
        formatted.append(f"  {margin} = {diagnostic['help']}")
    return "\n".join(formatted) + "\n"


def _cropped(line: str, diagnostic: Diagnostic) -> tuple[str, str]:
    """Return the part of the line around the diagnostic, and the carets that mark the place."""
    begin = min(diagnostic["column"] - 1, len(line))
    ends_here = diagnostic["end_line"] == diagnostic["line"]
    end = min(diagnostic["end_column"] - 1, len(line)) if ends_here else len(line)
    first = max(0, begin - MAX_LINE_WIDTH // 2) if len(line) > MAX_LINE_WIDTH else 0
    last = first + MAX_LINE_WIDTH
    before, after = "…" if first else "", "…" if last < len(line) else ""
    indent = len(before) + _width(line[first:begin])
    carets = "^" * max(1, _width(line[begin : min(end, last)]))
    return before + _printable(line[first:last]) + after, " " * indent + carets


def _printable(text: str) -> str:
    """Replace each tab by one space, and each control character by U+FFFD."""
    return "".join(
        " " if c == "\t" else "\ufffd" if unicodedata.category(c) in {"Cc", "Cf"} else c
        for c in text
    )


def _width(text: str) -> int:
    """Return how many columns of a terminal ``text`` takes."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def _annotation(diagnostic: Diagnostic) -> str:
    properties = {
        "file": diagnostic["file"],
        "line": diagnostic["line"],
        "col": diagnostic["column"],
        "endLine": diagnostic["end_line"],
        "endColumn": max(diagnostic["end_column"] - 1, diagnostic["column"]),
        "title": diagnostic["code"],
    }
    written = ",".join(f"{key}={_escaped(str(value), ':,')}" for key, value in properties.items())
    message = _escaped(f"{diagnostic['message']} {diagnostic['help']}".strip())
    return f"::{diagnostic['severity']} {written}::{message}"


def _escaped(text: str, also: str = "") -> str:
    """Escape as https://github.com/actions/toolkit does for commands and their properties."""
    for character in "%\r\n" + also:
        text = text.replace(character, f"%{ord(character):02X}")
    return text
