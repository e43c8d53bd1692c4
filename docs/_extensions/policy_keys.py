"""Writes the keys of a policy, from the JSON Schema that the engine has, as Markdown."""

from __future__ import annotations

import json
from typing import Any

from jupyterlab_scoped_launcher import _core

Schema = dict[str, Any]

TOP = "Policy"
"""The heading of the keys at the top of a policy."""

NAMES = {
    "AccessRequest": "Request",
    "CustomScopeDefinition": "Custom scope",
    "OpenIn": "Open in",
    "PolicyCard": "Card",
    "RequestReason": "Reason",
    "RoleDefinition": "Role",
    "ServerSelection": "Servers",
    "TagTargets": "Tag",
    "TimeOfDay": "Time of day",
    "TimeSpec": "Date or time",
    "TimeZone": "Time zone",
    "Visibility": "Show or hide",
    "Weekly": "Times of the week",
    "WithoutHub": "Without a Hub",
}
"""The headings of definitions, where the name in the schema is that of a Rust type."""

INLINE = {"Version"}
"""Definitions that need no section."""


def policy_keys() -> str:
    """Return a section for each mapping and each kind of value, in the order of their first use."""
    schema: Schema = json.loads(_core.schema())
    definitions: dict[str, Schema] = schema["$defs"]
    sections = [f"## {TOP}\n\n{_body(schema, definitions)}"]
    waiting = _references(schema)
    written: set[str] = set()
    while waiting:
        name = waiting.pop(0)
        if name in written or name in INLINE:
            continue
        written.add(name)
        sections.append(f"## {_title(name)}\n\n{_body(definitions[name], definitions)}")
        waiting += _references(definitions[name])
    return "\n\n".join(sections)


def _title(name: str) -> str:
    return NAMES.get(name, name)


def _references(schema: Any) -> list[str]:
    """Return the names of the definitions to which a schema refers."""
    if isinstance(schema, list):
        return [name for entry in schema for name in _references(entry)]
    if not isinstance(schema, dict):
        return []
    found = [_name(schema)] if "$ref" in schema else []
    return found + [name for key in schema if key != "$defs" for name in _references(schema[key])]


def _name(schema: Schema) -> str:
    return str(schema["$ref"]).rpartition("/")[2]


def _body(schema: Schema, definitions: dict[str, Schema]) -> str:
    # Descriptions of Rust's types name each other in brackets.
    lines = [_one_line(schema.get("description", "")).replace("[`", "`").replace("`]", "`"), ""]
    if "properties" in schema:
        lines += _table(schema, definitions)
    elif "oneOf" in schema:
        lines += ["| value | |", "|---|---|"]
        lines += [f"| `{entry['const']}` | {entry['description']} |" for entry in schema["oneOf"]]
    elif "anyOf" in schema:
        mappings = [entry for entry in schema["anyOf"] if "properties" in entry]
        others = [entry for entry in schema["anyOf"] if "properties" not in entry]
        if others:
            lines += [f"Either {' or '.join(_type(entry, definitions) for entry in others)}", ""]
            lines[-2] += ", or a mapping:" if mappings else "."
        for mapping in mappings:
            lines += _table(mapping, definitions)
    else:
        lines.append(f"Written as {_type(schema, definitions)}.")
        if pattern := schema.get("pattern"):
            lines += ["", f"Pattern: `` {pattern} ``"]
    return "\n".join(lines)


def _table(schema: Schema, definitions: dict[str, Schema]) -> list[str]:
    lines = ["| key | value | |", "|---|---|---|"]
    required = schema.get("required", [])
    keys = sorted(schema["properties"], key=lambda key: (key not in required, key))
    for key in keys:
        value = schema["properties"][key]
        text = _one_line(value.get("description", ""))
        notes = ["**Required.**"] if key in required else []
        if "default" in value:
            notes.append(f"Default: `{value['default']}`.")
        kind = _type(value, definitions).replace("|", "\\|")
        lines.append(f"| `{key}` | {kind} | {' '.join([text, *notes])} |")
    return lines


def _type(schema: Schema, definitions: dict[str, Schema]) -> str:
    """Return what a value may be, in words, with links to sections."""
    if "$ref" in schema:
        name = _name(schema)
        if name in INLINE:
            return _type(definitions[name], definitions)
        title = _title(name).lower()
        values = [f"`{entry['const']}`" for entry in definitions[name].get("oneOf", ())]
        return f"[{' or '.join(values) or title}](#{title.replace(' ', '-')})"
    if "const" in schema:
        return f"`{schema['const']}`"
    if "anyOf" in schema:
        return " or ".join(_type(entry, definitions) for entry in schema["anyOf"])
    kind = schema.get("type")
    if kind == "array":
        if "properties" in schema["items"]:
            return "a list of such mappings"
        return f"a list of {_type(schema['items'], definitions)}"
    if kind == "object":
        values = schema.get("additionalProperties")
        if isinstance(values, dict):
            return f"a mapping of names to {_type(values, definitions)}"
        return "a mapping"
    return {"string": "text", "boolean": "`true` or `false`", "number": "a number"}.get(
        str(kind), str(kind)
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
