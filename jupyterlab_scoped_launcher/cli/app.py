"""The commands of ``scoped-launcher``, on click."""

from __future__ import annotations

import os
import sys

import click

from ..cards import is_text
from .batch import answer_lines
from .cards_command import cards
from .cases.command import run_cases
from .decide import decide, explain
from .diff import diff
from .grants import grants
from .hub_status import hub
from .lint import check, schema
from .preview import preview
from .scopes import scopes
from .service import service

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

    docs/reference/batch.md has the ops. Each line is answered at once; a line that cannot be served
    answers an error, and the next one is served. Ends with the input, with exit code 0.
    """
    answer_lines(sys.stdin.buffer, sys.stdout.buffer)


for command in (
    *(check, explain, decide, preview, diff, cards, run_cases, schema, scopes),
    *(grants, service, hub),
):
    cli.add_command(command)


def run() -> int:
    """Run the command named by the process's arguments; return the exit code."""
    try:
        _check_arguments(sys.argv[1:])
        code = cli(prog_name="scoped-launcher", standalone_mode=False)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.Abort:
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    return code if isinstance(code, int) else 0


def _check_arguments(arguments: list[str]) -> None:
    """Raise `click.UsageError` for an argument that is neither UTF-8 nor a file."""
    for argument in arguments:
        if not is_text(argument) and not os.path.exists(argument):
            raise click.UsageError(f"The argument {argument!r} is not UTF-8. Write it as UTF-8.")
