"""Real parts for the tests of the Hub service: a JupyterHub of its own, the service as a
process, and a proxy between the two that can answer with faults.

The users and servers of each test have names of their own, so that tests share the Hub without
seeing each other; each test's policy names only those.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hub_proxy import HubProxy
from hubs import PACKAGE, wait
from service_hub import ServiceHub


class GrantsHub(ServiceHub):
    """The Hub, with the service as one of its own."""

    def __init__(self, folder: Path) -> None:
        config = Path(__file__).with_name("jupyterhub_config.py")
        tokens = {
            f"{name}_token": secrets.token_hex(16) for name in ("grants", "little", "metrics")
        }
        super().__init__(folder, config, '{"version": 1}', **tokens)

    def server(self, user: str, name: str, *tags: str) -> str:
        """Start a server that is no more than there; return ``owner/name``."""
        self.start_servers(f"{user}/{name}", tags=list(tags), tiny=True)
        return f"{user}/{name}"

    def stop_server(self, server: str, *, remove: bool = False) -> None:
        owner, _, name = server.partition("/")
        self.api("DELETE", f"/users/{owner}/servers/{name}", remove=remove)

        def is_stopped() -> bool:
            servers = self.api("GET", f"/users/{owner}?include_stopped_servers=1")["servers"]
            return name not in servers if remove else not servers[name]["ready"]

        self.wait(is_stopped)

    def shares(self, owner: str) -> dict[tuple[str, str], str]:
        """Return the owner's user shares: ``(server, user)`` to when they were created."""
        items = self.api("GET", f"/shares/{quote(owner)}")["items"]
        return {
            (f"{owner}/{item['server']['name']}", item["user"]["name"]): item["created_at"]
            for item in items
            if item["user"]
        }

    def unshare(self, server: str, user: str) -> None:
        self.api("PATCH", f"/shares/{server}", user=user)


class Grants:
    """``scoped-launcher service`` and ``grants`` with a policy and database of a test's own."""

    def __init__(self, hub: GrantsHub, folder: Path) -> None:
        self.hub = hub
        self.proxy = HubProxy(hub.hub_url)
        self.policy_file = folder / "policy.json"
        self.database = folder / "service.sqlite"
        self.log_file = folder / "service.log"
        self._processes: list[subprocess.Popen[bytes]] = []

    def policy(self, *grants: dict[str, Any], **more: Any) -> None:
        temporary = self.policy_file.with_suffix(".new")
        temporary.write_text(json.dumps({"version": 1, "grants": grants, **more}))
        temporary.replace(self.policy_file)

    def run(self, *options: str, token: str = "") -> subprocess.CompletedProcess[str]:
        """Run the command with these options to its end."""
        return subprocess.run(
            self._command("grants", *options),
            env=self._environment(token),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def once(self, *options: str) -> str:
        """Run the command with ``--once``, which must succeed; return what it says."""
        done = self.run("--once", *options)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        """Start the service as a process."""
        with self.log_file.open("ab") as log:
            process = subprocess.Popen(
                self._command("service", "--interval", "1", *options),
                env=self._environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._processes.append(process)
        return process

    def kill(self) -> None:
        """Kill every service of this test, as kill -9 does."""
        for process in self._processes:
            process.send_signal(signal.SIGKILL)
            process.wait()
        self._processes.clear()

    def close(self) -> None:
        self.kill()
        self.proxy.shutdown()

    def log(self) -> str:
        return self.log_file.read_text() if self.log_file.exists() else ""

    def events(self, name: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.log().splitlines() if line.endswith("}")]
        return [line for line in lines if line["event"] == name]

    def wait_for(self, name: str, count: int = 1, seconds: float = 30) -> None:
        """Wait until the service has logged so many events of a name."""
        wait(lambda: len(self.events(name)) >= count, seconds, self.log)

    def _command(self, command: str, *options: str) -> list[str]:
        return [
            # As installed: `python -m` would find the package of the current folder first.
            str(Path(sys.executable).with_name("scoped-launcher")),
            command,
            "--policy",
            str(self.policy_file),
            "--database",
            str(self.database),
            "--hub-share",
            "1",
            *options,
        ]

    def _environment(self, token: str = "") -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONPATH": PACKAGE,
            "JUPYTERHUB_API_URL": self.proxy.api_url,
            "JUPYTERHUB_API_TOKEN": token or self.hub.known["grants_token"],
        }


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GrantsHub]:
    """A running JupyterHub, with the service as one of its own."""
    with GrantsHub(tmp_path_factory.mktemp("hub")) as running:
        yield running


@pytest.fixture(scope="module")
def new_grants(
    hub: GrantsHub, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Grants]]:
    """Makes a command of one's own, apart from the Hub's own service."""
    made: list[Grants] = []

    def make() -> Grants:
        made.append(Grants(hub, tmp_path_factory.mktemp("grants")))
        return made[-1]

    yield make
    for ours in made:
        ours.close()


@pytest.fixture
def grants(new_grants: Callable[[], Grants]) -> Iterator[Grants]:
    """The command, for one test."""
    ours = new_grants()
    yield ours
    ours.close()


@pytest.fixture(scope="session")
def until() -> Callable[..., None]:
    """Wait for something to become true."""
    return wait
