"""``scoped-launcher hub status``: what the Hub service does, and what is wrong."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

import click

from ..hub_api import HubClient, HubError, HubRefused, TokenRejected
from ..variables import SERVICE_NAME
from .errors import CliError
from .hub_queries import TOKEN_VARIABLE, base_url


@click.group()
def hub() -> None:
    """Ask about a running Hub."""


@hub.command()
@click.option("--hub", "hub_url", metavar="URL", required=True, help="The Hub's address.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(hub_url: str, as_json: bool) -> None:
    """Say whether the Hub follows the policy, and what is wrong if it does not.

    Asks the Hub service, with the token in JUPYTERHUB_API_TOKEN. The token needs
    access:services!service=scoped-launcher, and read:metrics or shares. Exits with 1 if something
    is wrong.
    """
    token = os.environ.get(TOKEN_VARIABLE, "")
    if not token:
        raise click.UsageError(f"Set {TOKEN_VARIABLE} to a token of the Hub.")
    found = asyncio.run(_read(base_url(hub_url), token))
    problems = _problems(found)
    if as_json:
        click.echo(json.dumps({**found, "problems": problems}, indent=2))
    else:
        click.echo(_as_text(found))
        for problem in problems:
            click.echo(f"problem: {problem}")
    if problems:
        raise click.exceptions.Exit(1)


async def _read(hub_url: str, token: str) -> dict[str, Any]:
    client = HubClient(f"{hub_url}/services/{SERVICE_NAME}", token, requires_hub=False)
    try:
        found = await client.get("/api/status")
    except (TokenRejected, HubRefused) as error:
        raise CliError(
            f"{error}. The token needs access:services!service={SERVICE_NAME}, and read:metrics or"
            " shares; and the Hub must run the service (docs/reference/service.md)."
        ) from None
    except HubError as error:
        raise CliError(str(error)) from None
    finally:
        client.close()
    if not isinstance(found, dict):
        raise CliError("The service answered no object.")
    return found


def _problems(found: dict[str, Any]) -> list[str]:
    """Return a sentence for each thing that is wrong."""
    problems = []
    if problem := found["policy"]["problem"]:
        problems.append(f"The policy file cannot be used as it is:\n{problem}")
    if problem := found["roles"]["problem"]:
        problems.append(f"The Hub does not have the policy's roles: {problem}")
    if not found["changes"]["hub_is_heard"]:
        problems.append("The Hub does not tell the service its changes: users' servers poll.")
    if found["grants"]["status"] not in ("ok", "not_needed", "starting"):
        problems.append(
            f"The grants: {found['grants']['status']}. {found['grants']['problem']}".rstrip()
        )
    return problems


def _as_text(found: dict[str, Any]) -> str:
    applied = found["roles"]["applied"]
    return "\n".join(
        [
            f"service: {found['service']}",
            f"roles: {'unknown' if applied is None else applied} of the policy's are applied",
            f"changes: {found['changes']['subscribers']} servers are told",
            f"grants: {found['grants']['status']}",
        ]
    )
