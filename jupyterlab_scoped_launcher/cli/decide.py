"""``scoped-launcher explain`` and ``decide``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click

from .._core import Policy
from ..context import current_time
from ..translations import translation
from .contexts import Context, visitor_context
from .errors import CliError
from .files import FILE, load_policy, read_json
from .labels import label_alike
from .options import FORMAT, decision_options
from .times import checked_now
from .tried_cards import (
    RuleCoverage,
    TriedCards,
    card_options,
    tried_cards,
    try_more_line,
    unmet_rules_lines,
)
from .words import counted

Decision = dict[str, Any]

CONTEXT = click.option(
    "--context", "context_file", type=FILE, help="A saved answer of GET scoped-launcher/context."
)
USER = click.option("--user", metavar="U", help="The visitor's name.")
LANGUAGE = click.option(
    "--language",
    default="",
    metavar="TAG",
    help="The language of the sentences and of the policy's texts, such as de; else English.",
)


@click.command()
@click.argument("file", type=FILE)
@USER
@decision_options
@CONTEXT
@LANGUAGE
@FORMAT
def explain(file: str, output_format: str, **options: Any) -> None:
    """Say for each card why the visitor sees it or not, and whom to ask.

    The context comes from options, from a saved context (--context), or from a running Hub
    (--hub, with a token in JUPYTERHUB_API_TOKEN that may read the user). Without --card, the cards
    are those of every JupyterLab, those that the policy names exactly or adds, and those of --cards
    and --url. Rules that no tried card meets are listed.
    """
    tried, decisions, unmet = _decide_from_options(file, explained=True, **options)
    if output_format == "json":
        click.echo(_as_json(tried, decisions, unmet))
        return
    asked = bool(options["cards"])
    plain: list[tuple[str, Decision]] = []
    for label, decision in _labelled(tried, decisions):
        if not asked and not decision["trace"]:
            plain.append((label, decision))
        else:
            click.echo("\n".join(_explanation_lines(label, decision)) + "\n")
    if plain:
        click.echo("\n".join(_ungoverned_lines(plain)))
    for line in (*unmet_rules_lines(unmet), *try_more_line(unmet)):
        click.echo(line)


@click.command()
@click.argument("file", type=FILE)
@USER
@decision_options
@CONTEXT
@FORMAT
def decide(file: str, output_format: str, **options: Any) -> None:
    """Decide which cards the visitor sees.

    Takes the same options as explain. Prints for each card: shown or hidden, its id, the reason,
    and the rule that decided (docs/reference/policy.md). Cards with the same id that are decided
    alike have one line.
    """
    tried, decisions, unmet = _decide_from_options(file, explained=False, **options)
    if output_format == "json":
        click.echo(_as_json(tried, decisions, unmet))
        return
    for label, decision in _labelled(tried, decisions):
        click.echo(f"{_styled_result(decision)}  {label}  ({_reason(decision)})")
    for line in (*unmet_rules_lines(unmet), *try_more_line(unmet)):
        click.echo(line)


def decide_cards(
    policy: Policy,
    context: Context,
    tried: TriedCards,
    now: str | None = None,
    *,
    explained: bool = False,
    language: str = "",
) -> list[Decision]:
    """Return the engine's decisions, in card order; if ``explained``, each with its explanation.

    Raises `CliError` where the engine cannot read the context or a card.
    """
    asked = (
        json.dumps(context),
        json.dumps(tried.cards),
        json.dumps(tried.kernelspecs),
        now or _time_of(context) or current_time(),
    )
    try:
        if explained:
            texts = translation(language).explanation_texts()
            answer = policy.explain(*asked, texts=texts, language=language)
        else:
            answer = policy.decide(*asked)
    except ValueError as error:
        raise CliError(str(error)) from None
    decisions: list[Decision] = json.loads(answer)["decisions"]
    return decisions


def _time_of(context: Context) -> str | None:
    """Return the time of a context that may be any JSON object."""
    now = context.get("now")
    return now if isinstance(now, str) else None


def _decide_from_options(
    file: str,
    *,
    explained: bool,
    user: str | None,
    context_file: str | None,
    cards: tuple[str, ...],
    cards_file: str | None,
    server_url: str | None,
    kernels: tuple[str, ...],
    now: str | None,
    language: str = "",
    **visitor_options: Any,
) -> tuple[TriedCards, list[Decision], list[str]]:
    """Return the tried cards, the decisions on them, and the rules that met none of them.

    With ``--card`` no rules are returned: it says nothing of other cards.
    """
    options = card_options(
        cards=cards, cards_file=cards_file, server_url=server_url, kernels=kernels
    )
    policy = load_policy(file)
    now = checked_now(now, policy)
    if context_file:
        context = read_json(context_file)
        if not isinstance(context, dict):
            raise CliError(f"{context_file} is not a context: it must be a JSON object.")
    elif user or visitor_options["no_hub"]:
        context = visitor_context(user=user or "", **visitor_options)
    else:
        raise click.UsageError("Name the visitor: --user NAME, --context FILE, or --no-hub.")
    tried = tried_cards([policy], context, options)
    decisions = decide_cards(policy, context, tried, now, explained=explained, language=language)
    coverage = RuleCoverage(policy)
    coverage.add(tried)
    return tried, decisions, [] if options.asked else coverage.unmet()


def _labelled(tried: TriedCards, decisions: list[Decision]) -> Iterator[tuple[str, Decision]]:
    """Yield a label and a decision for the cards with the same id that are decided alike."""
    for label, indices in label_alike(tried.cards, lambda index: json.dumps(decisions[index])):
        yield label, decisions[indices[0]]


def _as_json(tried: TriedCards, decisions: list[Decision], unmet: list[str]) -> str:
    """Format the answer of the batch op, each decision with what tells cards with one id apart."""
    listed = [
        {**decision, "category": card.get("category"), "title": card.get("title")}
        for card, decision in zip(tried.cards, decisions, strict=True)
    ]
    return json.dumps(
        {"decisions": listed, "rules_without_card": unmet}, indent=2, ensure_ascii=False
    )


def _styled_result(decision: Decision) -> str:
    if decision["visible"]:
        return click.style("shown ", fg="green", bold=True)
    return click.style("hidden", fg="red", bold=True)


def _reason(decision: Decision) -> str:
    rule = decision["rule"]
    return f"{decision['reason']}, rule {rule}" if rule is not None else f"{decision['reason']}"


def _ungoverned_lines(cards: list[tuple[str, Decision]]) -> Iterator[str]:
    """Format the cards that no rule matches. The engine's sentence is the same for all of them."""
    yield f"{_styled_result(cards[0][1])}  {counted(len(cards), 'card')} that no rule matches:"
    yield f"  {', '.join(label for label, _ in cards)}"


def _explanation_lines(label: str, decision: Decision) -> Iterator[str]:
    yield f"{_styled_result(decision)}  {click.style(label, bold=True)}"
    yield f"  {decision['sentence']}"
    if not decision["visible"]:
        yield f"  {_what_the_visitor_learns(decision)}"
    for rule in decision["trace"]:
        yield f"  rule {rule['rule']}" + ("" if rule["in_force"] else " (outside its time window)")
        for condition in rule["conditions"]:
            yield "    " + condition_line(condition)


def _what_the_visitor_learns(decision: Decision) -> str:
    """Say where the visitor finds a hidden card, if anywhere."""
    if decision["locked"]:
        return "The launcher shows the card greyed, with a lock."
    if decision["listed"]:
        return 'The panel "Launcher Access" lists the card, with this reason.'
    return "The visitor does not learn of the card."


def condition_line(traced: dict[str, Any]) -> str:
    """Format a condition of a trace: where it stands, its value, whether it holds, and why."""
    outcome = {True: "yes", False: "no", None: "unknown"}[traced["outcome"]]
    color = {"yes": "green", "no": "red", "unknown": "yellow"}[outcome]
    fact = f" ({traced['fact']})" if traced.get("fact") else ""
    return f"{condition_text(traced)}: {click.style(outcome, fg=color)}{fact}"


def condition_text(traced: dict[str, Any]) -> str:
    """Return where a condition of a trace stands, and its value if it has one."""
    condition = traced.get("condition")
    return (
        f"{traced['path']} {_compact(next(iter(condition.values())))}"
        if condition
        else str(traced["path"])
    )


def _compact(value: Any) -> str:
    return str(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
