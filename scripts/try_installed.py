"""Tries the package that is installed beside this interpreter, on any platform.

usage: python scripts/try_installed.py

It decides with the engine, checks a policy on the command line, sees that Jupyter has found both
extensions, and asks a running Jupyter server what it lets a visitor see. It needs jupyterlab.
"""

from __future__ import annotations

import json
import os
import platform
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

NAME = "jupyterlab-scoped-launcher"

POLICY = """\
version: 1
no_hub: decide
rules:
  - {id: class, match: {kernel: "class*"}, show_when: {group: class}}
"""


def run(*command: str) -> str:
    """Run a module of Python; return its output."""
    done = subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def try_commands(policy: Path) -> None:
    """The engine, the command line and the lists of extensions."""
    run("jupyterlab_scoped_launcher.cli", "check", str(policy))
    card = ("--user", "ann", "--card", "kernel:class1")
    for group, expected in (("class", "shown"), ("other", "hidden")):
        told = run(
            "jupyterlab_scoped_launcher.cli", "explain", str(policy), "--group", group, *card
        )
        if not told.startswith(expected):
            raise SystemExit(f"in group {group}: {told}")
    listed = run("jupyter", "server", "extension", "list")
    if not re.search(r"jupyterlab_scoped_launcher.*OK", listed):
        raise SystemExit(listed)
    listed = run("jupyter", "labextension", "list")
    if not re.search(r"jupyterlab-scoped-launcher.*enabled.*OK", listed):
        raise SystemExit(listed)


def try_server(policy: Path, folder: str) -> None:
    """A JupyterLab that answers with the policy, and serves the labextension's files."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *(f"--ServerApp.port={port}", f"--IdentityProvider.token={token}"),
        f"--ScopedLauncher.policy_file={policy}",
    ]
    log = Path(folder) / "server.log"
    with log.open("w") as output:
        server = subprocess.Popen(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
    try:
        context = json.loads(ask(port, token, "scoped-launcher/context", log))
        if context["policy"]["document"]["rules"][0]["id"] != "class":
            raise SystemExit(f"the server's answer has another policy: {context}")
        page = ask(port, token, "lab", log).decode()
        config = re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.S)
        extensions = json.loads(config[1])["federated_extensions"] if config else []
        (load,) = (entry["load"] for entry in extensions if entry["name"] == NAME)
        ask(port, token, f"lab/extensions/{NAME}/{load}", log)
    finally:
        server.terminate()
        server.wait(timeout=30)


def ask(port: int, token: str, path: str, log: Path) -> bytes:
    """Return the answer, once the server gives one."""
    request = Request(
        f"http://127.0.0.1:{port}/{path}", headers={"Authorization": f"token {token}"}
    )
    for _ in range(120):
        try:
            with urlopen(request, timeout=10) as answer:  # noqa: S310 (http alone)
                return answer.read()
        except (URLError, ConnectionError) as error:
            if hasattr(error, "code"):
                raise SystemExit(f"{path}: {error}\n{log.read_text()}") from error
            time.sleep(0.5)
    raise SystemExit(f"no answer:\n{log.read_text()}")


def main() -> None:
    """Try everything, and print on what."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        # Not where the sources are: `python -m` would take these.
        os.chdir(folder)
        policy = Path(folder) / "policy.yaml"
        policy.write_text(POLICY, "utf-8")
        try_commands(policy)
        try_server(policy, folder)
        os.chdir(tempfile.gettempdir())
    packages = (NAME, "jupyterlab", "jupyter_server")
    versions = ", ".join(f"{package} {version(package)}" for package in packages)
    print(f"ok: Python {platform.python_version()}, {platform.platform()}, {versions}")


if __name__ == "__main__":
    main()
