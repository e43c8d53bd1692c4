"""A Hub and Jupyter servers with the configurations of docs/upstream, without this package."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
import requests
from hubs import Hub, Visitor, free_ports, wait
from upstream_pages import configuration

HUB_PAGES = ("group-shares.md", "glob-filters.md")


def without_this_package(folder: Path) -> str:
    """Return a folder for JUPYTER_CONFIG_PATH that disables the server extension."""
    settings = {"ServerApp": {"jpserver_extensions": {"jupyterlab_scoped_launcher": False}}}
    folder.mkdir()
    (folder / "jupyter_server_config.json").write_text(json.dumps(settings))
    return str(folder)


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A Hub with the configurations of both pages."""
    folder = tmp_path_factory.mktemp("hub")
    pages = []
    for page in HUB_PAGES:
        path = folder / Path(page).with_suffix(".py")
        path.write_text(configuration(page, "jupyterhub_config.py"))
        pages.append(str(path))
    extension = without_this_package(folder / "jupyter")
    config = Path(__file__).with_name("jupyterhub_config.py")
    with Hub(folder, config, pages=pages, extension=extension) as running:
        yield running


@pytest.fixture(scope="session")
def start(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str], AbstractContextManager[Visitor]]:
    """Starts a Jupyter server with the configuration of a page; its owner is the visitor."""

    @contextmanager
    def start_one(page: str) -> Iterator[Visitor]:
        folder = tmp_path_factory.mktemp("server")
        config = folder / "config.py"
        config.write_text(configuration(page, "jupyter_server_config.py"))
        (port,) = free_ports(1)
        server = Visitor(requests.Session(), f"http://127.0.0.1:{port}")
        token = secrets.token_hex(16)
        server.session.headers["Authorization"] = f"token {token}"
        command = [
            *(sys.executable, "-m", "jupyter_server", f"--config={config}", "--allow-root"),
            *(f"--ServerApp.port={port}", f"--IdentityProvider.token={token}", "--no-browser"),
        ]
        environment = {
            **os.environ,
            "JUPYTER_CONFIG_PATH": without_this_package(folder / "jupyter"),
        }
        log = folder / "server.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=folder, env=environment, stdout=output, stderr=output
            )

        def answers() -> bool:
            assert process.poll() is None, log.read_text()
            try:
                return server.get("api").ok
            except requests.ConnectionError:
                return False

        try:
            wait(answers, 60, log.read_text)
            yield server
        finally:
            process.terminate()
            process.wait(timeout=30)

    return start_one
