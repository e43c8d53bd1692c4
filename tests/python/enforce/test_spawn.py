"""Which kernels' directories the Hub's hook puts on JUPYTER_PATH."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from traitlets.config import Config

from jupyterlab_scoped_launcher.hub import configure

MEMBERS = {"show_when": {"group": "members"}}


@pytest.fixture
def on_the_path(new_spawner: Callable[..., Any], tmp_path: Path):
    """Whether the kernel ``Exam`` is on the JUPYTER_PATH of a server of ``owner``'s."""

    def ask(match: dict[str, Any], **policy: Any) -> bool:
        rules = [{"id": "r", "match": match, **MEMBERS}]
        content = {"version": 1, "kernels": {"Exam": str(tmp_path)}, "rules": rules, **policy}
        (tmp_path / "policy.json").write_text(json.dumps(content))
        c = Config()
        configure(c, tmp_path / "policy.json")
        server = new_spawner(c)
        asyncio.run(server.run_pre_spawn_hook())
        return str(tmp_path) in server.get_env().get("JUPYTER_PATH", "")

    return ask


@pytest.fixture(params=["exam", "Exam", "EXAM"])
def kernel_json(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The kernel's kernel.json, in a directory whose name is written in some case."""
    folder = tmp_path / "kernels" / request.param
    folder.mkdir(parents=True)
    spec = {"argv": ["true"], "display_name": "Exam", "metadata": {"tags": ["secret"]}}
    (folder / "kernel.json").write_text(json.dumps(spec))
    return folder / "kernel.json"


def test_rules_by_tag_of_the_kernel_json_count(on_the_path, kernel_json):
    assert not on_the_path({"tag": "secret"})
    assert on_the_path({"tag": "open"})


def test_rules_by_category_count(on_the_path, kernel_json):
    """As in the server: it is there when the launcher shows one of its two cards."""
    assert not on_the_path({"category": ["Notebook", "Console"]})
    assert on_the_path({"category": "Console"})
    assert on_the_path({"category": "Notebook", "kernel": "other"})


@pytest.mark.parametrize("content", ["{", "[]", '{"metadata": {"tags": "secret"}}', "[" * 10**5])
def test_a_kernel_json_that_is_wrong_has_no_tags(on_the_path, kernel_json, content):
    kernel_json.write_text(content)
    assert on_the_path({"tag": "secret"})
    assert not on_the_path({"kernel": "exam"})


@pytest.mark.parametrize("instead", ["nothing", "pipe", "too long"])
def test_a_kernel_json_that_is_not_readable_is_logged(on_the_path, kernel_json, instead, caplog):
    content = kernel_json.read_text()
    kernel_json.unlink()
    if instead == "pipe":
        os.mkfifo(kernel_json)
    elif instead == "too long":
        kernel_json.write_text(content + " " * 2**20)
    with caplog.at_level(logging.WARNING):
        assert on_the_path({"tag": "secret"})
    assert "the kernelspec of the kernel 'Exam'" in caplog.text
    assert not on_the_path({"kernel": "exam"})
