"""Runs ``scoped-launcher`` as its users do: a process with arguments, files and pipes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parents[2]

# The installed command: `python -m` would first find the package in this folder, which has no
# compiled engine.
COMMAND = [str(Path(sys.executable).with_name("scoped-launcher"))]


def run(*args: str | Path, stdin: bytes = b"", **environment: str) -> Any:
    """Run the command; standard output and error are bytes."""
    done = subprocess.run(
        [*COMMAND, *map(str, args)],
        input=stdin,
        capture_output=True,
        timeout=60,
        check=False,
        env={**os.environ, **environment},
        cwd=REPO,
    )
    assert b"Traceback" not in done.stderr
    return done
