"""``scoped-launcher grants``: creates and revokes the Hub's shares by the policy's ``grants``."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Awaitable, Coroutine
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .errors import CliError

if TYPE_CHECKING:
    from ..service.app import ServiceSettings
    from ..service.grants.plan import Plan

RECORDS = "scoped-launcher-grants.sqlite"

APPROVAL_LASTS = timedelta(hours=1)
"""How long ``--allow-revocations`` counts."""


@click.command()
@click.option(
    "--policy",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="SCOPED_LAUNCHER_POLICY",
    help="The policy file.",
)
@click.option(
    "--records",
    type=click.Path(dir_okay=False, path_type=Path),
    default=RECORDS,
    show_default=True,
    help="The file with the shares that this service has created.",
)
@click.option("--once", is_flag=True, help="Create and revoke shares once, then exit.")
@click.option("--dry-run", is_flag=True, help="Print the changes without making them.")
@click.option("--json", "as_json", is_flag=True, help="With --dry-run: print JSON.")
@click.option(
    "--interval",
    type=click.FloatRange(min=0.1),
    default=15,
    show_default=True,
    help="Seconds from the start of one pass to the start of the next.",
)
@click.option(
    "--max-revocations",
    type=click.IntRange(min=0),
    help="Largest number of revocations in one pass. [default: 20, or a tenth of the shares if "
    "that is more]",
)
@click.option(
    "--allow-revocations",
    type=click.IntRange(min=1),
    metavar="N",
    help="Allow up to N revocations once, within the hour: in this run with --once, else in the "
    "running service that uses these records.",
)
@click.option(
    "--hub-share",
    type=click.FloatRange(min=0.01, max=1),
    default=0.25,
    show_default=True,
    help="Largest part of the Hub's time to use, from 0 to 1.",
)
@click.option(
    "--page-size",
    type=click.IntRange(min=2),
    default=200,
    show_default=True,
    help="Users in one answer of the Hub; its api_page_max_limit caps it.",
)
def grants(
    policy: Path | None,
    records: Path,
    once: bool,
    dry_run: bool,
    as_json: bool,
    interval: float,
    max_revocations: int | None,
    allow_revocations: int | None,
    hub_share: float,
    page_size: int,
) -> None:
    """Share named servers as the policy's grants say (docs/grants.md).

    Reads JUPYTERHUB_API_URL and JUPYTERHUB_API_TOKEN, which the Hub gives to its services. Without
    --once and --dry-run it runs until it is stopped.
    """
    try:
        from ..service.grants.store import StoreError, approve_revocations
    except ImportError as error:
        raise CliError(f"Grants run where JupyterHub is installed: {error}.") from None
    if allow_revocations and not once:
        try:
            approve_revocations(
                records, allow_revocations, datetime.now(timezone.utc) + APPROVAL_LASTS
            )
        except StoreError as error:
            raise CliError(str(error)) from None
        click.echo(f"The service may make {allow_revocations} revocations in one pass, once.")
        return
    settings = _settings(
        policy=policy,
        records=records,
        interval_s=interval,
        max_revocations=allow_revocations or max_revocations,
        page_size=page_size,
        hub_share=hub_share,
    )
    if dry_run:
        plan = _run(_as_click_errors(_dry_run(settings)))
        click.echo(_as_json(plan) if as_json else _as_text(plan))
    elif once:
        result = _run(_as_click_errors(_run_once(settings)))
        click.echo(
            f"{result.created} granted, {result.revoked} revoked, {result.refused} refused by the "
            f"Hub; {result.requests} requests in {result.seconds:.1f} s."
        )
        if result.held_back:
            raise CliError(
                f"{result.held_back} revocations are more than a pass may make without approval. "
                f"If they are right, add --allow-revocations {result.held_back}."
            )
    else:
        _run(_serve(settings))


def _settings(*, policy: Path | None, **options: Any) -> ServiceSettings:
    from ..service.app import ServiceSettings

    if policy is None:
        raise click.UsageError("Name the policy: --policy FILE.")
    variables = {
        name: os.environ.get(name, "") for name in ("JUPYTERHUB_API_URL", "JUPYTERHUB_API_TOKEN")
    }
    for name, value in variables.items():
        if not value:
            raise click.UsageError(
                f"{name} is not set. The Hub sets it for its services; elsewhere, set it to "
                "…/hub/api and to a token of a service with the role of docs/grants.md."
            )
    return ServiceSettings(
        policy=policy,
        api_url=variables["JUPYTERHUB_API_URL"],
        token=variables["JUPYTERHUB_API_TOKEN"],
        **options,
    )


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    import asyncio

    return asyncio.run(work)


async def _as_click_errors(work: Awaitable[Any]) -> Any:
    """Return what ``work`` returns; its expected errors end the command with a message."""
    from ..hub_api import HubError
    from ..service.app import NoPolicyError
    from ..service.grants.plan import PlanError
    from ..service.grants.store import StoreError

    try:
        return await work
    except (NoPolicyError, PlanError) as error:
        raise click.ClickException(str(error)) from None
    except (HubError, StoreError) as error:
        raise CliError(str(error)) from None


async def _run_once(settings: ServiceSettings) -> Any:
    from ..service.app import GrantsService
    from ..service.log import new_logger

    service = GrantsService(settings, new_logger())
    try:
        return await service.run_once()
    finally:
        service.close()


async def _dry_run(settings: ServiceSettings) -> Plan:
    from ..service.app import GrantsService
    from ..service.grants.reconcile import Reconciler
    from ..service.grants.store import ShareStore
    from ..service.log import event_log, new_logger

    logger = new_logger()
    service = GrantsService(settings, logger)
    store = ShareStore(settings.records, read_only=True)
    api = settings.sharing_api()
    try:
        await api.check()
        return await Reconciler(api, store, event_log(logger)).dry_run(service.policy)
    finally:
        store.close()
        api.close()
        service.close()


async def _serve(settings: ServiceSettings) -> None:
    """Run until SIGTERM or SIGINT.

    A service that the Hub started also serves pages, and ends when the Hub does.
    """
    import asyncio

    from ..service.app import GrantsService
    from ..service.log import new_logger

    service = GrantsService(settings, new_logger())
    passes = asyncio.ensure_future(service.run_forever())
    url, prefix = (os.environ.get(f"JUPYTERHUB_SERVICE_{name}") for name in ("URL", "PREFIX"))
    if url and prefix:
        from ..service.handlers import listen

        listen(service, url, prefix)
        parent_exited = asyncio.ensure_future(_parent_exited())
        parent_exited.add_done_callback(lambda _: passes.cancel())
    loop = asyncio.get_running_loop()
    for stop in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(stop, passes.cancel)
    try:
        await passes
    except asyncio.CancelledError:
        pass
    finally:
        service.close()


async def _parent_exited() -> None:
    """Return when the process that started this one has exited.

    A Hub that is killed leaves its services running. The next Hub starts this service again, and
    the new process cannot open the records while the old one, whose token is invalid, locks them.
    """
    import asyncio

    parent = os.getppid()
    while os.getppid() == parent:
        await asyncio.sleep(1)


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
