"""The tutorial, from its own text: its files are saved and its commands run, in order, in bash."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import requests
from hubs import REPO, Browser, free_ports, wait

TUTORIAL = REPO / "docs" / "tutorial"
STEP = re.compile(
    r"Save this as `(?P<file>[^`]+)`:\n\n```\w+\n(?P<text>.*?)^```"
    r"|^```console\n(?P<console>.*?)^```",
    re.M | re.S,
)
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.M)
END = "the command has ended"


class Shell:
    """A bash in which each command is run to its end. ``replaced`` are texts for this machine."""

    def __init__(self, folder: Path, replaced: dict[str, str], **environment: str) -> None:
        self.folder = folder
        self.replaced = replaced
        self.log = ""
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, command: str) -> str:
        """Run a command; return what it prints."""
        self.write(f"{command}\necho; echo {END} $?\n")
        output = ""
        assert self._bash.stdout is not None
        for line in self._bash.stdout:
            if line.startswith(END):
                assert line.split()[-1] == "0", f"{command}\n{output}"
                return output
            output += line
        raise AssertionError(f"bash has ended in {command}\n{output}")

    def save(self, name: str, text: str) -> None:
        """Save a file in the folder in which the shell is."""
        for old, new in self.replaced.items():
            text = text.replace(old, new)
        folder = Path(f"/proc/{self._bash.pid}/cwd").resolve()
        (folder / name).write_text(text, encoding="utf-8")

    def write(self, text: str) -> None:
        assert self._bash.stdin is not None
        self._bash.stdin.write(text)
        self._bash.stdin.flush()

    def stop(self) -> None:
        """End the shell and all that it has started."""
        started = psutil.Process(self._bash.pid).children(recursive=True)
        os.killpg(self._bash.pid, signal.SIGTERM)
        _, alive = psutil.wait_procs(started, timeout=20)
        for process in alive:
            process.kill()
        self._bash.kill()
        self._bash.communicate()


@pytest.fixture
def shells() -> Iterator[Callable[..., Shell]]:
    started = []

    def start(folder: Path, replaced: dict[str, str], **environment: str) -> Shell:
        started.append(Shell(folder, replaced, **environment))
        return started[-1]

    yield start
    for shell in started:
        shell.stop()


def follow(page: str, shell: Shell, *, until: str = "") -> None:
    """Do what the page says, in order; ``until`` is a command that is left to the test."""
    text = (TUTORIAL / page).read_text("utf-8")
    steps = list(STEP.finditer(text))
    assert sum(bool(step["file"]) for step in steps) == text.count("Save this as")
    assert sum(bool(step["console"]) for step in steps) == text.count("```console")
    for step in steps:
        if step["file"]:
            shell.save(step["file"], step["text"])
            continue
        for command, output in COMMAND.findall(step["console"]):
            if command == until:
                return
            printed = shell.run(command)
            assert not output or printed.strip() == output.strip()


def test_the_first_policy(tmp_path: Path, shells: Callable[..., Shell]) -> None:
    port, hub_port, proxy_port = free_ports(3)
    for_this_machine = [
        "c = get_config()",
        f'c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub_port}"',
        f'c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"',
        'c.Spawner.args = ["--allow-root"]',
    ]
    shell = shells(
        tmp_path,
        {":8000": f":{port}", "c = get_config()": "\n".join(for_this_machine)},
        # The wheel that was built here; the other packages as the tests have them.
        PIP_FIND_LINKS=str(REPO / "dist"),
        PIP_CONSTRAINT=str(REPO / "requirements" / "constraints.txt"),
        PIP_DISABLE_PIP_VERSION_CHECK="1",
        PYTHONPATH="",
    )
    follow("first-policy.md", shell, until="jupyterhub")
    log = tmp_path / "hub.log"
    shell.write(f"jupyterhub > {log} 2>&1\n")
    url = f"http://127.0.0.1:{port}"

    def is_up() -> bool:
        try:
            return requests.get(f"{url}/hub/login", timeout=5).ok
        except requests.ConnectionError:
            return False

    wait(is_up, 60, log.read_text)
    student, instructor = (Person(url, name) for name in ("mmuster", "profx"))
    wait(student.has_jupyterlab, 90, log.read_text)
    assert not student.sees_the_class()
    instructor.change_members("post")
    wait(student.sees_the_class, 10, log.read_text)
    instructor.change_members("delete")
    wait(lambda: not student.sees_the_class(), 10, log.read_text)


class Person(Browser):
    """Somebody who has logged in at the Hub of the tutorial."""

    def __init__(self, url: str, name: str) -> None:
        super().__init__(url, name, "tutorial")
        self.name = name
        self.open("/hub/")  # which starts the server

    def has_jupyterlab(self) -> bool:
        """Open JupyterLab."""
        page = self.session.get(f"{self.url}/hub/user/{self.name}/lab", timeout=60)
        return page.ok and "jupyter-config-data" in page.text

    def sees_the_class(self) -> bool:
        """Return whether the class kernel has cards."""
        answer = self.session.get(f"{self.url}/user/{self.name}/scoped-launcher/cards", timeout=60)
        assert answer.ok, answer.text
        return any(card["name"] == "class1234" for card in answer.json()["cards"])

    def change_members(self, method: str) -> None:
        """Add mmuster to the class, or remove her, as the Hub's admin page does."""
        page = self.session.get(f"{self.url}/hub/admin", timeout=30)
        assert page.ok
        answer = self.session.request(
            method,
            f"{self.url}/hub/api/groups/class1234/users",
            json={"users": ["mmuster"]},
            headers={"X-XSRFToken": self._xsrf() or "", "Referer": f"{self.url}/hub/admin"},
            timeout=30,
        )
        assert answer.ok, answer.text


def new_repository(folder: Path) -> Path:
    """Return a repository with the files of this folder as they are, in one commit."""
    repository = folder / "origin.git"
    git = ["git", f"--git-dir={repository}", f"--work-tree={REPO}"]
    author = ["-c", "user.name=test", "-c", "user.email=test@example.edu"]
    for command in (["init", "--quiet"], ["add", "--all"], [*author, "commit", "--quiet", "-mx"]):
        subprocess.run([*git, *command], cwd=REPO, check=True)
    return repository


def test_the_class_example_from_a_fresh_clone(tmp_path: Path, shells: Callable[..., Shell]) -> None:
    """`git clone` takes these files instead of those at GitHub, and what is built there uses a
    Cargo cache that stays. The demo checks itself, and ends."""
    shell = shells(
        tmp_path,
        {},
        GIT_CONFIG_COUNT="1",
        GIT_CONFIG_KEY_0=f"url.file://{new_repository(tmp_path)}.insteadOf",
        GIT_CONFIG_VALUE_0="https://github.com/jupyterlab-scoped-launcher/jupyterlab-scoped-launcher",
        CARGO_TARGET_DIR=str(REPO / "target" / "tutorial"),
        DEMO_CHECK="1",
    )
    follow("class.md", shell)
    assert (tmp_path / "jupyterlab-scoped-launcher" / ".demo" / "hub.log").is_file()
