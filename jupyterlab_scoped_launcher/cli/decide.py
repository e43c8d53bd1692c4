"""``scoped-launcher explain`` and ``decide``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click

from .._core import Policy
from ..context import current_time
from .cards import Card, cards_from_options, cards_of_policy
from .contexts import Context, visitor_context
from .errors import CliError
from .files import FILE, load_policy, read_json
from .options import FORMAT, decision_options

Decision = dict[str, Any]

CONTEXT = click.option(
    "--context", "context_file", type=FILE, help="A saved answer of GET scoped-launcher/context."
)
USER = click.option("--user", metavar="U", help="The visitor's name.")


@click.command()
@click.argument("file", type=FILE)
@USER
@decision_options
@CONTEXT
@FORMAT
def explain(file: str, output_format: str, **options: Any) -> None:
    """Say for each card why the visitor sees it or not, and whom to ask.

    The context comes from options, from a saved context (--context), or from a running Hub
    (--hub, with a token in JUPYTERHUB_API_TOKEN that may read the user). Without --card or --cards,
    the cards are those that the policy names exactly, and those that it adds.
    """
    decisions = _decide_from_options(file, explained=True, **options)
    if output_format == "json":
        click.echo(_as_json(decisions))
        return
    for decision in decisions:
        click.echo("\n".join(_explanation_lines(decision)) + "\n")


@click.command()
@click.argument("file", type=FILE)
@USER
@decision_options
@CONTEXT
@FORMAT
def decide(file: str, output_format: str, **options: Any) -> None:
    """Decide which cards the visitor sees.

    Takes the same options as explain. Prints for each card: shown or hidden, its id, the reason,
    and the rule that decided (docs/policy.md).
    """
    decisions = _decide_from_options(file, explained=False, **options)
    if output_format == "json":
        click.echo(_as_json(decisions))
        return
    for decision in decisions:
        click.echo(f"{_styled_result(decision)}  {decision['id']}  ({_reason(decision)})")


def decide_cards(
    policy: Policy,
    context: Context,
    cards: list[Card],
    kernels: tuple[str, ...] = (),
    now: str | None = None,
    *,
    explained: bool = False,
) -> list[Decision]:
    """Return the engine's decisions, in card order; if ``explained``, each with its explanation."""
    engine_method = policy.explain if explained else policy.decide
    kernelspecs = json.dumps(kernels) if kernels else None
    try:
        answer = engine_method(
            json.dumps(context), json.dumps(cards), kernelspecs, now or current_time()
        )
    except ValueError as error:
        raise CliError(str(error)) from None
    decisions: list[Decision] = json.loads(answer)["decisions"]
    return decisions


def _decide_from_options(
    file: str,
    *,
    explained: bool,
    user: str | None,
    context_file: str | None,
    cards: tuple[str, ...],
    cards_file: str | None,
    kernels: tuple[str, ...],
    now: str | None,
    **visitor_options: Any,
) -> list[Decision]:
    policy = load_policy(file)
    if context_file:
        context = read_json(context_file)
        if not isinstance(context, dict):
            raise CliError(f"{context_file} is not a context: it must be a JSON object.")
    elif user or visitor_options["no_hub"]:
        context = visitor_context(user=user or "", **visitor_options)
    else:
        raise click.UsageError("Name the visitor: --user NAME, --context FILE, or --no-hub.")
    chosen = cards_from_options(cards, cards_file) or cards_of_policy(policy, context)
    return decide_cards(
        policy, context, chosen, kernels, now or context.get("now"), explained=explained
    )


def _as_json(decisions: list[Decision]) -> str:
    return json.dumps({"decisions": decisions}, indent=2, ensure_ascii=False)


def _styled_result(decision: Decision) -> str:
    if decision["visible"]:
        return click.style("shown ", fg="green", bold=True)
    return click.style("hidden", fg="red", bold=True)


def _reason(decision: Decision) -> str:
    rule = decision["rule"]
    return f"{decision['reason']}, rule {rule}" if rule is not None else f"{decision['reason']}"


def _explanation_lines(decision: Decision) -> Iterator[str]:
    yield f"{_styled_result(decision)}  {click.style(decision['id'], bold=True)}"
    yield f"  {decision['sentence']}"
    for rule in decision["trace"]:
        yield f"  rule {rule['rule']}" + ("" if rule["in_force"] else " (outside its time window)")
        for condition in rule["conditions"]:
            yield "    " + _condition_line(condition)


def _condition_line(traced: dict[str, Any]) -> str:
    outcome = {True: "yes", False: "no", None: "unknown"}[traced["outcome"]]
    color = {"yes": "green", "no": "red", "unknown": "yellow"}[outcome]
    condition = traced.get("condition")
    value = f" {_compact(next(iter(condition.values())))}" if condition else ""
    fact = f" ({traced['fact']})" if traced.get("fact") else ""
    return f"{traced['path']}{value}: {click.style(outcome, fg=color)}{fact}"


def _compact(value: Any) -> str:
    return str(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
