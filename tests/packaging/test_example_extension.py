"""examples/notebook-exporter, installed with pip into the servers of a Hub, and asked over HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from hubs import EXTENSION, PACKAGE, REPO, Hub, Visitor

EXAMPLE = REPO / "examples" / "notebook-exporter"

CONFIG = """
import json, os
known = json.loads(os.environ["TEST_HUB"])
load_subconfig(known["common"])
c = get_config()
c.JupyterHub.load_groups = {"instructors": {"users": ["profx", "mixin"]}}
c.Spawner.environment.update(known["environment"])
"""

REFUSED = "Solutions are exported by instructors."

SERVERS = {"profx": "profx/", "student": "student/", "mixin": "mixin/", "guest": "profx/dash"}
"""The server of each visitor; `mixin`'s is in the older single-user mode."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which pip has installed the example as a wheel."""
    folder = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder]
    subprocess.run([*command, str(EXAMPLE)], check=True, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The policy in the example's README."""
    text = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    path = tmp_path_factory.mktemp("policy") / "policy.yaml"
    path.write_text(text.partition("```yaml\n")[2].partition("```")[0])
    return path


@pytest.fixture(scope="module")
def visitors(
    installed: Path, policy: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Visitor]]:
    folder = tmp_path_factory.mktemp("hub")
    config = folder / "jupyterhub_config.py"
    config.write_text(CONFIG)
    environment = {
        "PYTHONPATH": os.pathsep.join([PACKAGE, str(installed)]),
        "JUPYTER_CONFIG_PATH": os.pathsep.join([EXTENSION, str(installed / "etc" / "jupyter")]),
        "SCOPED_LAUNCHER_POLICY": str(policy),
        "JUPYTERHUB_SINGLEUSER_APP": "jupyter_server.serverapp.ServerApp",
    }
    with Hub(folder, config, environment=environment) as hub:
        hub.start_servers(*SERVERS.values())
        hub.share("profx/dash", "guest")
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("answer = 6 * 7")])
        for owner in ("profx", "student", "mixin"):
            nbformat.write(notebook, folder / "home" / owner / "solution.ipynb")
        yield {name: hub.log_in(name).enter(server) for name, server in SERVERS.items()}


@pytest.mark.parametrize("name", ["profx", "mixin"])
def test_an_instructor_exports_every_format(visitors: dict[str, Visitor], name: str) -> None:
    visitor = visitors[name]
    formats = visitor.get("notebook-exporter/formats").json()
    assert formats == {"html": None, "markdown": None, "script": None}
    for export_format in formats:
        answer = visitor.get(f"notebook-exporter/export/{export_format}/solution.ipynb")
        assert answer.status_code == 200
        assert "answer" in answer.text
    assert answer.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("name", ["student", "guest"])
def test_others_are_refused_scripts(visitors: dict[str, Visitor], name: str) -> None:
    """At a server of their own, and at the instructor's, which is shared with the guest."""
    visitor = visitors[name]
    formats = visitor.get("notebook-exporter/formats").json()
    assert formats == {"html": None, "markdown": None, "script": REFUSED}
    assert visitor.get("notebook-exporter/export/html/solution.ipynb").status_code == 200
    answer = visitor.get("notebook-exporter/export/script/solution.ipynb")
    assert answer.status_code == 403
    assert answer.headers["X-Scoped-Launcher"] == "refused"
    message = answer.json()["message"]
    assert message == f"{REFUSED} Ask profx@example.edu. (command:notebook-exporter:export)"
    page = visitor.get(
        "notebook-exporter/export/script/solution.ipynb", headers={"Accept": "text/html"}
    )
    assert f"<h1>{REFUSED}</h1>" in page.text
    assert "answer" not in page.text


def test_who_is_not_logged_in_gets_nothing(visitors: dict[str, Visitor]) -> None:
    import requests

    anonymous = Visitor(requests.Session(), visitors["student"].base)
    for route in ("formats", "export/html/solution.ipynb", "export/script/solution.ipynb"):
        assert anonymous.get(f"notebook-exporter/{route}").status_code in (302, 403)


def test_the_extension_is_enabled_by_its_installation(installed: Path) -> None:
    (config,) = (installed / "etc/jupyter/jupyter_server_config.d").glob("*.json")
    enabled = json.loads(config.read_text())["ServerApp"]["jpserver_extensions"]
    assert enabled == {"notebook_exporter": True}
