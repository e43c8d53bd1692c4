"""Explanations are the same wherever they are given: on the command line, by the server's routes,
and in refused requests. All cases of ``tests/cases`` are explained by each, and compared.
"""

from __future__ import annotations

import asyncio
import json
import logging
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from babel import Locale
from click.testing import CliRunner
from decision_cases import DELIBERATE_ERRORS, load
from jupyter_client.kernelspec import KernelSpecManager
from tornado.web import Application

from jupyterlab_scoped_launcher import _core
from jupyterlab_scoped_launcher.cli.app import cli
from jupyterlab_scoped_launcher.cli.tried_cards import TriedCards, card_options, tried_cards
from jupyterlab_scoped_launcher.policy_store import PolicyStore
from jupyterlab_scoped_launcher.server.explanations import EXPLAINED_KEYS, Explanations
from jupyterlab_scoped_launcher.server.kernelspecs import KernelspecInventory
from jupyterlab_scoped_launcher.server.proxy_entries import ProxyEntries
from jupyterlab_scoped_launcher.server.server_cards import ServerCards
from jupyterlab_scoped_launcher.server.services import Services, Settings
from jupyterlab_scoped_launcher.translations import Translation, translation

NOW = "2026-06-01T00:00:00Z"
"""The time of cases that do not say: any, but the same everywhere."""

LOG = logging.Logger(__name__)  # apart from all others: what lint warns of does not matter


class KernelsOfCase(KernelspecInventory):
    """The kernelspecs that the command line has tried, instead of installed ones."""

    def __init__(self, policies: PolicyStore, tried: TriedCards) -> None:
        super().__init__(KernelSpecManager(), policies)
        self._tried = json.dumps(tried.kernelspecs)

    def as_json(self) -> str:
        return self._tried

    async def refresh(self) -> None:
        pass


def explained_by_server(
    policy: Path, context: dict[str, Any], tried: TriedCards, translation: Translation
) -> list[dict[str, Any]]:
    """Explain as the routes ``explain`` and ``access`` do."""
    policies = PolicyStore(policy, LOG)
    services = Services(policies, Settings(), LOG)
    inventory = KernelsOfCase(policies, tried)
    server_cards = ServerCards(services, inventory, ProxyEntries(Application()))
    explanations = Explanations(services, server_cards, inventory)
    return asyncio.run(explanations.explain(context, tried.cards, translation))


def explained_in_refusals(
    policy: Path, context: dict[str, Any], tried: TriedCards, language: str
) -> list[dict[str, Any]]:
    """Explain as the guards do, which ask whether the visitor may use what a card opens."""
    answer = _core.Policy(policy.read_bytes()).may_use(
        json.dumps(context),
        json.dumps(tried.cards),
        json.dumps(tried.kernelspecs),
        explain=True,
        texts=translation(language).explanation_texts(),
        language=language,
    )
    decisions: list[dict[str, Any]] = json.loads(answer)["decisions"]
    return decisions


def explained_by_command(
    policy: Path, context: dict[str, Any], cards: Path, language: str, tmp_path: Path
) -> tuple[list[dict[str, Any]], str]:
    """Run ``scoped-launcher explain``; return its decisions as JSON, and its text."""
    context_file = tmp_path / "context.json"
    context_file.write_text(json.dumps(context))
    args = ["explain", str(policy), "--context", str(context_file), "--cards", str(cards)]
    args += ["--now", context["now"], "--language", language]
    outputs = []
    for output_format in ("json", "text"):
        done = CliRunner().invoke(cli, [*args, "--format", output_format])
        assert done.exit_code == 0, done.output
        outputs.append(done.output)
    return json.loads(outputs[0])["decisions"], outputs[1]


@pytest.mark.parametrize("language", ["", "de_DE"])
def test_every_case_is_explained_in_the_same_words_everywhere(
    language: str, tmp_path: Path
) -> None:
    compared = 0
    for name, case in load():
        policy, cards = tmp_path / "policy.json", tmp_path / "cards.json"
        policy.write_text(json.dumps(case["policy"]))
        # A command's name may be left out in the contract, and not in a file.
        named = [{"name": card.get("command", ""), **card} for card in case["cards"]]
        cards.write_text(json.dumps(named))
        context = {"hub": True, **case["context"], "now": case.get("now", NOW)}
        try:
            tried = tried_cards(
                [_core.Policy(policy.read_bytes())], context, card_options(cards_file=str(cards))
            )
        except _core.PolicyError as error:  # neither the server nor the command uses it
            found = json.loads(error.diagnostics)
            errors = {each["code"] for each in found if each["severity"] == "error"}
            assert errors <= DELIBERATE_ERRORS, name
            continue
        printed, text = explained_by_command(policy, context, cards, language, tmp_path)
        served = explained_by_server(policy, context, tried, translation(language))
        used = explained_in_refusals(policy, context, tried, language)
        for command, route, guard in zip(printed, served, used, strict=True):
            assert route == {key: command[key] for key in ("id", *EXPLAINED_KEYS)}, name
            assert route == {key: guard[key] for key in ("id", *EXPLAINED_KEYS)}, name
            assert not command["trace"] or command["sentence"] in text, name
        compared += 1
    assert compared > 0.8 * len(load())


def test_a_case_is_explained_as_it_says_by_the_server(tmp_path: Path) -> None:
    said = 0
    for name, case in load():
        if "sentences" not in case:
            continue
        policy = tmp_path / "policy.json"
        policy.write_text(json.dumps(case["policy"]))
        context = {"hub": True, **case["context"], "now": case.get("now", NOW)}
        kernels = [card["name"] for card in case["cards"] if card["kind"] == "kernel"]
        tried = TriedCards(case["cards"], case.get("kernelspecs", kernels))
        # The cases have the policy's texts in the language, and the engine's in English.
        english = Translation(case.get("language", ""))
        explained = explained_by_server(policy, context, tried, english)
        for card in explained:
            if card["id"] in case["sentences"]:
                assert card["sentence"] == case["sentences"][card["id"]], name
                said += 1
    assert said > 10


def test_languages_are_those_that_there_are() -> None:
    named = {code for code in Locale("en").languages if len(code) == 2}
    named |= {"bh", "in", "iw", "ji", "jw", "mo", "sh", "kj", "ng"}  # which ISO 639-1 has or had
    letters = "abcdefghijklmnopqrstuvwxyz"
    for code in map("".join, product(letters, letters)):
        card = {"id": "c", "page": "p", "title": {code: "T"}}
        linted = _core.lint(json.dumps({"version": 1, "cards": [card]}).encode(), "policy.json")
        errors = {diagnostic["code"] for diagnostic in json.loads(linted)["diagnostics"]}
        assert ("SL115" in errors) == (code not in named), code
