"""``scoped-launcher preview``: the launchers of several visitors side by side."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import click

from .contexts import read_contexts, visitor_context
from .files import FILE, load_policy
from .launchers import CardKey, Launcher, launcher_for
from .options import (
    FORMAT,
    USER_GROUPS,
    USERS,
    USERS_FILE,
    decision_options,
    groups_by_user,
    with_options,
)
from .times import checked_now
from .tried_cards import RuleCoverage, card_options, tried_cards, try_more_line, unmet_rules_lines


class Row(NamedTuple):
    """A card, and for each visitor whether it is visible."""

    card: CardKey
    visible: list[bool]


@click.command()
@click.argument("file", type=FILE)
@with_options(USERS, USER_GROUPS, USERS_FILE)
@decision_options
@FORMAT
def preview(
    file: str,
    users: tuple[str, ...],
    user_groups: tuple[tuple[str, str], ...],
    users_file: str | None,
    output_format: str,
    cards: tuple[str, ...],
    cards_file: str | None,
    server_url: str | None,
    kernels: tuple[str, ...],
    now: str | None,
    **visitor_options: Any,
) -> None:
    """Show the launcher by category, for one or several users side by side.

    --group, --scope and the like hold for every --user; --user-group is about one. The visitors of
    a --users file are contexts or the Hub's user models, as in docs/reference/cli.md.
    """
    options = card_options(
        cards=cards, cards_file=cards_file, server_url=server_url, kernels=kernels
    )
    policy = load_policy(file)
    now = checked_now(now, policy)
    contexts = [
        visitor_context(
            user=user,
            **{**visitor_options, "groups": [*visitor_options["groups"], *groups]},
        )
        for user, groups in groups_by_user(users, user_groups).items()
    ]
    contexts += read_contexts(users_file) if users_file else []
    if not contexts:
        raise click.UsageError(
            "Name the visitors: --user NAME, --user-group NAME GROUP, or --users FILE."
        )
    launchers: dict[str, Launcher] = {}
    coverage = RuleCoverage(policy)
    for index, context in enumerate(contexts):
        tried = tried_cards([policy], context, options)
        coverage.add(tried)
        name = context["user"] or f"visitor {index + 1}"
        if name in launchers:  # a file may have one user in several contexts
            name = f"{name} ({index + 1})"
        launchers[name] = launcher_for(policy, context, tried, now)
    rows = _rows(list(launchers.values()))
    unmet = [] if options.asked else coverage.unmet()
    if output_format == "json":
        click.echo(_as_json(list(launchers), rows, unmet))
        return
    table = _table(list(launchers), rows)
    for line in (*table, *unmet_rules_lines(unmet), *try_more_line(unmet)):
        click.echo(line)


def _rows(launchers: list[Launcher]) -> list[Row]:
    """Return a row for each card that some launcher has, by category."""
    keys = sorted({key for launcher in launchers for key in launcher})
    return [Row(key, [launcher.get(key, False) for launcher in launchers]) for key in keys]


def _as_json(users: list[str], rows: list[Row], unmet: list[str]) -> str:
    listed = [
        {
            "category": row.card.category,
            "id": row.card.card_id,
            "title": row.card.title,
            "visible": dict(zip(users, row.visible, strict=True)),
        }
        for row in rows
    ]
    return json.dumps({"cards": listed, "rules_without_card": unmet}, indent=2, ensure_ascii=False)


def _table(users: list[str], rows: list[Row]) -> Iterator[str]:
    """Format the rows below their categories, with a column for each user."""
    labels = _labels(rows)
    width = max([len(label) for label in labels] + [4]) + 2
    yield " " * (width + 2) + "  ".join(users)
    category = None
    for label, row in zip(labels, rows, strict=True):
        if row.card.category != category:
            category = row.card.category
            yield click.style(category, bold=True)
        cells = []
        for user, visible in zip(users, row.visible, strict=True):
            cell = click.style("yes", fg="green") if visible else click.style("-", dim=True)
            cells.append(cell + " " * (len(user) - (3 if visible else 1)))
        yield (f"  {label.ljust(width)}" + "  ".join(cells)).rstrip()


def _labels(rows: list[Row]) -> list[str]:
    """Return the id of each card, with its title where another one of its category has the id."""
    in_category = [(row.card.category, row.card.card_id) for row in rows]
    return [
        f"{row.card.card_id} ({row.card.title or row.card.number + 1})"
        if in_category.count((row.card.category, row.card.card_id)) > 1
        else row.card.card_id
        for row in rows
    ]
