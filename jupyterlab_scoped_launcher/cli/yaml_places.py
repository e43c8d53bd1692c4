"""Reads YAML and JSON files whose entries are named by line in errors.

The engine reads policies, and gives the places in them. This is for the files beside them, and for
the places of values that only Python checks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

Path = tuple[str | int, ...]
"""Keys and indices that lead to a value from the top of a file."""

MAX_DEPTH = 100
"""So many lists and mappings may be within each other."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

NULL = re.compile(r"~|null|Null|NULL|")
BOOLEAN = re.compile(r"true|True|TRUE|false|False|FALSE")
INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
NUMBER = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)"
    r"|\.(?:nan|NaN|NAN)"
)
KNOWN_TAGS = {
    yaml.ScalarEvent: {"!", "tag:yaml.org,2002:str"},
    yaml.SequenceStartEvent: {"!", "tag:yaml.org,2002:seq"},
    yaml.MappingStartEvent: {"!", "tag:yaml.org,2002:map"},
}
"""The tags that may be written, by the event that begins a value."""


class YamlError(ValueError):
    """The file cannot be read. ``line`` and ``column`` count from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


@dataclass
class Node:
    """A value of a file, where it begins, and the nodes within it by key or index.

    ``end`` is the line and the column after it; None for lists and mappings.
    """

    value: Any
    line: int
    column: int
    parts: dict[str | int, Node] = field(default_factory=dict)
    end: tuple[int, int] | None = None

    def find(self, path: Path) -> Node:
        """Return what ``path`` leads to, or the last part of the way that there is."""
        node = self
        for step in path:
            if step not in node.parts:
                break
            node = node.parts[step]
        return node


def read_yaml(content: bytes) -> Node:
    """Read a YAML or JSON file as YAML 1.2: dates and ``yes`` are text. Raises `YamlError`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise YamlError("this is not UTF-8: write the file as UTF-8", line, 1) from None
    try:
        events = iter(yaml.parse(text, _Loader))
        return _Builder(events).document()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlError("this line has a control character: remove it", line, 1) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problem = error.problem or error.context or "it cannot be read"
        raise YamlError(f"this is not YAML: {problem}", *place) from None


class _Builder:
    """Makes nodes of the events of a file. PyYAML's own composer has no limit of depth."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self._anchors: dict[str, Node | None] = {}

    def document(self) -> Node:
        """Return the node of the only document; null for an empty file."""
        next(self._events)  # the start of the stream
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return Node(None, 1, 1)
        root = self._node(next(self._events), 0)
        next(self._events)  # the end of the document
        following = next(self._events)
        if not isinstance(following, yaml.StreamEndEvent):
            raise YamlError("a second document begins here: write one", *_place(following))
        return root

    def _node(self, event: yaml.Event, depth: int) -> Node:
        place = _place(event)
        if isinstance(event, yaml.AliasEvent):
            return self._named(event.anchor, place)
        if depth > MAX_DEPTH:
            raise YamlError(f"this is nested deeper than {MAX_DEPTH} levels: write fewer", *place)
        if event.tag is not None and event.tag not in KNOWN_TAGS[type(event)]:
            raise YamlError(f"the tag {event.tag} is not known: remove it", *place)
        if event.anchor:
            self._anchors[event.anchor] = None
        if isinstance(event, yaml.MappingStartEvent):
            node = self._mapping(place, depth)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self._sequence(place, depth)
        else:
            end = (event.end_mark.line + 1, event.end_mark.column + 1)
            node = Node(_scalar(event, place), *place, end=end)
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _named(self, anchor: str, place: tuple[int, int]) -> Node:
        if anchor not in self._anchors:
            raise YamlError(f"there is no &{anchor} before this: write the value", *place)
        node = self._anchors[anchor]
        if node is None:
            raise YamlError("this alias contains itself: write the value out", *place)
        return Node(node.value, *place, node.parts)

    def _mapping(self, place: tuple[int, int], depth: int) -> Node:
        node = Node({}, *place)
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key_place = _place(event)
            if not isinstance(event, yaml.ScalarEvent):
                raise YamlError("this key is no text: write a text", *key_place)
            if event.value in node.value:
                raise YamlError(f"the key {event.value!r} is here twice: keep one", *key_place)
            part = self._node(next(self._events), depth + 1)
            node.value[event.value] = part.value
            node.parts[event.value] = part
        return node

    def _sequence(self, place: tuple[int, int], depth: int) -> Node:
        node = Node([], *place)
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            part = self._node(event, depth + 1)
            node.parts[len(node.value)] = part
            node.value.append(part.value)
        return node


def _scalar(event: yaml.ScalarEvent, place: tuple[int, int]) -> Any:
    """Return the value of a text by the core schema of YAML 1.2."""
    text = event.value
    if event.tag is not None or event.style not in (None, ""):
        return text
    if NULL.fullmatch(text):
        return None
    if BOOLEAN.fullmatch(text):
        return text.lower() == "true"
    if INTEGER.fullmatch(text):
        return int(text, 0) if text.startswith(("0o", "0x")) else _integer(text, place)
    if NUMBER.fullmatch(text):
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text


def _integer(text: str, place: tuple[int, int]) -> int:
    try:
        return int(text)
    except ValueError:  # Python reads at most 4,300 digits
        raise YamlError("this number is too long: write it in quotes", *place) from None


def _place(event: yaml.Event) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1
