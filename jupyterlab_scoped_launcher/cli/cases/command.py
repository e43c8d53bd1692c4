"""The command ``scoped-launcher test``."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import CliError
from ..files import FILE, display_name, load_policy, read_bytes
from ..options import FORMAT
from .document import Case, Problem, read_case_file
from .reports import as_json, as_junit, as_text
from .run import CaseError, CaseResult, CaseRunner


@click.command("test")
@click.argument("file", type=FILE)
@click.argument("case_files", metavar="CASES...", nargs=-1, required=True, type=FILE)
@click.option(
    "--junit",
    metavar="XML",
    type=click.Path(dir_okay=False),
    help="Write the results here, as JUnit XML.",
)
@FORMAT
def run_cases(file: str, case_files: tuple[str, ...], junit: str | None, output_format: str) -> int:
    """Decide on the cases of files, and say what is decided otherwise than they expect.

    docs/reference/testing.md has the format of case files. Prints also which rules and conditions
    no case has tested.

    Exits with 0 if all cases pass, with 1 if one fails (or the policy has errors), and with 2 if a
    case file is wrong: then no result is printed.
    """
    policy = load_policy(file)
    read = [read_case_file(read_bytes(path), display_name(path)) for path in case_files]
    problems = [problem for case_file in read for problem in case_file.problems]
    runner = CaseRunner(policy)
    results: list[CaseResult] = []
    for case in [case for case_file in read for case in case_file.cases]:
        try:
            results.append(runner.run(case))
        except CaseError as error:
            problems.append(_problem(case, error))
    if problems:
        for problem in sorted(problems, key=lambda each: (each.file, each.line)):
            click.echo(str(problem), err=True)
        return 2
    if junit is not None:
        _write(junit, as_junit(results))
    if output_format == "json":
        click.echo(as_json(results, runner.coverage))
    else:
        for line in as_text(results, runner.coverage, display_name(file)):
            click.echo(line)
    return 1 if any(result.failures for result in results) else 0


def _problem(case: Case, error: CaseError) -> Problem:
    return Problem(
        case.file, case.line, case.column, f"the case {case.name!r} cannot be decided: {error}"
    )


def _write(path: str, content: bytes) -> None:
    try:
        Path(path).write_bytes(content)
    except OSError as error:
        raise CliError(f"{path} cannot be written: {error.strerror}.") from None
