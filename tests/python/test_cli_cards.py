"""The cards that commands try, and those that ``scoped-launcher cards`` lists."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jupyterlab
import pytest
import requests
from command_line import run
from hubs import EXTENSION, free_urls, wait

PAGE_CARDS = [
    "command:fileeditor:create-new",
    "command:fileeditor:create-new-markdown-file",
    "command:inspector:open",
    "command:terminal:create-new",
]

POLICY = b"""\
version: 1
rules:
  - {id: notebooks, match: {category: Notebook}, show_when: {group: writers}}
  - {id: terminals, match: {command: "terminal:*"}, hide_when: {group: exam}}
  - {id: gpu, match: {kernel: "*-gpu"}, show_when: {group: hpc}}
"""


def answer(*args: str | Path, stdin: bytes = POLICY, **environment: str) -> Any:
    done = run(*args, "--format", "json", stdin=stdin, **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_cards_of_every_jupyterlab_are_tried() -> None:
    decisions = answer("decide", "-", "--user", "u")["decisions"]
    seen = {(entry["id"], entry["category"]): entry["visible"] for entry in decisions}
    assert seen == {
        ("kernel:python3", "Notebook"): False,
        ("kernel:python3", "Console"): True,
        **{(card, "Other"): True for card in PAGE_CARDS},
    }


def test_commands_of_these_cards_are_in_the_installed_jupyterlab() -> None:
    static = Path(sys.prefix) / "share" / "jupyter" / "lab" / "static"
    assert jupyterlab.__version__.startswith("4.")
    (bundle,) = static.glob("jlab_core.*.js")
    text = bundle.read_text(encoding="utf-8")
    for card in (*PAGE_CARDS, "command:notebook:create-new", "command:console:create"):
        assert f'"{card.removeprefix("command:")}"' in text


def test_rules_by_category_are_applied_to_kernels_and_proxies() -> None:
    for card in ("kernel:python3", "kernel:other", "proxy:lab"):
        decisions = answer("explain", "-", "--user", "u", "--card", card)["decisions"]
        notebook = [entry for entry in decisions if entry["category"] == "Notebook"]
        assert [entry["visible"] for entry in notebook] == [False]
        text = run("decide", "-", "--user", "u", "--card", card, stdin=POLICY).stdout.decode()
        assert "hidden  " in text
    text = run("decide", "-", "--user", "u", "--card", "kernel:x", stdin=POLICY).stdout.decode()
    assert text == (
        "hidden  kernel:x (Notebook)  (not_shown, rule notebooks)\n"
        "shown   kernel:x (Console)  (default)\n"
    )
    rows = answer("preview", "-", "--user", "u", "--card", "kernel:x")["cards"]
    assert [(row["category"], row["visible"]["u"]) for row in rows] == [
        ("Console", True),
        ("Notebook", False),
    ]


def test_cards_with_one_id_and_one_decision_are_one_entry() -> None:
    text = run("explain", "-", "--user", "u", "--group", "writers", stdin=POLICY).stdout.decode()
    assert "shown   kernel:python3 (Notebook)\n" in text
    policy = b"version: 1\nrules: [{id: r, match: {kernel: '*'}, show_when: {admin: true}}]\n"
    text = run("explain", "-", "--user", "u", stdin=policy).stdout.decode()
    assert text.count("kernel:python3") == 1
    assert "shown   4 cards that no rule matches:\n" in text


def test_rules_that_no_tried_card_meets_are_listed(tmp_path: Path) -> None:
    expected = "Rules that no tried card meets:\n  gpu\nTry more cards: --card"
    for command in ("explain", "decide", "preview"):
        assert expected in run(command, "-", "--user", "u", stdin=POLICY).stdout.decode()
        assert answer(command, "-", "--user", "u")["rules_without_card"] == ["gpu"]
        asked = [command, "-", "--user", "u", "--card", "kernel:python3"]
        assert b"Rules that" not in run(*asked, stdin=POLICY).stdout
    cards = tmp_path / "cards.json"
    cards.write_text('[{"id": "a", "kind": "kernel", "name": "big-gpu"}]')
    with_list = ["explain", "-", "--user", "u", "--cards", cards]
    assert b"Rules that" not in run(*with_list, stdin=POLICY).stdout


def test_diff_finds_the_lost_terminal_and_says_what_it_tried(tmp_path: Path) -> None:
    old = tmp_path / "old.yaml"
    old.write_bytes(POLICY.replace(b"exam", b"nobody"))
    users = ["--user-group", "a", "exam", "--user", "b", "--user", "c"]
    done = run("diff", old, "-", *users, stdin=POLICY)
    assert done.stdout.decode() == (
        "a loses command:terminal:create-new\n"
        "1 of 3 users see a change.\n"
        "Tried 5 cards: kernel:python3, command:terminal:create-new, "
        "command:fileeditor:create-new, command:fileeditor:create-new-markdown-file, "
        "command:inspector:open\n"
        f"Rules of {old} that no tried card meets:\n  gpu\n"
        "Rules of stdin that no tried card meets:\n  gpu\n"
        "Try more cards: --card KIND:NAME, --cards FILE, or --url URL of a running server.\n"
    )
    found = answer("diff", old, "-", *users)
    assert sorted(found["cards"]) == [*PAGE_CARDS, "kernel:python3"]
    assert found["rules_without_card"] == {"old": ["gpu"], "new": ["gpu"]}
    many = [f"--card=kernel:k{number}" for number in range(50)]
    assert (
        b"Tried 50 cards (50 kernel)" in run("diff", old, "-", *users, *many, stdin=POLICY).stdout
    )


def test_a_card_that_only_one_policy_adds_is_gained_or_lost(tmp_path: Path) -> None:
    with_card = b"version: 1\ncards: [{id: web, service: web, title: Web}]\n"
    old = tmp_path / "old.yaml"
    old.write_bytes(with_card)
    changes = answer("diff", old, "-", "--user", "u", stdin=b"version: 1\n")["changes"]
    assert changes == [{"user": "u", "card": "web", "change": "loses"}]
    assert answer("diff", old, "-", "--user", "u", stdin=with_card)["changes"] == []
    renamed = with_card.replace(b"id: web", b"id: web-2")
    assert answer("diff", old, "-", "--user", "u", stdin=renamed)["changes"] == [
        {"user": "u", "card": "web-2", "change": "gains"},
        {"user": "u", "card": "web", "change": "loses"},
    ]


def test_a_card_is_compared_as_each_policy_adds_it(tmp_path: Path) -> None:
    policy = (
        b"version: 1\ncards: [{id: web, service: web, title: Web, category: Class}]\n"
        b"rules: [{id: r, match: {category: Other class}, show_when: {admin: true}}]\n"
    )
    old = tmp_path / "old.yaml"
    old.write_bytes(policy)
    moved = policy.replace(b"category: Class}", b"category: Other class}")
    changes = answer("diff", old, "-", "--user", "u", stdin=moved)["changes"]
    assert changes == [{"user": "u", "card": "web", "change": "loses"}]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{}", "is not a list of cards: write ["),
        ('["kernel:a"]', "entry 1 is not a card: write {"),
        (
            '[{"id": "a", "kind": "kernel", "name": "a"}, {"kind": "kernel", "name": "b"}]',
            'entry 2 has no "id": write {"id": "kernel:python3", "kind": "kernel"',
        ),
        ('[{"id": "a", "kind": "kernal", "name": "a"}]', "entry 1 has the unknown kind 'kernal'"),
        ('[{"id": "a", "kind": "kernel", "name": 1}]', 'entry 1 has a "name" that is no text'),
        (
            '[{"id": "a", "kind": "kernel", "name": "a", "tags": "x"}]',
            'entry 1 has a "tags" that is not a list of text.',
        ),
    ],
)
def test_entries_of_a_list_that_are_no_cards_are_named(
    tmp_path: Path, content: str, message: str
) -> None:
    path = tmp_path / "cards.json"
    path.write_text(content)
    for command in ("explain", "preview"):
        done = run(command, "-", "--user", "u", "--cards", path, stdin=POLICY)
        assert done.returncode == 3
        assert f"Error: {path}" in done.stderr.decode()
        assert message in done.stderr.decode()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a Jupyter server with this extension, a proxied service, and the policy above."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "policy.yaml").write_bytes(POLICY)
    (url,) = free_urls(1)
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("JUPYTER")},
        **{f"JUPYTER_{name}_DIR": str(folder / name) for name in ("CONFIG", "DATA", "RUNTIME")},
        "JUPYTER_CONFIG_PATH": EXTENSION,
    }
    servers = {"app": {"command": ["true"], "launcher_entry": {"title": "The app"}}}
    command = [
        str(Path(sys.executable).with_name("jupyter-server")),
        "--allow-root",
        f"--port={url.rpartition(':')[2]}",
        "--ServerApp.base_url=/base/",
        "--IdentityProvider.token=secret",
        f"--ScopedLauncher.policy_file={folder / 'policy.yaml'}",
        f"--ServerProxy.servers={servers!r}",
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stderr=log, cwd=folder)

    def answers() -> bool:
        assert process.poll() is None, (folder / "log").read_text()
        try:
            return requests.get(f"{url}/base/api", timeout=5).ok
        except requests.ConnectionError:
            return False

    try:
        wait(answers, 60, (folder / "log").read_text)
        yield f"{url}/base/"
    finally:
        process.terminate()
        process.wait(timeout=30)


def test_cards_lists_the_cards_of_a_running_server(server: str, tmp_path: Path) -> None:
    listed = answer("cards", "--url", server, JUPYTER_TOKEN="secret")
    cards = {(card["id"], card["category"], card["title"]): card for card in listed["cards"]}
    python = cards["kernel:python3", "Notebook", "Python 3 (ipykernel)"]
    assert python["language"] == "python"
    assert python["rules"] == ["notebooks"]
    assert cards["kernel:python3", "Console", "Python 3 (ipykernel)"]["rules"] == []
    assert cards["proxy:app", "Notebook", "The app"]["rules"] == ["notebooks"]
    assert cards["command:terminal:create-new", "Other", "Terminal"]["rules"] == ["terminals"]
    saved = tmp_path / "cards.json"
    saved.write_text(json.dumps(listed))
    for option in (["--cards", saved], ["--url", server]):
        args = ["decide", "-", "--user", "u", *option]
        decisions = answer(*args, JUPYTER_TOKEN="secret")["decisions"]
        assert [d["visible"] for d in decisions if d["id"] == "proxy:app"] == [False]


def test_cards_prints_a_table(server: str) -> None:
    args = ["cards", "--url", f"{server}lab", "--policy", "-"]
    policy = b"version: 1\nrules: [{id: r, match: {proxy: app}, show_when: {admin: true}}]\n"
    done = run(*args, stdin=policy, JUPYTER_TOKEN="secret")
    lines = done.stdout.decode().splitlines()
    assert lines[0].split() == ["KIND", "NAME", "TITLE", "CATEGORY", "LANGUAGE", "ARGS", "RULES"]
    (app,) = [line.split() for line in lines if "The app" in line]
    assert app[:5] == ["proxy", "app", "The", "app", "Notebook"]
    assert app[-1] == "r"


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        ([], 2, "Name the server: --url URL, or --hub URL"),
        (["--url", "127.0.0.1:8888"], 2, "write http://HOST:PORT/BASE/"),
        (["--url", "http://127.0.0.1:9/lab?token=secret"], 2, "without ?…"),
        (["--url", "http://127.0.0.1:9/", "--user", "u"], 2, "need --hub URL"),
        (["--hub", "http://127.0.0.1:9/", "--server", "x"], 2, "write OWNER/NAME"),
        (["--url", "http://127.0.0.1:9/"], 3, "http://127.0.0.1:9/scoped-launcher/cards"),
    ],
)
def test_wrong_addresses_are_named(args: list[str], code: int, message: str) -> None:
    done = run("cards", *args, JUPYTERHUB_API_TOKEN="x")
    assert done.returncode == code
    assert message in done.stderr.decode()
    assert b"secret" not in done.stderr


def test_without_a_token_the_server_asks_for_a_login(server: str) -> None:
    done = run("cards", "--url", server, JUPYTER_TOKEN="", JUPYTERHUB_API_TOKEN="")
    assert done.returncode == 3
    assert b"asks for a login. Put a token" in done.stderr
    done = run("cards", "--url", server.removesuffix("base/"), JUPYTER_TOKEN="secret")
    assert done.returncode == 3
    assert b"There is no Jupyter server at" in done.stderr


ROUTE_ANSWERS = {
    "/good/scoped-launcher/cards": b'{"cards": [{"id": "kernel:r", "kind": "kernel", "name": "r",'
    b' "title": "R", "category": "Notebook", "tags": ["t"], "language": "R", "args": null}]}',
    "/entry/scoped-launcher/cards": b'{"cards": [{"kind": "kernel", "name": "r"}]}',
    "/text/scoped-launcher/cards": b"<html>",
    "/kernels/api/kernelspecs": b"[1]",
}


@pytest.fixture(scope="module")
def route_answers() -> Iterator[str]:
    """Serve `ROUTE_ANSWERS`: what a server with the route answers, and what no server answers."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = ROUTE_ANSWERS.get(self.path)
            self.send_response(404 if body is None else 200)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_the_route_of_the_server_is_read(route_answers: str) -> None:
    cards = answer("cards", "--url", f"{route_answers}/good")["cards"]
    assert [card["title"] for card in cards if card["kind"] == "kernel"] == ["R"]
    done = run("cards", "--url", f"{route_answers}/good")
    assert b"The rules are not known: name the policy with --policy FILE." in done.stdout
    for path, message in (
        ("entry", 'entry 1 has no "id"'),
        ("text", "did not answer JSON"),
        ("kernels", "does not answer as a Jupyter server does"),
    ):
        done = run("cards", "--url", f"{route_answers}/{path}")
        assert done.returncode == 3
        assert message in done.stderr.decode()
