"""``scoped-launcher grants``: creates and revokes the Hub's shares by the policy's ``grants``."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .errors import CliError
from .service_options import (
    as_click_errors,
    require_hub_packages,
    run_to_end,
    service_options,
    settings_from,
)

if TYPE_CHECKING:
    from ..service.grants.plan import Plan
    from ..service.settings import ServiceSettings

APPROVAL_LASTS = timedelta(hours=1)
"""How long ``--allow-revocations`` counts."""


@click.command()
@service_options
@click.option("--once", is_flag=True, help="Create and revoke shares once, then exit.")
@click.option("--dry-run", is_flag=True, help="Print the changes without making them.")
@click.option("--json", "as_json", is_flag=True, help="With --dry-run: print JSON.")
@click.option(
    "--allow-revocations",
    type=click.IntRange(min=1),
    metavar="N",
    help="Allow up to N revocations once, within the hour: in this run with --once, else in the "
    "running service that uses this database.",
)
def grants(
    once: bool, dry_run: bool, as_json: bool, allow_revocations: int | None, **options: Any
) -> None:
    """Share named servers as the policy's grants say (docs/reference/grants.md).

    The Hub service does this all the time. Here it is done once: name --once, --dry-run or
    --allow-revocations. Reads JUPYTERHUB_API_URL and JUPYTERHUB_API_TOKEN.
    """
    require_hub_packages()
    if allow_revocations and not once:
        _approve(options["database"], allow_revocations)
        return
    if not (once or dry_run):
        raise click.UsageError(
            "Name --once, --dry-run or --allow-revocations. `scoped-launcher service` runs the "
            "service."
        )
    options["max_revocations"] = allow_revocations or options["max_revocations"]
    settings = settings_from(**options)
    if dry_run:
        plan = run_to_end(as_click_errors(_dry_run(settings)))
        click.echo(_as_json(plan) if as_json else _as_text(plan))
        return
    result = run_to_end(as_click_errors(_run_once(settings)))
    click.echo(
        f"{result.created} granted, {result.revoked} revoked, {result.refused} refused by the "
        f"Hub; {result.requests} requests in {result.seconds:.1f} s."
    )
    if result.held_back:
        raise CliError(
            f"{result.held_back} revocations are more than a pass may make without approval. "
            f"If they are right, add --allow-revocations {result.held_back}."
        )


def _approve(database: Path, revocations: int) -> None:
    from ..service.database import DatabaseError
    from ..service.grants.store import approve_revocations

    try:
        approve_revocations(database, revocations, datetime.now(timezone.utc) + APPROVAL_LASTS)
    except DatabaseError as error:
        raise CliError(str(error)) from None
    click.echo(f"The service may make {revocations} revocations in one pass, once.")


async def _run_once(settings: ServiceSettings) -> Any:
    from ..service.app import Service
    from ..service.log import new_logger

    service = Service(settings, new_logger())
    try:
        return await service.grants.run_once()
    finally:
        service.close()


async def _dry_run(settings: ServiceSettings) -> Plan:
    from ..service.database import Database
    from ..service.grants.reconcile import Reconciler
    from ..service.grants.store import ShareStore
    from ..service.log import event_log, new_logger
    from ..service.policy import FollowedPolicy

    logger = new_logger()
    policy = FollowedPolicy(settings.policy, logger)
    database = Database(settings.database, read_only=True)
    api = settings.sharing_api()
    try:
        await api.check()
        reconciler = Reconciler(api, ShareStore(database), event_log(logger))
        return await reconciler.dry_run(policy.current())
    finally:
        database.close()
        api.close()


def _as_json(plan: Plan) -> str:
    return json.dumps(
        {
            "create": [
                {"server": share.server, "user": share.user, "grant": share.grant}
                for share in plan.create
            ],
            "revoke": [
                {
                    "server": record.server,
                    "user": record.user,
                    "grant": record.grant,
                    "reason": reason.value,
                }
                for record, reason in plan.revoke
            ],
        },
        indent=2,
    )


def _as_text(plan: Plan) -> str:
    lines = [f"grant   {share.server} to {share.user}  ({share.grant})" for share in plan.create]
    lines += [
        f"revoke  {record.server} from {record.user}  ({record.grant}: {reason.value})"
        for record, reason in plan.revoke
    ]
    return "\n".join([*lines, f"{len(plan.create)} to grant, {len(plan.revoke)} to revoke."])
