"""The command line, the guards, the page and the Hub's hook get the same thousand questions.

Each question is whether one of 25 users may use one of 40 kernels. The visitors go to one shared
server: its kernelspecs are the guards' answer, and its context is what the page decides on. The
Hub's hook answers with the search path of a server of each user.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hubs import Hub

HERE = Path(__file__).parent
KERNELS = [f"k{number:02}" for number in range(40)]
USERS = [f"u{number:02}" for number in range(25)]
GROUPS = ["class-1", "class-2", "uni-physics", "Section A [2026]", "exam-1", "staff"]
LANGUAGES = ["R", "python", "julia"]

RULES = """
timezone: Europe/Berlin
tags:
  given: [{kernel: "k3*", language: R}, {title: "*07*"}]
rules:
  - {id: all, match: {kernel: "k*"}, show_when: {group: "*", not: {user: u24}}}
  - {id: first, match: {kernel: "K0?"}, show_when: {group: "class-*"}}
  - {id: tens, match: {kernel: [k10, k11, k12, "k1[3-9]"]}, show_when: {kernel: [k01, k02]}}
  - {id: r, match: {kernel: "*", language: R}, hide_when: {group: "exam-*", not: {group: staff}}}
  - {id: exam, match: {tag: exam}, show_when: {any: [{group: "exam-*"}, {admin: true}]}}
  - {id: given, match: {tag: given}, show_when: {group: "Section A [2026]"}}
  - {id: titles, match: {title: "Kernel 2*"}, hide_when: {user: "u1?"}}
  - {id: console, match: {kernel: "*", category: Console}, show_when: {group: staff}}
  - {id: both, match: {kernel: "k35", category: [Console, Notebook]}, show_when: {group: staff}}
  - {id: over, match: {kernel: k36}, show_when: {always: true}, until: 2020-12-31}
  - {id: ended, match: {kernel: k37}, hide_when: {always: true}, until: 2020-12-31 12:00}
  - id: night
    match: {kernel: k38}
    hide_when: {always: true}
    weekly: [{days: [mon, tue, wed, thu, fri, sat, sun], from: "00:00", until: "24:00"}]
  - {id: scope, match: {kernel: k39}, show_when: {scope: "read:users:name!user={user}"}}
"""


def kernelspec(number: int) -> dict[str, Any]:
    return {
        "argv": ["true"],
        "display_name": f"Kernel {number:02}",
        "language": LANGUAGES[number % 3],
        "metadata": {"tags": ["exam"] if number % 5 == 0 else []},
    }


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    folder = tmp_path_factory.mktemp("hub")
    for number, name in enumerate(KERNELS):
        file = folder / "kernels" / name / "kernels" / name / "kernel.json"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(kernelspec(number)))
    directories = {name: str(folder / "kernels" / name) for name in KERNELS}
    policy = folder / "policy.yaml"
    policy.write_text(f"version: 1\nkernels: {json.dumps(directories)}\n{RULES}")
    recorded = folder / "recorded"
    recorded.mkdir()
    config = HERE / "one_answer_config.py"
    with Hub(folder, config, policy=str(policy), recorded=str(recorded)) as running:
        for number, user in enumerate(USERS):
            # Each user is in another set of groups; one user is in none.
            running.user(user, *(g for bit, g in enumerate(GROUPS) if number * 5 >> bit & 1))
        running.start_servers("host/shared")
        yield running


@pytest.fixture(scope="module")
def visitors(hub: Hub) -> dict[str, Any]:
    with ThreadPoolExecutor(4) as pool:
        entered = pool.map(lambda user: hub.log_in(user).enter("host/shared"), USERS)
        return dict(zip(USERS, entered, strict=True))


@pytest.fixture(scope="module")
def by_guards(visitors: dict[str, Any]) -> dict[str, set[str]]:
    def listed(user: str) -> set[str]:
        kernelspecs = visitors[user].get("api/kernelspecs").json()["kernelspecs"]
        return {*kernelspecs} & {*KERNELS}

    return {user: listed(user) for user in USERS}


def test_the_questions_have_different_answers(by_guards):
    count = sum(map(len, by_guards.values()))
    assert 100 < count < 900
    assert len({frozenset(kernels) for kernels in by_guards.values()}) > 10


def test_the_page(visitors, by_guards):
    specs = [kernelspec(number) for number in range(len(KERNELS))]
    asked = {
        "contexts": [visitors[user].context() for user in USERS],
        "cards": [
            {"id": f"{name} {category}", "kind": "kernel", "name": name, "category": category}
            for name in KERNELS
            for category in ("Notebook", "Console")
        ],
        "kernelspecs": [
            {
                "name": name,
                "tags": spec["metadata"]["tags"],
                "display_name": spec["display_name"],
                "language": spec["language"],
            }
            for name, spec in zip(KERNELS, specs, strict=True)
        ],
    }
    command = ["node", str(HERE / "page_decisions.mjs")]
    output = subprocess.run(
        command, input=json.dumps(asked), capture_output=True, text=True, check=True, timeout=60
    ).stdout
    for user, decisions in zip(USERS, json.loads(output), strict=True):
        pairs = zip(KERNELS, decisions[::2], decisions[1::2], strict=True)
        assert {name for name, *cards in pairs if any(cards)} == by_guards[user], user


def test_the_command_line(hub, by_guards):
    command = ["scoped-launcher", "preview", hub.known["policy"], "--hub", hub.url]
    command += ["--server", "host/shared", "--format", "json"]
    cards = [
        {
            "id": name,
            "kind": "kernel",
            "name": name,
            "title": kernelspec(number)["display_name"],
            "language": kernelspec(number)["language"],
            "tags": kernelspec(number)["metadata"]["tags"],
        }
        for number, name in enumerate(KERNELS)
    ]
    file = hub.folder / "cards.json"
    file.write_text(json.dumps(cards))
    for user in USERS:
        command += ["--user", user]
    environment = {**os.environ, "JUPYTERHUB_API_TOKEN": hub.known["token"]}
    done = subprocess.run(
        [*command, "--cards", str(file)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    shown: dict[str, set[str]] = {user: set() for user in USERS}
    for card in json.loads(done.stdout)["cards"]:
        for user in USERS:
            if card["id"] in KERNELS and card["visible"][user]:
                shown[user].add(card["id"])
    assert shown == by_guards


def test_the_hubs_hook(hub, by_guards):
    folder = Path(hub.known["recorded"])
    for user in USERS:
        # The program ends at once, so the Hub answers that the server did not start.
        hub.api("POST", f"/users/{user}/servers/hook", ok=(201, 202, 400, 500))
    hub.wait(lambda: all((folder / user).exists() for user in USERS), 60)
    for user in USERS:
        directories = (folder / user).read_text().strip().split(":")
        allowed = {Path(directory).name for directory in directories if directory}
        assert allowed & {*KERNELS} == by_guards[user], user
