"""Options that name a server, as ``OWNER/NAME``."""

from __future__ import annotations

import click


def split_server(text: str) -> tuple[str, str]:
    """Return the owner and the name of the server ``OWNER/NAME``.

    The owner ends at the first slash: JupyterHub allows none in users' names. Raises
    `click.BadParameter`.
    """
    owner, slash, name = text.partition("/")
    if not slash or not owner:
        raise click.BadParameter(
            f"{text!r} is not a server: write OWNER/NAME; the default server of mmuster is mmuster/"
        )
    return owner, name


def check_server(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> str | None:
    """Return the value of an option that names a server, unchanged."""
    if value is not None:
        split_server(value)
    return value


def check_servers(
    _context: click.Context, _option: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the values of a repeatable option that names servers, unchanged."""
    for value in values:
        split_server(value)
    return values
