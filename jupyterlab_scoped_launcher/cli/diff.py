"""``scoped-launcher diff``: which visitors gain or lose which cards by a change of the policy."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import click

from .._core import Policy
from .contexts import Context, read_contexts, visitor_context, visitor_contexts
from .decide import decide_cards
from .files import FILE, display_name, load_policy
from .hub_queries import read_users
from .labels import label_alike
from .options import (
    CARD,
    CARDS_FILE,
    FORMAT,
    KERNELS,
    NOW,
    SERVER_URL,
    USER_GROUPS,
    USERS,
    USERS_FILE,
    groups_by_user,
    with_options,
)
from .times import checked_now
from .tried_cards import (
    CardOptions,
    RuleCoverage,
    TriedCards,
    added_cards,
    card_options,
    identity,
    tried_cards,
    try_more_line,
    unmet_rules_lines,
)
from .words import counted

MAX_CARDS_NAMED = 40
"""With more tried cards, text output counts them by kind."""


@dataclass
class Comparison:
    """What the comparison of two policies has found so far.

    ``cards`` are the ids of the tried cards with their kinds, in order.
    """

    coverage: list[RuleCoverage]
    cards: dict[str, str] = field(default_factory=dict)
    changes: list[dict[str, str]] = field(default_factory=list)


@click.command()
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
@with_options(USERS, USER_GROUPS, USERS_FILE)
@click.option("--hub", "hub_url", metavar="URL", help="All users of this Hub.")
@with_options(CARD, CARDS_FILE, SERVER_URL, KERNELS, NOW)
@click.option("--exit-code", is_flag=True, help="Exit with 1 if anybody gains or loses a card.")
@FORMAT
def diff(
    old: str,
    new: str,
    users: tuple[str, ...],
    user_groups: tuple[tuple[str, str], ...],
    users_file: str | None,
    hub_url: str | None,
    cards: tuple[str, ...],
    cards_file: str | None,
    server_url: str | None,
    kernels: tuple[str, ...],
    now: str | None,
    exit_code: bool,
    output_format: str,
) -> int:
    """Show who gains and who loses which card when policy OLD becomes NEW.

    The users come from options, from a file, or from the Hub (with a token in JUPYTERHUB_API_TOKEN
    that may list:users and read:users:groups). Without --card, the cards are those of every
    JupyterLab, those that one of the policies names exactly or adds, and those of --cards and
    --url. The output says which cards were tried, and which rules met none of them.
    """
    named = groups_by_user(users, user_groups)
    if bool(named) + bool(users_file) + bool(hub_url) != 1:
        raise click.UsageError(
            "Name the users in one way: --user NAME and --user-group NAME GROUP, --users FILE, or "
            "--hub URL."
        )
    options = card_options(
        cards=cards, cards_file=cards_file, server_url=server_url, kernels=kernels
    )
    policies = [load_policy(old), load_policy(new)]
    now = checked_now(now, policies[1])
    if users_file:
        contexts = read_contexts(users_file)
    elif hub_url:
        contexts = visitor_contexts(read_users(hub_url))
    else:
        contexts = [visitor_context(user=user, groups=groups) for user, groups in named.items()]
    found = Comparison([RuleCoverage(policy) for policy in policies])
    for context in _with_progress(contexts):
        _compare(policies, context, options, now, found)
    unmet = [coverage.unmet() for coverage in found.coverage]
    if output_format == "json":
        click.echo(_as_json(found, len(contexts), unmet))
    else:
        names = [display_name(old), display_name(new)]
        for line in _as_text(found, len(contexts), dict(zip(names, unmet, strict=True))):
            click.echo(line)
    return 1 if found.changes and exit_code else 0


def _compare(
    policies: list[Policy],
    context: Context,
    options: CardOptions,
    now: str | None,
    found: Comparison,
) -> None:
    """Decide by both policies for one visitor, and add what differs to ``found``."""
    tried = tried_cards(policies, context, options)
    found.cards.update((card["id"], card["kind"]) for card in tried.cards)
    for coverage in found.coverage:
        coverage.add(tried)
    visible = _visible(policies, context, tried, now)
    labelled = label_alike(tried.cards, lambda index: (visible[0][index], visible[1][index]))
    for change, before in (("gains", False), ("loses", True)):
        found.changes += [
            {"user": context["user"], "card": label, "change": change}
            for label, (index, *_) in sorted(labelled)
            if visible[0][index] == before and visible[1][index] != before
        ]


def _visible(
    policies: list[Policy], context: Context, tried: TriedCards, now: str | None
) -> list[list[bool]]:
    """Return for each policy which cards the visitor sees.

    Of the cards that policies add, each policy has its own alone, as it writes them.
    """
    added = [added_cards(policy, context) for policy in policies]
    of_any = set().union(*added)
    visible = []
    for policy, own in zip(policies, added, strict=True):
        cards = [own.get(identity(card), card) for card in tried.cards]
        decisions = decide_cards(policy, context, replace(tried, cards=cards), now)
        missing = of_any - own.keys()
        visible.append(
            [
                decision["visible"] and identity(card) not in missing
                for card, decision in zip(cards, decisions, strict=True)
            ]
        )
    return visible


def _as_json(found: Comparison, users: int, unmet: list[list[str]]) -> str:
    return json.dumps(
        {
            "users": users,
            "cards": list(found.cards),
            "changes": found.changes,
            "rules_without_card": dict(zip(("old", "new"), unmet, strict=True)),
        },
        indent=2,
        ensure_ascii=False,
    )


def _as_text(found: Comparison, users: int, unmet: dict[str, list[str]]) -> Iterator[str]:
    for entry in found.changes:
        color = "green" if entry["change"] == "gains" else "red"
        verb = click.style(entry["change"], fg=color, bold=True)
        yield f"{entry['user']} {verb} {entry['card']}"
    affected = len({entry["user"] for entry in found.changes})
    yield f"{affected} of {users} users see a change."
    if len(found.cards) <= MAX_CARDS_NAMED:
        yield f"Tried {counted(len(found.cards), 'card')}: {', '.join(found.cards)}"
    else:
        kinds = Counter(found.cards.values()).items()
        counts = ", ".join(f"{count} {kind}" for kind, count in kinds)
        yield f"Tried {len(found.cards)} cards ({counts}); --format json lists them."
    for name, rules in unmet.items():
        yield from unmet_rules_lines(rules, name)
    yield from try_more_line(*unmet.values())


def _with_progress(contexts: list[Context]) -> Iterator[Context]:
    """Count on standard error if it is a terminal and there are many users."""
    show_progress = sys.stderr.isatty() and len(contexts) > 100
    for index, context in enumerate(contexts):
        if show_progress and index % 50 == 0:
            click.echo(f"\r{index} of {len(contexts)} users", nl=False, err=True)
        yield context
    if show_progress:
        click.echo("\r" + " " * 40 + "\r", nl=False, err=True)
