"""The scope algebra beside the installed jupyterhub.

``SCOPED_LAUNCHER_CASES`` says how many random cases to compare (``make conformance N=…``).
"""

from __future__ import annotations

import json
import os
import random
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jupyterhub.scopes import scope_definitions

from jupyterlab_scoped_launcher import _core

from . import questions, reference
from .compare import ask, differences
from .conftest import COMPARED

CORPUS = Path(__file__).with_name("corpus.jsonl")
CASES = int(os.environ.get("SCOPED_LAUNCHER_CASES", "10000"))
#: After so many cases, other users are in other groups.
CASES_PER_WORLD = 2000

WORLD = reference.World(questions.groups_of(random.Random(0)))


@st.composite
def asked(draw: Any, op: str) -> questions.Json:
    return questions.question(questions.Drawn(draw), WORLD.groups_of, op)


@pytest.mark.parametrize("op", questions.OPS)
def test_drawn_cases_agree(op: str) -> None:
    @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
    @given(asked(op))
    def agree(question: questions.Json) -> None:
        assert differences(question, WORLD) is None

    agree()


def test_random_cases_agree(pytestconfig: pytest.Config) -> None:
    seed = int(os.environ.get("SCOPED_LAUNCHER_SEED", "0"))
    rng = random.Random(seed)
    source = questions.Rolled(rng)
    for done in range(CASES):
        if done % CASES_PER_WORLD == 0:
            world = reference.World(questions.groups_of(rng))
        question = questions.question(source, world.groups_of)
        found = differences(question, world)
        assert found is None, f"case {done} of seed {seed}, for the corpus: {json.dumps(question)}"
        if done % CASES_PER_WORLD == CASES_PER_WORLD - 1:
            world.close()
    pytestconfig.stash[COMPARED] = f"{CASES} random cases of seed {seed}: 0 mismatches,"


@pytest.mark.parametrize("line", CORPUS.read_text().splitlines())
def test_corpus_agrees(line: str) -> None:
    question = json.loads(line)
    world = reference.World(question.get("groups_of") or {})
    assert differences(question, world) is None
    world.close()


def test_thousands_of_scopes_agree() -> None:
    rng = random.Random(1)
    asks = questions.Questions(questions.Rolled(rng), WORLD.groups_of)
    asks.odd, asks.bases, asks.users = False, questions.BASES, [f"user{n}" for n in range(5000)]
    a, b = ([asks.scope() for _ in range(20_000)] for _ in range(2))
    for question in (
        {"op": "expand", "scopes": [*a, "self"], "owner": {"kind": "user", "name": "user7"}},
        {"op": "reduce", "scopes": a},
        {"op": "parse", "scopes": a},
        {"op": "intersect", "a": a, "b": b, "groups_of": None},
        {"op": "has_scope", "scope": "users!server=user7/", "have": a, "post_filter": False},
        {"op": "check_scopes", "scopes": [*a, "nothing"]},
        {"op": "visitor_check", "required": a, "have": b},
    ):
        assert differences(question, None) is None, question["op"]


def test_the_table_is_the_hubs() -> None:
    """Each scope expands to the same; custom scopes cannot be named like any of them."""
    for scope in scope_definitions:
        question = {"op": "expand", "scopes": [scope], "owner": {"kind": "user", "name": "ann"}}
        assert differences(question, None) is None
    described = ask({"op": "describe", "scopes": list(scope_definitions)})["descriptions"]
    assert all(entry["description"] != entry["scope"] for entry in described)
    # Nothing exists here that does not exist there.
    source = Path(__file__).parents[2] / "crate/core/src/scopes/definitions.rs"
    table = source.read_text().partition("HUB_SCOPES")[2].partition("];")[0]
    assert set(re.findall(r'"([^"]+)"', table)) == set(scope_definitions)


@pytest.mark.parametrize(
    "line",
    [
        "",
        " ",
        "null",
        "1",
        "[]",
        "{",
        '{"op":"expand"}',
        '{"op":"reduce","scopes":null}',
        '{"op":"reduce","scopes":"users"}',
        '{"op":"reduce","scopes":{"users":1}}',
        '{"op":"reduce","scopes":[1]}',
        '{"op":"reduce","scopes":[null]}',
        '{"op":"reduce","scopes":[["users"]]}',
        '{"op":"expand","scopes":[],"owner":{"kind":"group","name":"x"}}',
        '{"op":"expand","scopes":[],"owner":{"kind":"user"}}',
        '{"op":"expand","scopes":[],"owner":"ann"}',
        '{"op":"expand","scopes":[],"oauth_client":{"kind":"server","user":"x"}}',
        '{"op":"expand","scopes":[],"custom_scopes":[]}',
        '{"op":"has_scope","have":[]}',
        '{"op":"has_scope","scope":"x","have":[],"post_filter":"yes"}',
        '{"op":"intersect","a":[],"b":[],"groups_of":{"ann":"class"}}',
        '{"op":"intersect","a":[]}',
        '{"op":"EXPAND","scopes":[]}',
        "[" * 100_000,
        '{"op":"\\ud800"}',
    ],
)
def test_a_bad_line_answers_an_error(line: str) -> None:
    answered = json.loads(_core.batch(line))
    assert set(answered) == {"error"}
    assert all(isinstance(answered["error"][key], str) for key in ("code", "message"))
