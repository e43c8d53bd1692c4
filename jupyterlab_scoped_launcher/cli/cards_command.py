"""``scoped-launcher cards``: the cards of a running server, and the rules that match them."""

from __future__ import annotations

import json
from typing import Any

import click

from .cards import Card, jupyterlab_cards, merge_cards
from .errors import CliError
from .files import FILE, load_policy
from .hub_queries import read_server_url
from .matching import matching_rules, matching_rules_of_document
from .options import FORMAT
from .server_cards import checked_server_url, get_json, read_server_cards
from .server_names import check_server, split_server

COLUMNS = ("kind", "name", "title", "category", "tags", "language", "args", "rules")


@click.command()
@click.option("--url", "server_url", metavar="URL", help="The address of a Jupyter server.")
@click.option("--hub", "hub_url", metavar="URL", help="A running server of this Hub.")
@click.option(
    "--user", metavar="U", help="With --hub: whose default server; else the token's user."
)
@click.option(
    "--server", metavar="OWNER/NAME", callback=check_server, help="With --hub: this server."
)
@click.option(
    "--policy", "policy_file", type=FILE, help="List the rules of this policy; else the server's."
)
@FORMAT
def cards(
    server_url: str | None,
    hub_url: str | None,
    user: str | None,
    server: str | None,
    policy_file: str | None,
    output_format: str,
) -> None:
    """List the cards of a running server with all that rules match, and the rules that match.

    A server lists the cards that the token's user sees, and the hidden ones if the policy's preview
    condition holds. The cards that only the page knows, such as the terminal's, are those of every
    JupyterLab.

    The token comes from JUPYTERHUB_API_TOKEN (of a Hub; with --hub it needs read:servers and
    access:servers of the user) or from JUPYTER_TOKEN (of a server without a Hub).

    --format json prints what the option --cards of other commands reads.
    """
    if bool(server_url) == bool(hub_url):
        raise click.UsageError("Name the server: --url URL, or --hub URL with --user NAME.")
    if not hub_url and (user or server):
        raise click.UsageError("--user and --server need --hub URL: they name a server of a Hub.")
    if user and server:
        raise click.UsageError("Give --user for a default server, or --server OWNER/NAME.")
    if hub_url:
        owner, name = split_server(server) if server else (user, "")
        server_url = read_server_url(hub_url, owner, name)
    base = checked_server_url(str(server_url))
    listed = merge_cards([read_server_cards(base), _page_cards()])
    rules = (
        matching_rules(load_policy(policy_file), listed, _kernels(listed))
        if policy_file
        else _rules_of_server(base, listed)
    )
    if rules is not None:
        listed = [{**card, "rules": ids} for card, ids in zip(listed, rules, strict=True)]
    if output_format == "json":
        click.echo(json.dumps({"cards": listed}, indent=2, ensure_ascii=False))
        return
    click.echo("\n".join(_table(listed)))
    if rules is None:
        click.echo("The rules are not known: name the policy with --policy FILE.")


def _page_cards() -> list[Card]:
    """Return the cards of every JupyterLab that are not those of a kernel."""
    return [card for card in jupyterlab_cards() if card["kind"] == "command"]


def _kernels(cards: list[Card]) -> list[str]:
    return sorted({card["name"] for card in cards if card["kind"] == "kernel"})


def _rules_of_server(base: str, cards: list[Card]) -> list[list[str]] | None:
    """Return for each card the rules of the policy that the server uses; None if unknown."""
    try:
        document = get_json(base, "scoped-launcher/context")["policy"]["document"]
    except (CliError, KeyError, TypeError):
        return None
    return (
        None if document is None else matching_rules_of_document(document, cards, _kernels(cards))
    )


def _table(cards: list[Card]) -> list[str]:
    """Format the cards, with a column for each of `COLUMNS` that is not empty."""
    rows = [[_cell(card.get(column)) for column in COLUMNS] for card in cards]
    columns = [
        [title.upper(), *values]
        for title, values in zip(COLUMNS, zip(*rows, strict=True), strict=True)
        if any(values)
    ]
    widths = [max(map(len, column)) for column in columns]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in zip(*columns, strict=True)
    ]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
