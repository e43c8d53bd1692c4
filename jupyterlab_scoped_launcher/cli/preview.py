"""``scoped-launcher preview``: the launchers of several visitors side by side."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import click

from .cards import cards_from_options, cards_of_policy
from .contexts import Context, read_contexts, visitor_context
from .files import FILE, load_policy
from .launchers import Launcher, launcher_for
from .options import FORMAT, decision_options


class Row(NamedTuple):
    """A card, and for each visitor whether it is visible."""

    category: str
    card_id: str
    visible: list[bool]


@click.command()
@click.argument("file", type=FILE)
@click.option(
    "--user", "users", multiple=True, metavar="U[=G,G…]", help="A visitor, with groups. Repeatable."
)
@click.option("--users", "users_file", type=FILE, help="A JSON list of visitors.")
@decision_options
@FORMAT
def preview(
    file: str,
    users: tuple[str, ...],
    users_file: str | None,
    output_format: str,
    cards: tuple[str, ...],
    cards_file: str | None,
    kernels: tuple[str, ...],
    now: str | None,
    **visitor_options: Any,
) -> None:
    """Show the launcher by category, for one or several users side by side.

    --group, --scope and the like hold for every --user. The visitors of a --users file are contexts
    or the Hub's user models, as in docs/cli.md.
    """
    policy = load_policy(file)
    contexts = [_parse_user(user, visitor_options) for user in users]
    contexts += read_contexts(users_file) if users_file else []
    if not contexts:
        raise click.UsageError("Name the visitors: --user NAME or --users FILE.")
    chosen = cards_from_options(cards, cards_file)
    launchers: dict[str, Launcher] = {}
    for index, context in enumerate(contexts):
        name = context["user"] or f"visitor {index + 1}"
        launchers[name] = launcher_for(
            policy, context, chosen or cards_of_policy(policy, context), kernels, now
        )
    rows = _rows(list(launchers.values()))
    if output_format == "json":
        listed = [
            {
                "category": row.category,
                "id": row.card_id,
                "visible": dict(zip(launchers, row.visible, strict=True)),
            }
            for row in rows
        ]
        click.echo(json.dumps({"cards": listed}, indent=2, ensure_ascii=False))
        return
    click.echo("\n".join(_table(list(launchers), rows)))


def _parse_user(text: str, visitor_options: dict[str, Any]) -> Context:
    """Return the context for ``NAME`` or ``NAME=GROUP,GROUP``."""
    name, _, groups = text.partition("=")
    own_groups = [group for group in groups.split(",") if group]
    return visitor_context(
        user=name,
        **{**visitor_options, "groups": [*visitor_options["groups"], *own_groups]},
    )


def _rows(launchers: list[Launcher]) -> list[Row]:
    """Return a row for each card that some launcher has, by category."""
    categories = {
        card_id: card.category for launcher in launchers for card_id, card in launcher.items()
    }
    return [
        Row(
            category,
            card_id,
            [card_id in launcher and launcher[card_id].visible for launcher in launchers],
        )
        for card_id, category in sorted(categories.items(), key=lambda item: (item[1], item[0]))
    ]


def _table(users: list[str], rows: list[Row]) -> Iterator[str]:
    """Format the rows below their categories, with a column for each user."""
    width = max([len(row.card_id) for row in rows] + [4]) + 2
    yield " " * (width + 2) + "  ".join(users)
    category = None
    for row in rows:
        if row.category != category:
            category = row.category
            yield click.style(category, bold=True)
        cells = []
        for user, visible in zip(users, row.visible, strict=True):
            cell = click.style("yes", fg="green") if visible else click.style("-", dim=True)
            cells.append(cell + " " * (len(user) - (3 if visible else 1)))
        yield (f"  {row.card_id.ljust(width)}" + "  ".join(cells)).rstrip()
