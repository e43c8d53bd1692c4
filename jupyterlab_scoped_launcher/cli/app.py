"""The commands of ``scoped-launcher``, on click."""

from __future__ import annotations

import sys

import click

from .scopes import scopes


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="jupyterlab-scoped-launcher")
def cli() -> None:
    """Check a launcher policy, and ask what it shows to whom."""


@cli.command()
def batch() -> None:
    """Answer JSON lines from standard input, one line each (docs/batch.md)."""
    from .batch import serve

    serve(sys.stdin.buffer, sys.stdout.buffer)


cli.add_command(scopes)


def run() -> int:
    """Run the command named by the process's arguments; return the exit code."""
    try:
        code = cli(standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as asked:
        return asked.exit_code
    except click.Abort:
        return 130
    except click.ClickException as problem:
        problem.show()
        return problem.exit_code
