"""``scoped-launcher check`` and ``schema``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from .._core import lint as lint_policy
from .._core import schema as policy_schema
from ..context import current_time
from .diagnostics import Diagnostic, as_github, as_text, summary
from .errors import CliError
from .file_check import check_files
from .files import FILE, display_name, read_bytes
from .hub_queries import read_groups


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=FILE)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="For people, for programs, or for GitHub's pull requests.",
)
@click.option("--group", "groups", multiple=True, help="A group that the Hub has. Repeatable.")
@click.option("--hub", "hub_url", metavar="URL", help="Read the groups from this Hub.")
@click.option(
    "--files",
    "files_too",
    is_flag=True,
    help="Check also whether the kernels' directories and the cards' icons exist here.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 on warnings, too.")
def check(
    files: tuple[str, ...],
    output_format: str,
    groups: tuple[str, ...],
    hub_url: str | None,
    files_too: bool,
    strict: bool,
) -> int:
    """Check policy files (YAML or JSON; - is standard input).

    docs/reference/lint.md explains every diagnostic. Groups are checked against the policy's roles,
    and against the Hub's groups if they are given. --hub needs a token with list:groups in
    JUPYTERHUB_API_TOKEN. --files needs the machine (or image) on which the policy is used.

    Exits with 0 if no file has an error, else with 1.
    """
    hub_groups = {*groups, *(read_groups(hub_url) if hub_url else ())}
    files = tuple(dict.fromkeys(files))
    contents = {display_name(file): read_bytes(file) for file in files}
    diagnostics: list[Diagnostic] = []
    for file, (name, content) in zip(files, contents.items(), strict=True):
        checked = lint_policy(content, name, sorted(hub_groups) or None, current_time())
        result = json.loads(checked)
        found: list[Diagnostic] = result["diagnostics"]
        if files_too and result["document"] is not None:
            found += check_files(content, name, Path(file).parent, result["document"])
        diagnostics += sorted(found, key=lambda entry: (entry["line"], entry["column"]))
    if output_format == "json":
        by_severity = {
            f"{severity}s": [entry for entry in diagnostics if entry["severity"] == severity]
            for severity in ("error", "warning")
        }
        click.echo(json.dumps(by_severity, indent=2, ensure_ascii=False))
    elif output_format == "github":
        if diagnostics:
            click.echo(as_github(diagnostics))
    else:
        if diagnostics:
            click.echo(as_text(diagnostics, contents))
        for name in contents:
            click.echo(summary(name, (entry for entry in diagnostics if entry["file"] == name)))
    failed = any(strict or entry["severity"] == "error" for entry in diagnostics)
    return 1 if failed else 0


@click.command()
@click.option("--output", metavar="FILE", type=click.Path(dir_okay=False), help="Write it here.")
def schema(output: str | None) -> None:
    """Print the JSON Schema of policy files.

    Editors complete and check policies with it. In YAML, this first line names it to many of them:

        # yaml-language-server: $schema=policy.schema.json
    """
    text = policy_schema()
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        with open(output, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise CliError(f"{output} cannot be written: {error.strerror}.") from None
