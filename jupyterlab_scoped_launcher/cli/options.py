"""Options that several commands have.

An option that takes names takes each as it is, whatever characters it has. For several names it is
repeated: no text is split into names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from .files import FILE
from .server_names import check_server, check_servers

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
    help="Only this card, such as kernel:python3. Repeatable.",
)
CARDS_FILE = click.option(
    "--cards",
    "cards_file",
    type=FILE,
    help="Also these cards: a JSON list, as `scoped-launcher cards --format json` prints it.",
)
SERVER_URL = click.option(
    "--url", "server_url", metavar="URL", help="Also the cards of this running Jupyter server."
)
NOW = click.option(
    "--now", metavar="TIME", help="A time with a zone (RFC 3339); else the time now."
)
USERS_FILE = click.option("--users", "users_file", type=FILE, help="A JSON list of visitors.")
USER_GROUPS = click.option(
    "--user-group",
    "user_groups",
    nargs=2,
    multiple=True,
    metavar="U G",
    help="A visitor U, in the group G. Repeatable.",
)
USERS = click.option("--user", "users", multiple=True, metavar="U", help="A visitor. Repeatable.")
VISITOR = [
    click.option(
        "--group", "groups", multiple=True, metavar="G", help="In this group. Repeatable."
    ),
    click.option(
        "--scope", "scopes", multiple=True, metavar="S", help="Holds this scope. Repeatable."
    ),
    click.option(
        "--share",
        "shares",
        multiple=True,
        metavar="OWNER/NAME",
        callback=check_servers,
        help="A server shared with them. Repeatable.",
    ),
    click.option("--admin", is_flag=True, help="Is an admin of the Hub."),
    click.option(
        "--server",
        metavar="OWNER/NAME",
        callback=check_server,
        help="The server they visit; else their default server.",
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
    help="An installed kernel. Repeatable; else those of the known cards.",
)


def with_options(
    *options: Callable[[Command], Command],
) -> Callable[[Command], Command]:
    """Return a decorator that adds the options in this order."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


decision_options = with_options(*VISITOR, NOW, CARD, CARDS_FILE, SERVER_URL, KERNELS)
"""Adds the options for the visitor, the time, the cards and the installed kernels."""


def groups_by_user(
    users: Iterable[str], user_groups: Iterable[tuple[str, str]]
) -> dict[str, list[str]]:
    """Return the groups of each visitor of ``--user`` and ``--user-group``, in that order."""
    groups: dict[str, list[str]] = {user: [] for user in users}
    for user, group in user_groups:
        groups.setdefault(user, []).append(group)
    return groups
