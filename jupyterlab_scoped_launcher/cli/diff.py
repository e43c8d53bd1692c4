"""``scoped-launcher diff``: which visitors gain or lose which cards by a change of the policy."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import click

from .cards import cards_from_options, cards_of_policy
from .contexts import Context, read_contexts, visitor_contexts
from .files import FILE, load_policy
from .hub_queries import read_users
from .launchers import launcher_for
from .options import CARDS_FILE, FORMAT, NOW


@click.command()
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
@click.option("--users", "users_file", type=FILE, help="A JSON list of visitors.")
@click.option("--hub", "hub_url", metavar="URL", help="All users of this Hub.")
@click.option(
    "--card", "cards", multiple=True, metavar="KIND:NAME", help="Only this card. Repeatable."
)
@CARDS_FILE
@NOW
@click.option("--exit-code", is_flag=True, help="Exit with 1 if anybody gains or loses a card.")
@FORMAT
def diff(
    old: str,
    new: str,
    users_file: str | None,
    hub_url: str | None,
    cards: tuple[str, ...],
    cards_file: str | None,
    now: str | None,
    exit_code: bool,
    output_format: str,
) -> int:
    """Show who gains and who loses which card when policy OLD becomes NEW.

    The users come from a file or from the Hub (with a token in JUPYTERHUB_API_TOKEN that may
    list:users and read:users:groups). Without --card or --cards, the cards are those that one of
    the policies names exactly, and those that they add.
    """
    if bool(users_file) == bool(hub_url):
        raise click.UsageError("Name the users: --users FILE or --hub URL.")
    policies = [load_policy(old), load_policy(new)]
    if users_file:
        contexts = read_contexts(users_file)
    else:
        contexts = visitor_contexts(read_users(str(hub_url)))
    chosen = cards_from_options(cards, cards_file)
    changes: list[dict[str, str]] = []
    for context in _with_progress(contexts):
        compared = chosen or [
            card for policy in policies for card in cards_of_policy(policy, context)
        ]
        before, after = (
            {
                card_id
                for card_id, card in launcher_for(policy, context, compared, now=now).items()
                if card.visible
            }
            for policy in policies
        )
        for change, card_ids in (("gains", after - before), ("loses", before - after)):
            changes += [
                {"user": context["user"], "card": card_id, "change": change}
                for card_id in sorted(card_ids)
            ]
    if output_format == "json":
        click.echo(
            json.dumps({"users": len(contexts), "changes": changes}, indent=2, ensure_ascii=False)
        )
    else:
        for entry in changes:
            color = "green" if entry["change"] == "gains" else "red"
            verb = click.style(entry["change"], fg=color, bold=True)
            click.echo(f"{entry['user']} {verb} {entry['card']}")
        affected = len({entry["user"] for entry in changes})
        click.echo(f"{affected} of {len(contexts)} users see a change.")
    return 1 if changes and exit_code else 0


def _with_progress(contexts: list[Context]) -> Iterator[Context]:
    """Count on standard error if it is a terminal and there are many users."""
    show_progress = sys.stderr.isatty() and len(contexts) > 100
    for index, context in enumerate(contexts):
        if show_progress and index % 50 == 0:
            click.echo(f"\r{index} of {len(contexts)} users", nl=False, err=True)
        yield context
    if show_progress:
        click.echo("\r" + " " * 40 + "\r", nl=False, err=True)
