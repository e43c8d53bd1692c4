"""The error that ends a command with exit code 3."""

from __future__ import annotations

import click


class CliError(click.ClickException):
    """Something outside the command line failed, such as a file or the Hub."""

    exit_code = 3
