"""A PostgreSQL server for tests, in a temporary folder and on a free port of 127.0.0.1."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
from hubs import free_ports, wait

USER = "jupyterhub"


@contextmanager
def postgresql() -> Iterator[str]:
    """Start a server with an empty database; yield its address.

    PostgreSQL refuses to run as root: then it runs as the user of Debian's package.
    """
    # Not pytest's temporary folder: only the user who runs the tests can enter that.
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    try:
        account: dict[str, Any] = {}
        if os.getuid() == 0:
            account = {"user": "postgres", "group": "postgres", "extra_groups": []}
            shutil.chown(folder, "postgres", "postgres")
        yield from _run(folder, account)
    finally:
        shutil.rmtree(folder)


def _run(folder: Path, account: dict[str, Any]) -> Iterator[str]:
    data, password, (port,) = folder / "data", secrets.token_hex(16), free_ports(1)
    (folder / "password").write_text(password)
    common = {"cwd": folder, "stdout": subprocess.DEVNULL, **account}
    if account:
        shutil.chown(folder / "password", account["user"])
    options = ["--username", USER, "--pwfile", "password", "--auth", "scram-sha-256"]
    locale = ["--no-locale", "--encoding", "UTF8", "--no-sync"]
    subprocess.run([_program("initdb"), "-D", data, *options, *locale], check=True, **common)
    settings = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off")
    command = [_program("postgres"), "-D", data, "-p", str(port)]
    command += [f"--{setting}" for setting in settings]
    url = f"postgresql://{USER}:{password}@127.0.0.1:{port}/postgres"

    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stderr=log, **common)

    def answers() -> bool:
        assert process.poll() is None, (folder / "log").read_text()
        try:
            psycopg2.connect(url).close()
        except psycopg2.OperationalError:
            return False
        return True

    try:
        wait(answers, 30, lambda: (folder / "log").read_text())
        yield url
    finally:
        process.send_signal(signal.SIGINT)  # ends connections, and then the server
        process.wait(30)


def query(url: str, statement: str, *values: str) -> list[tuple[Any, ...]]:
    """Return the rows that a statement finds."""
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()
    finally:
        connection.close()


def _program(name: str) -> str:
    """Return the path of a program of PostgreSQL; Debian has most of them on nobody's PATH."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    path = os.pathsep.join([*map(str, places), os.environ.get("PATH", os.defpath)])
    found = shutil.which(name, path=path)
    assert found, f"{name} is needed: install PostgreSQL"
    return found
