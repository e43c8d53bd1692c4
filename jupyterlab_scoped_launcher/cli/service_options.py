"""The options that ``scoped-launcher service`` and ``grants`` have in common."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..changes import HUB_KEY_VARIABLE
from .errors import CliError

if TYPE_CHECKING:
    from ..service.settings import ServiceSettings

DATABASE = "scoped-launcher.sqlite"

Command = TypeVar("Command", bound=Callable[..., Any])

OPTIONS = (
    click.option(
        "--policy",
        type=click.Path(dir_okay=False, path_type=Path),
        envvar="SCOPED_LAUNCHER_POLICY",
        help="The policy file.",
    ),
    click.option(
        "--database",
        type=click.Path(dir_okay=False, path_type=Path),
        default=DATABASE,
        show_default=True,
        help="The service's own database: the shares that it has created, for example.",
    ),
    click.option(
        "--max-revocations",
        type=click.IntRange(min=0),
        help="Largest number of revocations in one pass. [default: 20, or a tenth of the shares if "
        "that is more]",
    ),
    click.option(
        "--hub-share",
        type=click.FloatRange(min=0.01, max=1),
        default=0.25,
        show_default=True,
        help="Largest part of the Hub's time to use, from 0 to 1.",
    ),
    click.option(
        "--page-size",
        type=click.IntRange(min=2),
        default=200,
        show_default=True,
        help="Users in one answer of the Hub; its api_page_max_limit caps it.",
    ),
)


def service_options(command: Command) -> Command:
    """Add `OPTIONS` to a command."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def settings_from(*, policy: Path | None, **options: Any) -> ServiceSettings:
    """Return the settings of these options, and of what the Hub tells its services."""
    from ..service.settings import ServiceSettings

    if policy is None:
        raise click.UsageError("Name the policy: --policy FILE.")
    variables = {
        name: os.environ.get(name, "") for name in ("JUPYTERHUB_API_URL", "JUPYTERHUB_API_TOKEN")
    }
    for name, value in variables.items():
        if not value:
            raise click.UsageError(
                f"{name} is not set. The Hub sets it for its services; elsewhere, set it to "
                "…/hub/api and to a token of a service with the role of docs/reference/service.md."
            )
    return ServiceSettings(
        policy=policy,
        api_url=variables["JUPYTERHUB_API_URL"],
        token=variables["JUPYTERHUB_API_TOKEN"],
        hub_key=os.environ.get(HUB_KEY_VARIABLE, ""),
        **options,
    )


def require_hub_packages() -> None:
    """Raise `CliError` where JupyterHub's packages are not installed."""
    try:
        from ..service import app as _app  # noqa: F401
    except ImportError as error:
        raise CliError(f"This command runs where JupyterHub is installed: {error}.") from None


def run_to_end(work: Coroutine[Any, Any, Any]) -> Any:
    """Return what ``work`` returns."""
    import asyncio

    return asyncio.run(work)


async def as_click_errors(work: Awaitable[Any]) -> Any:
    """Return what ``work`` returns; its expected errors end the command with a message."""
    from ..hub_api import HubError
    from ..service.database import DatabaseError
    from ..service.grants.plan import PlanError
    from ..service.policy import NoPolicyError

    try:
        return await work
    except (NoPolicyError, PlanError) as error:
        raise click.ClickException(str(error)) from None
    except (HubError, DatabaseError) as error:
        raise CliError(str(error)) from None
