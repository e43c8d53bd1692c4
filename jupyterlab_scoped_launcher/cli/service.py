"""``scoped-launcher service``: runs the Hub service."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from .mail_options import mail_from, mail_options
from .service_options import require_hub_packages, run_to_end, service_options, settings_from

if TYPE_CHECKING:
    from ..service.settings import ServiceSettings


@click.command()
@service_options
@click.option(
    "--interval",
    "interval_s",
    type=click.FloatRange(min=0.1),
    default=15,
    show_default=True,
    help="Seconds from the start of one pass of the grants to the start of the next.",
)
@mail_options
def service(**options: Any) -> None:
    """Run the Hub service until it is stopped (docs/reference/service.md).

    Reads JUPYTERHUB_API_URL and JUPYTERHUB_API_TOKEN, which the Hub gives to its services.
    """
    require_hub_packages()
    mail, pages_url, others = mail_from(**options)
    run_to_end(_serve(settings_from(mail=mail, pages_url=pages_url, **others)))


async def _serve(settings: ServiceSettings) -> None:
    """Run until SIGTERM or SIGINT.

    A service that the Hub started also serves pages, and ends when the Hub does.
    """
    import asyncio

    from ..service.app import Service
    from ..service.log import new_logger

    _allow_many_connections()
    running = Service(settings, new_logger())
    work = asyncio.ensure_future(running.run_forever())
    url, prefix = (os.environ.get(f"JUPYTERHUB_SERVICE_{name}") for name in ("URL", "PREFIX"))
    if url and prefix:
        from ..service.pages.server import listen

        listen(running, url, prefix)
        parent_exited = asyncio.ensure_future(_parent_exited())
        parent_exited.add_done_callback(lambda _: work.cancel())
    loop = asyncio.get_running_loop()
    for stop in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(stop, work.cancel)
    try:
        await work
    except asyncio.CancelledError:
        pass
    finally:
        running.close()


def _allow_many_connections() -> None:
    """Allow as many open files as the system lets this process have: each server is one."""
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def _parent_exited() -> None:
    """Return when the process that started this one has exited.

    A Hub that is killed leaves its services running. The next Hub starts this service again, and
    the new process cannot open the database while the old one, whose token is invalid, locks it.
    """
    import asyncio

    parent = os.getppid()
    while os.getppid() == parent:
        await asyncio.sleep(1)
