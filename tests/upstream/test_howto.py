"""docs/upstream/howto/launcher-cards.md: its policy, its commands and its configuration."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from traitlets.config import Config
from upstream_pages import PAGES

TEXT = (PAGES / "howto" / "launcher-cards.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.M | re.S)


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The policy of the page."""
    path = tmp_path_factory.mktemp("policy") / "launcher.yaml"
    path.write_text(*blocks("yaml"))
    return path


def scoped_launcher(arguments: str, policy: Path) -> str:
    command = [Path(sys.executable).with_name("scoped-launcher"), *arguments.split()]
    done = subprocess.run(
        command, cwd=policy.parent, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_its_commands_run(policy: Path) -> None:
    commands = [
        line.removeprefix("scoped-launcher ")
        for block in blocks("bash")
        for line in block.splitlines()
        if line.startswith("scoped-launcher ")
    ]
    checked, explained = (scoped_launcher(command, policy) for command in commands)
    assert checked.endswith(": no problems\n")
    assert "Shown" in explained


def test_members_see_the_cards_and_others_do_not(policy: Path) -> None:
    cards = "--card kernel:class1234 --card service:class1234-web"
    member = scoped_launcher(f"explain launcher.yaml --user m --group class1234 {cards}", policy)
    other = scoped_launcher(f"explain launcher.yaml --user o {cards}", policy)
    assert "Hidden" not in member
    assert "Shown" not in other
    assert "teacher@example.edu" in other


def test_its_configuration_loads_the_roles(policy: Path) -> None:
    (block,) = blocks("python")
    c = Config()
    exec(block.replace("/etc/jupyterhub/launcher.yaml", str(policy)), {"c": c})
    names = [role["name"] for role in c.JupyterHub.load_roles]
    assert "class1234" in names
