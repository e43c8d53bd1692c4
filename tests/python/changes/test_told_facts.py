"""What counts when: what the service has told, or what the Hub has answered."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from jupyterlab_scoped_launcher.changes import FactsError, OwnerFacts, facts_from_model
from jupyterlab_scoped_launcher.context import VisitorFacts
from jupyterlab_scoped_launcher.server.told_facts import ToldFacts

READ = VisitorFacts(
    hub=True,
    user="ann",
    groups=("a",),
    scopes=("access:servers!server=ann/", "read:users:shares!user=ann"),
    shares=("profx/old",),
)
TOLD = OwnerFacts("ann", False, ("a", "b"), ("access:services!service=x",), ("profx/new",))
LONG = 600.0


def told(facts: OwnerFacts = TOLD) -> ToldFacts:
    found = ToldFacts()
    found.tell(facts)
    return found


def merged(facts: ToldFacts, visitor: VisitorFacts = READ, *, asked_s_ago: float = 1.0):
    return facts.merged(visitor, time.monotonic() - asked_s_ago, LONG)


def test_nothing_is_told_at_first():
    assert merged(ToldFacts()) == READ
    assert not ToldFacts().is_current


def test_what_is_told_later_counts():
    assert merged(told()) == replace(
        READ, groups=("a", "b"), scopes=TOLD.scopes, shares=("profx/new",)
    )


def test_what_the_service_does_not_know_is_as_read():
    facts = told(OwnerFacts("ann", True, ("b",)))
    assert merged(facts) == replace(READ, admin=True, groups=("b",))


@pytest.mark.parametrize(
    "visitor",
    [
        replace(READ, user="bob"),
        replace(READ, user="", service="ann"),
        replace(READ, hub=False),
    ],
)
def test_it_counts_for_the_owner_alone(visitor):
    assert merged(told(), visitor) == visitor


def test_what_the_hub_answers_later_counts():
    """A change was lost on its way: the groups at the Hub are others."""
    assert merged(told(), asked_s_ago=-1) == READ


def test_a_later_answer_with_the_same_groups_confirms_what_was_told():
    visitor = replace(READ, groups=("b", "a"))
    found = merged(told(), visitor, asked_s_ago=-1)
    assert found.scopes == TOLD.scopes, "a token has no scope that its holder has gained"
    assert found.shares == ("profx/old",), "the list of shares is newer"
    without = replace(visitor, scopes=("access:servers!server=ann/",), shares=())
    assert merged(told(), without, asked_s_ago=-1).shares == ("profx/new",)


def test_after_the_end_of_the_connection():
    facts = told()
    facts.expire_in(0.0)
    assert not facts.is_current
    assert merged(facts).groups == ("a", "b"), "it was told after the Hub's answer"
    assert merged(facts, asked_s_ago=-1) == READ
    same = replace(READ, groups=("a", "b"))
    later = merged(facts, same, asked_s_ago=-1)
    assert later == replace(same, scopes=TOLD.scopes), "scopes as they were told"
    assert facts.merged(same, 0.0, max_stale_s=-1.0) == same, "but not for ever"
    facts.confirm()
    assert facts.is_current
    assert merged(facts).groups == ("a", "b")


@pytest.mark.parametrize(
    "model",
    [
        None,
        {},
        {"user": "", "admin": False, "groups": []},
        {"user": "a", "admin": 1, "groups": []},
        {"user": "a", "admin": False, "groups": None},
        {"user": "a", "admin": False, "groups": ["x", 1]},
        {"user": "a", "admin": False, "groups": [], "scopes": "all"},
        {"user": "a", "admin": False, "groups": [], "shares": [None]},
    ],
)
def test_facts_that_are_malformed_are_refused(model):
    with pytest.raises(FactsError):
        facts_from_model(model)


def test_facts_are_read_as_they_are_written():
    for facts in (TOLD, OwnerFacts("ann", True, ())):
        assert facts_from_model(facts.model()) == facts
