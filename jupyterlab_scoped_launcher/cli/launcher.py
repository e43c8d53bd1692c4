"""``scoped-launcher preview`` and ``diff``: whole launchers, for several users."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import click

from jupyterlab_scoped_launcher import _core

from .ask import FORMAT, decisions_of
from .files import FILE, load_policy
from .hub import Hub
from .visitors import (
    Card,
    Context,
    context_of,
    contexts_from,
    fact_options,
    given_cards,
    launcher_cards,
    visitor,
)

SECTIONS = {
    "kernel": "Kernels",
    "proxy": "Proxied services",
    "service": "Hub services",
    "server": "Servers",
    "command": "Commands",
}


@click.command()
@click.argument("file", type=FILE)
@click.option(
    "--user", "users", multiple=True, metavar="U[=G,G…]", help="A visitor, with groups. Repeatable."
)
@click.option("--users", "users_file", type=FILE, help="A JSON list of visitors.")
@fact_options
@FORMAT
def preview(
    file: str,
    users: tuple[str, ...],
    users_file: str | None,
    form: str,
    cards: tuple[str, ...],
    cards_file: str | None,
    kernels: tuple[str, ...],
    now: str | None,
    **facts: Any,
) -> None:
    """Show the launcher by category, for one or several users side by side.

    --group, --scope and the like hold for every --user. The visitors of a --users file are contexts
    or the Hub's user models, as in docs/cli.md.
    """
    policy = load_policy(file)
    contexts = [_visitor(user, facts) for user in users]
    contexts += contexts_from(users_file) if users_file else []
    if not contexts:
        raise click.UsageError("Say who visits: --user NAME or --users FILE.")
    given = given_cards(cards, cards_file)
    launchers = {}
    for index, context in enumerate(contexts):
        asked = given or launcher_cards(policy.document(), context)
        name = context["user"] or f"visitor {index + 1}"
        launchers[name] = _launcher(policy, context, asked, kernels, now)
    rows = _rows(launchers)
    if form == "json":
        shown = [
            {
                "category": category,
                "id": name,
                "visible": dict(zip(launchers, visible, strict=True)),
            }
            for category, name, visible in rows
        ]
        click.echo(json.dumps({"cards": shown}, indent=2, ensure_ascii=False))
        return
    click.echo("\n".join(_table(list(launchers), rows)))


@click.command()
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
@click.option("--users", "users_file", type=FILE, help="A JSON list of visitors.")
@click.option("--hub", "hub_url", metavar="URL", help="All users of this Hub.")
@click.option(
    "--card", "cards", multiple=True, metavar="KIND:NAME", help="Only this card. Repeatable."
)
@click.option("--cards", "cards_file", type=FILE, help="A JSON list of cards, as in docs/batch.md.")
@click.option("--now", metavar="TIME", help="RFC 3339; else the time now.")
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
    form: str,
) -> int:
    """Show who gains and who loses which card when policy OLD becomes NEW.

    The users come from a file or from the Hub (with a token in JUPYTERHUB_API_TOKEN that may
    list:users and read:users:groups). Without --card or --cards, the cards are those that one of
    the policies names exactly, and those that they add.
    """
    if bool(users_file) == bool(hub_url):
        raise click.UsageError("Say who: --users FILE or --hub URL.")
    policies = [load_policy(old), load_policy(new)]
    if users_file:
        contexts = contexts_from(users_file)
    else:
        contexts = [context_of(model) for model in Hub(str(hub_url)).users()]
    given = given_cards(cards, cards_file)
    documents = [policy.document() for policy in policies]
    changes = []
    for context in _with_progress(contexts):
        asked = given or [card for text in documents for card in launcher_cards(text, context)]
        before, after = (
            {card for card, entry in launcher.items() if entry["visible"]}
            for launcher in (_launcher(policy, context, asked, (), now) for policy in policies)
        )
        user = context["user"]
        changes += [
            {"user": user, "card": card, "change": "gains"} for card in sorted(after - before)
        ]
        changes += [
            {"user": user, "card": card, "change": "loses"} for card in sorted(before - after)
        ]
    if form == "json":
        click.echo(
            json.dumps({"users": len(contexts), "changes": changes}, indent=2, ensure_ascii=False)
        )
    else:
        for change in changes:
            color = "green" if change["change"] == "gains" else "red"
            verb = click.style(change["change"], fg=color, bold=True)
            click.echo(f"{change['user']} {verb} {change['card']}")
        touched = len({change["user"] for change in changes})
        click.echo(f"{touched} of {len(contexts)} users see a change.")
    return 1 if changes and exit_code else 0


def _visitor(text: str, facts: dict[str, Any]) -> Context:
    """Make a visitor of ``NAME`` or ``NAME=GROUP,GROUP``."""
    name, _, groups = text.partition("=")
    own = [group for group in groups.split(",") if group]
    return visitor(user=name, **{**facts, "groups": [*facts["groups"], *own]})


def _launcher(
    policy: _core.Policy,
    context: Context,
    asked: list[Card],
    kernels: tuple[str, ...],
    now: str | None,
) -> dict[str, dict[str, Any]]:
    """Decide on cards for one visitor: id to category and whether it is visible."""
    cards = {card["id"]: card for card in asked if isinstance(card, dict) and "id" in card}
    decisions = decisions_of(policy, "decide", context, list(cards.values()), kernels, now)
    return {
        decision["id"]: {
            "category": card.get("category") or SECTIONS.get(card["kind"], "Other"),
            "visible": decision["visible"],
        }
        for card, decision in zip(cards.values(), decisions, strict=True)
    }


def _rows(launchers: dict[str, dict[str, dict[str, Any]]]) -> list[tuple[str, str, list[bool]]]:
    """Merge launchers into rows (category, card, visible to each), by category."""
    categories = {
        name: entry["category"]
        for launcher in launchers.values()
        for name, entry in launcher.items()
    }
    return [
        (
            category,
            name,
            [launcher.get(name, {"visible": False})["visible"] for launcher in launchers.values()],
        )
        for name, category in sorted(categories.items(), key=lambda item: (item[1], item[0]))
    ]


def _table(users: list[str], rows: Iterable[tuple[str, str, list[bool]]]) -> Iterator[str]:
    rows = list(rows)
    widest = max([len(name) for _, name, _ in rows] + [4]) + 2
    yield " " * (widest + 2) + "  ".join(users)
    section = None
    for category, name, visible in rows:
        if category != section:
            section = category
            yield click.style(category, bold=True)
        marks = []
        for user, shown in zip(users, visible, strict=True):
            mark = click.style("yes", fg="green") if shown else click.style("-", dim=True)
            marks.append(mark + " " * (len(user) - (3 if shown else 1)))
        yield (f"  {name.ljust(widest)}" + "  ".join(marks)).rstrip()


def _with_progress(contexts: list[Context]) -> Iterator[Context]:
    """Count on standard error while people wait at a terminal."""
    waits = sys.stderr.isatty() and len(contexts) > 100
    for index, context in enumerate(contexts):
        if waits and index % 50 == 0:
            click.echo(f"\r{index} of {len(contexts)} users", nl=False, err=True)
        yield context
    if waits:
        click.echo("\r" + " " * 40 + "\r", nl=False, err=True)
