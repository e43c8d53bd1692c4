"""The JSON Schema, as an editor or any other validator uses it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

REPO = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((REPO / "docs/reference/policy.schema.json").read_text(encoding="utf-8"))


def is_valid(policy: Any) -> bool:
    return Draft202012Validator(SCHEMA).is_valid(policy)


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_it_accepts_the_example() -> None:
    text = (REPO / "examples" / "class-hub" / "policy.yaml").read_text(encoding="utf-8")
    assert is_valid(yaml.safe_load(text))


@pytest.mark.parametrize(
    "policy",
    [
        {"version": 1},
        {"version": 1, "refresh": 15, "max_stale": "10m", "default": "hide", "no_hub": "show"},
        {"version": 1, "preview": {"any": [{"not": {"group": ["a", "b"]}}, {"owner": False}]}},
        {"version": 1, "cards": [{"id": "a", "service": "b", "rank": 1.5, "open_in": "lab"}]},
        {
            "version": 1,
            "grants": [
                {
                    "id": "a",
                    "to": {"groups": {"include": "x", "except": ["y"]}},
                    "servers": {"tags": "t"},
                }
            ],
        },
        {
            "version": 1,
            "rules": [
                {
                    "id": "a",
                    "match": {"kernel": "x"},
                    "hide_when": {"admin": False},
                    "from": "2026-12-01",
                    "until": "2026-12-01T08:00:00+01:00",
                }
            ],
        },
    ],
)
def test_it_accepts(policy: Any) -> None:
    assert is_valid(policy)


@pytest.mark.parametrize(
    "policy",
    [
        {},
        [],
        {"version": 2},
        {"version": "1"},
        {"version": 1, "rulez": []},
        {"version": 1, "default": "maybe"},
        {"version": 1, "rules": None},
        {"version": 1, "refresh": -1},
        {"version": 1, "refresh": "15 s"},
        {"version": 1, "preview": {}},
        {"version": 1, "preview": {"all": []}},
        {"version": 1, "preview": {"admin": "yes"}},
        {"version": 1, "preview": {"kernel": [1]}},
        {"version": 1, "rules": [{"id": "a"}]},
        {"version": 1, "rules": [{"id": "", "match": {"kernel": "x"}}]},
        {"version": 1, "rules": [{"id": "a", "match": {"kernal": "x"}}]},
        {"version": 1, "rules": [{"id": "a", "match": {"kernel": {"except": "x"}}}]},
        {"version": 1, "rules": [{"id": "a", "match": {"kernel": "x"}, "from": "tomorrow"}]},
        {"version": 1, "custom_scopes": {"custom:abc": {}}},
        {"version": 1, "grants": [{"id": "a", "to": {"users": "x"}, "servers": {"except": "y"}}]},
    ],
)
def test_it_refuses(policy: Any) -> None:
    assert not is_valid(policy)
