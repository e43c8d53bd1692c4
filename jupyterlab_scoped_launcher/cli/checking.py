"""``scoped-launcher check`` and ``schema``."""

from __future__ import annotations

import json

import click

from jupyterlab_scoped_launcher import _core

from . import findings, hub
from .files import FILE, Trouble, name_of, read_bytes
from .visitors import now_text


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=FILE)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="For people, for programs, or for GitHub's pull requests.",
)
@click.option("--group", "groups", multiple=True, help="A group that the Hub has. Repeatable.")
@click.option("--hub", "hub_url", metavar="URL", help="Ask this Hub for its groups.")
@click.option("--strict", is_flag=True, help="Exit with 1 on warnings, too.")
def check(
    files: tuple[str, ...], form: str, groups: tuple[str, ...], hub_url: str | None, strict: bool
) -> int:
    """Check policy files (YAML or JSON; - is standard input).

    docs/lint.md explains every finding. Groups are checked against the policy's roles, and
    against the Hub's groups if they are given. --hub needs a token with list:groups in
    JUPYTERHUB_API_TOKEN.

    Exits with 0 if no file has an error, else with 1.
    """
    known = set(groups)
    if hub_url:
        known |= set(hub.Hub(hub_url).groups())
    contents = {name_of(file): read_bytes(file) for file in files}
    found = []
    for name, content in contents.items():
        group_list = sorted(known) if known else None
        found += json.loads(_core.check(content, name, group_list, now_text()))["findings"]
    if form == "json":
        by_severity = {
            f"{severity}s": [finding for finding in found if finding["severity"] == severity]
            for severity in ("error", "warning")
        }
        click.echo(json.dumps(by_severity, indent=2, ensure_ascii=False))
    elif form == "github":
        if found:
            click.echo(findings.as_github(found))
    else:
        if found:
            click.echo(findings.as_text(found, contents))
        for name in contents:
            click.echo(findings.summary(name, (f for f in found if f["file"] == name)))
    refused = found if strict else [f for f in found if f["severity"] == "error"]
    return 1 if refused else 0


@click.command()
@click.option("--output", metavar="FILE", type=click.Path(dir_okay=False), help="Write it here.")
def schema(output: str | None) -> None:
    """Print the JSON Schema of policy files.

    Editors complete and check policies with it. In YAML, a first line says so to many of them:

        # yaml-language-server: $schema=policy.schema.json
    """
    text = _core.schema()
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        with open(output, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise Trouble(f"{output} cannot be written: {error.strerror}.") from None
