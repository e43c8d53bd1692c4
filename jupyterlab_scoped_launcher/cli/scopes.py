"""``scoped-launcher scopes``: what JupyterHub scopes mean."""

from __future__ import annotations

import json
from typing import Any

import click

from jupyterlab_scoped_launcher import _core

from .files import FILE, load_policy


@click.group()
def scopes() -> None:
    """Ask what JupyterHub scopes mean: expand, compare and describe them."""


def ask(op: str, **fields: Any) -> dict[str, Any]:
    """Ask the engine; what it refuses ends the command with its message and exit code 1."""
    answer: dict[str, Any] = json.loads(_core.batch(json.dumps({"op": op, **fields})))
    if "error" in answer:
        raise click.ClickException(answer["error"]["message"])
    for warning in answer.get("warnings", []):
        click.echo(f"Warning: {warning['message']}", err=True)
    return answer


def server(_context: click.Context, _option: click.Parameter, value: str | None) -> Any:
    """Read ``OWNER/NAME`` as the OAuth client that a server is."""
    if value is None:
        return None
    user, slash, name = value.partition("/")
    if not slash:
        raise click.BadParameter("write OWNER/NAME; a default server is OWNER/")
    return {"kind": "server", "user": user, "name": name}


def custom_scopes(_context: click.Context, _option: click.Parameter, value: str | None) -> Any:
    """Read the custom scopes of a policy."""
    return None if value is None else json.loads(load_policy(value).custom_scopes())


policy_option = click.option(
    "--policy",
    "custom",
    type=FILE,
    callback=custom_scopes,
    help="A policy: its custom scopes exist too.",
)


@scopes.command()
@click.argument("listed", metavar="SCOPE...", nargs=-1, required=True)
@click.option("--user", metavar="NAME", help="Who holds them: fills in self and !user.")
@click.option("--service", metavar="NAME", help="The service that holds them: fills in !service.")
@click.option("--server", metavar="OWNER/NAME", callback=server, help="Fills in !server.")
@policy_option
@click.option("--json", "as_json", is_flag=True, help="Print the answer of batch op expand.")
def expand(
    listed: tuple[str, ...],
    user: str | None,
    service: str | None,
    server: dict[str, str] | None,
    custom: dict[str, Any] | None,
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
    answer = ask("expand", scopes=listed, owner=owner, oauth_client=server, custom_scopes=custom)
    click.echo(json.dumps(answer) if as_json else "\n".join(answer["scopes"]))


@scopes.command()
@click.argument("scope")
@click.argument("held", nargs=-1, required=True)
@click.option("--user", metavar="NAME", default="", help="Who holds them.")
@click.option(
    "--group", "groups", metavar="NAME", multiple=True, help="A group of the user. Repeatable."
)
@policy_option
@click.option("--any", "post_filter", is_flag=True, help="Held for some resources is enough.")
@click.pass_context
def has(
    context: click.Context,
    scope: str,
    held: tuple[str, ...],
    user: str,
    groups: tuple[str, ...],
    custom: dict[str, Any] | None,
    post_filter: bool,
) -> None:
    """Say whether a holder of the scopes HELD... has SCOPE: yes (exit code 0) or no (1)."""
    if groups and not user:
        raise click.UsageError("Give --user too: who is in these groups?")
    owner = {"kind": "user", "name": user} if user else None
    answer = ask(
        "has_scope",
        scope=scope,
        have=ask("expand", scopes=held, owner=owner, custom_scopes=custom)["scopes"],
        post_filter=post_filter,
        groups_of={user: groups},
    )
    click.echo("yes" if answer["result"] else "no")
    context.exit(0 if answer["result"] else 1)


@scopes.command()
@click.argument("listed", metavar="SCOPE...", nargs=-1, required=True)
@policy_option
@click.option("--json", "as_json", is_flag=True, help="Print the answer of batch op describe.")
def describe(listed: tuple[str, ...], custom: dict[str, Any] | None, as_json: bool) -> None:
    """Say in words what scopes allow."""
    ask("check_scopes", scopes=listed, custom_scopes=custom)
    answer = ask("describe", scopes=listed, custom_scopes=custom)
    if as_json:
        click.echo(json.dumps(answer))
        return
    width = max(map(len, listed))
    for entry in answer["descriptions"]:
        click.echo(f"{entry['scope']:{width}}  {entry['description']}")
