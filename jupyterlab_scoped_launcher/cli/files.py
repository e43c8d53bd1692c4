"""Reads policies and other files."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from .._core import Policy
from .._core import lint as lint_policy
from .diagnostics import as_text
from .errors import CliError

FILE = click.Path(exists=True, dir_okay=False, allow_dash=True)
"""The type of an argument that names a file; ``-`` is standard input."""


def read_bytes(path: str) -> bytes:
    """Read a file, or standard input for ``-``."""
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise CliError(f"{path} cannot be read: {error.strerror}.") from None


def read_json(path: str) -> Any:
    """Read a JSON file."""
    try:
        return json.loads(read_bytes(path))
    except ValueError as error:
        raise CliError(f"{path} is not JSON: {error}.") from None


def display_name(path: str) -> str:
    """Return the name of a file for diagnostics."""
    return "stdin" if path == "-" else path


def load_policy(path: str) -> Policy:
    """Read and lint a policy; if it has errors, print them and exit with 1."""
    content = read_bytes(path)
    name = display_name(path)
    result = json.loads(lint_policy(content, name))
    if result["document"] is None:
        errors = [entry for entry in result["diagnostics"] if entry["severity"] == "error"]
        click.echo(as_text(errors, {name: content}), err=True)
        raise click.exceptions.Exit(1)
    return Policy(content.decode(), name)
