"""Policies and other files that commands read."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from jupyterlab_scoped_launcher import _core

from . import findings

FILE = click.Path(exists=True, dir_okay=False, allow_dash=True)


class Trouble(click.ClickException):
    """Something outside of the command line failed: exit code 3."""

    exit_code = 3


def read_bytes(path: str) -> bytes:
    """Read a file, or standard input for ``-``."""
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise Trouble(f"{path} cannot be read: {error.strerror}.") from None


def read_json(path: str) -> Any:
    """Read a JSON file."""
    try:
        return json.loads(read_bytes(path))
    except ValueError as error:
        raise Trouble(f"{path} is not JSON: {error}.") from None


def name_of(path: str) -> str:
    """Name a file in findings."""
    return "stdin" if path == "-" else path


def load_policy(path: str) -> _core.Policy:
    """Read and check a policy; with errors, print them and exit with 1."""
    content = read_bytes(path)
    checked = json.loads(_core.check(content, name_of(path)))
    if checked["document"] is None:
        errors = [finding for finding in checked["findings"] if finding["severity"] == "error"]
        click.echo(findings.as_text(errors, {name_of(path): content}), err=True)
        raise click.exceptions.Exit(1)
    return _core.Policy(content.decode(), name_of(path))
