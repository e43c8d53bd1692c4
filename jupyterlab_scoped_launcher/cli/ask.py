"""``scoped-launcher explain`` and ``decide``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click

from jupyterlab_scoped_launcher import _core

from .files import FILE, Trouble, load_policy, read_json
from .visitors import (
    Card,
    Context,
    fact_options,
    given_cards,
    launcher_cards,
    now_text,
    visitor,
)

FORMAT = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people or for programs.",
)
CONTEXT = click.option(
    "--context", "context_file", type=FILE, help="A saved answer of GET scoped-launcher/context."
)
USER = click.option("--user", metavar="U", help="The visitor's name.")


@click.command()
@click.argument("file", type=FILE)
@USER
@fact_options
@CONTEXT
@FORMAT
def explain(file: str, form: str, **options: Any) -> None:
    """Say for each card why the visitor sees it or not, and whom to ask.

    The visitor's facts come from options, from a saved context (--context), or from a live Hub
    (--hub, with a token in JUPYTERHUB_API_TOKEN that may read the user). Without --card or --cards,
    the cards are those that the policy names exactly, and those that it adds.
    """
    decisions = _answer(file, "explain", **options)
    if form == "json":
        click.echo(json.dumps({"decisions": decisions}, indent=2, ensure_ascii=False))
        return
    for decision in decisions:
        click.echo("\n".join(_explained(decision)) + "\n")


@click.command()
@click.argument("file", type=FILE)
@USER
@fact_options
@CONTEXT
@FORMAT
def decide(file: str, form: str, **options: Any) -> None:
    """Decide which cards the visitor sees.

    Takes the same options as explain. Prints for each card: shown or hidden, its id, the rule that
    decided, and the reason (docs/policy.md).
    """
    decisions = _answer(file, "decide", **options)
    if form == "json":
        click.echo(json.dumps({"decisions": decisions}, indent=2, ensure_ascii=False))
        return
    for decision in decisions:
        click.echo(f"{_verdict(decision)}  {decision['id']}  ({_why(decision)})")


def _answer(
    file: str,
    op: str,
    *,
    user: str | None,
    context_file: str | None,
    cards: tuple[str, ...],
    cards_file: str | None,
    kernels: tuple[str, ...],
    now: str | None,
    **facts: Any,
) -> list[dict[str, Any]]:
    """Decide or explain with the facts of the options; the decisions in card order."""
    policy = load_policy(file)
    if context_file:
        context = read_json(context_file)
        if not isinstance(context, dict):
            raise Trouble(f"{context_file} is not a context: it must be a JSON object.")
    elif user or facts["no_hub"]:
        context = visitor(user=user or "", **facts)
    else:
        raise click.UsageError("Say who visits: --user NAME, --context FILE, or --no-hub.")
    asked = given_cards(cards, cards_file) or launcher_cards(policy.document(), context)
    return decisions_of(policy, op, context, asked, kernels, now or context.get("now"))


def decisions_of(
    policy: _core.Policy,
    op: str,
    context: Context,
    cards: list[Card],
    kernels: tuple[str, ...] = (),
    now: str | None = None,
) -> list[dict[str, Any]]:
    """Have the engine ``decide`` or ``explain``."""
    ask = policy.explain if op == "explain" else policy.decide
    kernelspecs = json.dumps(kernels) if kernels else None
    try:
        answer = ask(json.dumps(context), json.dumps(cards), kernelspecs, now or now_text())
    except ValueError as error:
        raise Trouble(str(error)) from None
    decisions: list[dict[str, Any]] = json.loads(answer)["decisions"]
    return decisions


def _verdict(decision: dict[str, Any]) -> str:
    if decision["visible"]:
        return click.style("shown ", fg="green", bold=True)
    return click.style("hidden", fg="red", bold=True)


def _why(decision: dict[str, Any]) -> str:
    rule = decision["rule"]
    return f"{decision['reason']}, rule {rule}" if rule is not None else f"{decision['reason']}"


def _explained(decision: dict[str, Any]) -> Iterator[str]:
    yield f"{_verdict(decision)}  {click.style(decision['id'], bold=True)}"
    yield f"  {decision['sentence']}"
    for rule in decision["trace"]:
        yield f"  rule {rule['rule']}" + ("" if rule["in_force"] else " (outside its time window)")
        for condition in rule["conditions"]:
            yield "    " + _traced(condition)


def _traced(condition: dict[str, Any]) -> str:
    outcome = {True: "yes", False: "no", None: "unknown"}[condition["outcome"]]
    color = {"yes": "green", "no": "red", "unknown": "yellow"}[outcome]
    asked = condition.get("condition")
    value = f" {_compact(next(iter(asked.values())))}" if asked else ""
    fact = f" ({condition['fact']})" if condition.get("fact") else ""
    return f"{condition['path']}{value}: {click.style(outcome, fg=color)}{fact}"


def _compact(value: Any) -> str:
    return str(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
