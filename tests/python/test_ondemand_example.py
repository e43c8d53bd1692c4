"""examples/ondemand: a Jupyter server without a Hub, as a job of Open OnDemand starts it."""

from __future__ import annotations

import grp
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from command_line import run
from hubs import EXTENSION, REPO, free_ports, wait

EXAMPLE = REPO / "examples" / "ondemand"
GROUP = grp.getgrgid(os.getgid()).gr_name
"""The account's group, in place of `class1234`."""

SESSION = """
c.ServerApp.port = {port}
c.ServerApp.base_url = "/node/cluster-1/{port}/"
c.ServerApp.ip = "127.0.0.1"
c.ServerApp.open_browser = False
c.ServerApp.allow_root = True
c.IdentityProvider.token = "{token}"
command = ["{python}", "-m", "http.server", "{{port}}", "--bind", "127.0.0.1"]
c.ServerProxy.servers = {{"matlab": {{"command": command}}, "free": {{"command": command}}}}
"""
"""What the app of Open OnDemand writes into the file of the session, and two proxied services."""


class Session:
    """A server, its configuration in ``folder``/etc, and requests with its token."""

    def __init__(self, folder: Path, config: str) -> None:
        (port,), self.folder = free_ports(1), folder
        token = secrets.token_hex(16)
        self.url = f"http://127.0.0.1:{port}/node/cluster-1/{port}/"
        self.requests = requests.Session()
        self.requests.headers["Authorization"] = f"token {token}"
        kernel = folder / "kernels/class1234/share/jupyter/kernels/class1234/kernel.json"
        policy = (EXAMPLE / "policy.yaml").read_text()
        policy = policy.replace("{ group: class1234 }", f"{{ group: {GROUP} }}")
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        files = {
            kernel: json.dumps({"argv": argv, "display_name": "Class 1234", "language": "python"}),
            folder / "etc" / config: (EXAMPLE / "jupyter_config.py")
            .read_text()
            .replace("/etc/jupyter", str(folder)),
            folder / "policy.yaml": policy.replace("/srv/kernels", str(folder / "kernels")),
            folder / "config.py": SESSION.format(port=port, token=token, python=sys.executable),
        }
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def __enter__(self) -> Session:
        without = ("SCOPED_LAUNCHER_POLICY", "JUPYTERHUB_API_URL", "JUPYTER_TOKEN")
        environment = {name: text for name, text in os.environ.items() if name not in without}
        environment |= {
            "HOME": str(self.folder / "home"),
            "JUPYTER_CONFIG_PATH": f"{self.folder / 'etc'}:{EXTENSION}",
        }
        command = [sys.executable, "-m", "jupyter_server", f"--config={self.folder / 'config.py'}"]
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, env=environment, cwd=self.folder
            )
        wait(self._answers, 60, self.log)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)

    def _answers(self) -> bool:
        assert self._process.poll() is None, self.log()
        try:
            return self.get("api/status").ok
        except requests.ConnectionError:
            return False

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def get(self, path: str) -> requests.Response:
        return self.requests.get(self.url + path, timeout=30)

    def context(self) -> dict[str, Any]:
        answer = self.get("scoped-launcher/context")
        assert answer.ok, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    with Session(tmp_path_factory.mktemp("session"), "jupyter_config.py") as running:
        yield running


def test_the_context_has_the_unix_groups(session: Session) -> None:
    context = session.context()
    assert context["hub"] is False
    assert GROUP in context["groups"]
    assert context["policy"]["state"] == "ok"


def test_the_kernel_of_the_accounts_group_starts(session: Session) -> None:
    assert {"class1234", "python3"} <= set(session.get("api/kernelspecs").json()["kernelspecs"])
    started = session.requests.post(session.url + "api/kernels", json={"name": "class1234"})
    assert started.status_code == 201, started.text
    session.requests.delete(session.url + "api/kernels/" + started.json()["id"]).raise_for_status()


def test_the_service_of_another_group_is_refused(session: Session) -> None:
    refused = session.get("matlab/")
    assert refused.status_code == 403
    assert "MATLAB needs a licence." in refused.text
    assert "hpc-help@example.edu" in refused.text
    assert session.get("free/").status_code == 200


def test_jupyter_server_config_is_not_read_with_a_file_in_config(tmp_path: Path) -> None:
    with Session(tmp_path, "jupyter_server_config.py") as session:
        assert session.context()["policy"]["state"] == "missing"


def test_the_policy_answers_its_cases() -> None:
    done = run("check", "--strict", EXAMPLE / "policy.yaml")
    assert done.returncode == 0, done.stdout
    done = run("test", EXAMPLE / "policy.yaml", EXAMPLE / "cases.yaml")
    assert done.returncode == 0, done.stdout
