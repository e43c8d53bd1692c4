"""``scoped-launcher scopes``: what JupyterHub scopes mean."""

from __future__ import annotations

import json
from typing import Any

import click

from .._core import batch
from .files import FILE, load_policy
from .server_names import split_server


@click.group()
def scopes() -> None:
    """Ask what JupyterHub scopes mean: expand, compare and describe them."""


def run_op(op: str, **fields: Any) -> dict[str, Any]:
    """Return the engine's answer; an error ends the command with its message and exit code 1."""
    answer: dict[str, Any] = json.loads(batch(json.dumps({"op": op, **fields})))
    if "error" in answer:
        raise click.ClickException(answer["error"]["message"])
    for warning in answer.get("warnings", []):
        click.echo(f"Warning: {warning['message']}", err=True)
    return answer


def parse_server(_context: click.Context, _option: click.Parameter, value: str | None) -> Any:
    """Return the OAuth client of the server ``OWNER/NAME``."""
    if value is None:
        return None
    user, name = split_server(value)
    return {"kind": "server", "user": user, "name": name}


def read_custom_scopes(_context: click.Context, _option: click.Parameter, value: str | None) -> Any:
    """Return the custom scopes of a policy."""
    return None if value is None else json.loads(load_policy(value).custom_scopes())


POLICY = click.option(
    "--policy",
    "custom_scopes",
    type=FILE,
    callback=read_custom_scopes,
    help="A policy: its custom scopes exist too.",
)


@scopes.command()
@click.argument("names", metavar="SCOPE...", nargs=-1, required=True)
@click.option("--user", metavar="NAME", help="Who holds them: fills in self and !user.")
@click.option("--service", metavar="NAME", help="The service that holds them: fills in !service.")
@click.option("--server", metavar="OWNER/NAME", callback=parse_server, help="Fills in !server.")
@POLICY
@click.option("--json", "as_json", is_flag=True, help="Print the answer of batch op expand.")
def expand(
    names: tuple[str, ...],
    user: str | None,
    service: str | None,
    server: dict[str, str] | None,
    custom_scopes: dict[str, Any] | None,
    as_json: bool,
) -> None:
    """List all that these scopes include, one a line, as the Hub expands them.

    A token of a server may hold scopes of a user: give --user and --server both.
    """
    if user is not None and service is not None:
        raise click.UsageError("Give --user or --service: one of them holds the scopes.")
    owner = None
    if user is not None:
        owner = {"kind": "user", "name": user}
    elif service is not None:
        owner = {"kind": "service", "name": service}
    answer = run_op(
        "expand", scopes=names, owner=owner, oauth_client=server, custom_scopes=custom_scopes
    )
    click.echo(json.dumps(answer) if as_json else "\n".join(answer["scopes"]))


@scopes.command()
@click.argument("scope")
@click.argument("held", nargs=-1, required=True)
@click.option("--user", metavar="NAME", default="", help="Who holds them.")
@click.option(
    "--group", "groups", metavar="NAME", multiple=True, help="A group of the user. Repeatable."
)
@POLICY
@click.option("--any", "post_filter", is_flag=True, help="Held for some resources is enough.")
@click.pass_context
def has(
    context: click.Context,
    scope: str,
    held: tuple[str, ...],
    user: str,
    groups: tuple[str, ...],
    custom_scopes: dict[str, Any] | None,
    post_filter: bool,
) -> None:
    """Say whether a holder of the scopes HELD... has SCOPE: yes (exit code 0) or no (1)."""
    if groups and not user:
        raise click.UsageError("--group needs --user: the user who is in these groups.")
    owner = {"kind": "user", "name": user} if user else None
    answer = run_op(
        "has_scope",
        scope=scope,
        have=run_op("expand", scopes=held, owner=owner, custom_scopes=custom_scopes)["scopes"],
        post_filter=post_filter,
        groups_of={user: groups},
    )
    click.echo("yes" if answer["result"] else "no")
    context.exit(0 if answer["result"] else 1)


@scopes.command()
@click.argument("names", metavar="SCOPE...", nargs=-1, required=True)
@POLICY
@click.option("--json", "as_json", is_flag=True, help="Print the answer of batch op describe.")
def describe(names: tuple[str, ...], custom_scopes: dict[str, Any] | None, as_json: bool) -> None:
    """Say in words what scopes allow."""
    run_op("check_scopes", scopes=names, custom_scopes=custom_scopes)
    answer = run_op("describe", scopes=names, custom_scopes=custom_scopes)
    if as_json:
        click.echo(json.dumps(answer))
        return
    width = max(map(len, names))
    for entry in answer["descriptions"]:
        click.echo(f"{entry['scope']:{width}}  {entry['description']}")
