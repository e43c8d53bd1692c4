"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from .files import FILE

Command = TypeVar("Command", bound=Callable[..., Any])

FORMAT = click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people or for programs.",
)
CARD = click.option(
    "--card",
    "cards",
    multiple=True,
    metavar="KIND:NAME",
    help="Such as kernel:python3. Repeatable.",
)
CARDS_FILE = click.option(
    "--cards", "cards_file", type=FILE, help="A JSON list of cards, as in docs/batch.md."
)
NOW = click.option("--now", metavar="TIME", help="RFC 3339; else the time now.")
VISITOR = [
    click.option(
        "--group", "groups", multiple=True, metavar="G", help="In this group. Repeatable."
    ),
    click.option(
        "--scope", "scopes", multiple=True, metavar="S", help="Holds this scope. Repeatable."
    ),
    click.option(
        "--share", "shares", multiple=True, metavar="OWNER/NAME", help="A server shared with them."
    ),
    click.option("--admin", is_flag=True, help="Is an admin of the Hub."),
    click.option(
        "--server", metavar="OWNER/NAME", help="The server they visit; else their default server."
    ),
    click.option("--no-hub", is_flag=True, help="As in a JupyterLab without a Hub."),
    click.option(
        "--hub", "hub_url", metavar="URL", help="Read groups, admin and shares from this Hub."
    ),
]
KERNELS = click.option(
    "--kernel",
    "kernels",
    multiple=True,
    metavar="NAME",
    help="An installed kernel. Repeatable; else those of the cards.",
)


def decision_options(command: Command) -> Command:
    """Add the options for the visitor, the time, the cards and the installed kernels."""
    for option in reversed([*VISITOR, NOW, CARD, CARDS_FILE, KERNELS]):
        command = option(command)
    return command
