"""The commands of ``scoped-launcher``, on click."""

from __future__ import annotations

import os
import sys

import click

from .batch import answer_lines
from .decide import decide, explain
from .diff import diff
from .grants import grants
from .lint import check, schema
from .preview import preview
from .scopes import scopes

HELP = """Check a launcher policy, and ask what it shows to whom.

Exit codes: 0 done; 1 the policy has errors; 2 wrong usage; 3 something outside
failed, such as the Hub; 130 interrupted."""


@click.group(
    help=HELP,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="jupyterlab-scoped-launcher")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Print no colours if NO_COLOR is set (https://no-color.org)."""
    if os.environ.get("NO_COLOR"):
        ctx.color = False


@cli.command("batch")
def batch_command() -> None:
    """Answer JSON lines from standard input, one line each.

    docs/batch.md has the ops. Each line is answered at once; a line that cannot be served answers
    an error, and the next one is served. Ends with the input, with exit code 0.
    """
    answer_lines(sys.stdin.buffer, sys.stdout.buffer)


for command in (check, explain, decide, preview, diff, schema, scopes, grants):
    cli.add_command(command)


def run() -> int:
    """Run the command named by the process's arguments; return the exit code."""
    try:
        code = cli(prog_name="scoped-launcher", standalone_mode=False)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.Abort:
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    return code if isinstance(code, int) else 0
