"""examples/littlest: its snippet of configuration, and what SystemdSpawner would start by it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import run
from hub_database import hub_users
from hubs import REPO
from jupyterhub import orm
from spawners import new_spawner
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

EXAMPLE = REPO / "examples" / "littlest"

TLJH = """
import glob
from pathlib import Path

c = get_config()
c.JupyterHub.spawner_class = "systemdspawner.SystemdSpawner"
c.SystemdSpawner.unit_name_template = "jupyter-{{USERNAME}}"
c.Spawner.mem_limit = "1G"
c.JupyterHub.services = []
c.JupyterHub.services.append({{"name": "cull-idle", "command": ["true"]}})
c.JupyterHub.load_roles.append({{"name": "cull-idle", "services": ["cull-idle"], "scopes": []}})
for snippet in sorted(glob.glob("{folder}/*.py")):
    load_subconfig(snippet)
"""
"""What matters here of TLJH's jupyterhub_config.py."""

OTHER = """
c = get_config()


def other_hook(spawner):
    spawner.environment = {**spawner.environment, "OTHER": "snippet"}


c.Spawner.pre_spawn_hook = other_hook
c.Spawner.args.append("--other")
c.JupyterHub.services.append({"name": "other", "command": ["true"]})
"""
"""A snippet that is loaded before."""


@pytest.fixture
def c(tmp_path: Path) -> Config:
    folder = tmp_path / "jupyterhub_config.d"
    folder.mkdir()
    snippet = (EXAMPLE / "zz_scoped_launcher.py").read_text()
    for there, here in (
        ("/etc/jupyter/policy.yaml", str(EXAMPLE / "policy.yaml")),
        ("/opt/tljh/state", str(tmp_path)),
    ):
        assert there in snippet
        snippet = snippet.replace(there, here)
    (folder / "zz_scoped_launcher.py").write_text(snippet)
    (folder / "authenticator.py").write_text(OTHER)
    (tmp_path / "jupyterhub_config.py").write_text(TLJH.format(folder=folder))
    return PyFileConfigLoader("jupyterhub_config.py", path=str(tmp_path)).load_config()


@pytest.fixture
def users() -> Iterator[dict[str, orm.User]]:
    yield from hub_users({"member": "class1234", "other": "staff"})


def environment(c: Config, user: orm.User) -> dict[str, str]:
    """Return the variables with which the user's server would be started."""

    async def prepare() -> Any:
        from jupyterhub.utils import maybe_future
        from systemdspawner import SystemdSpawner

        spawner = new_spawner(c, user, SystemdSpawner)
        await spawner._get_oauth_client_allowed_scopes()
        await maybe_future(spawner.run_pre_spawn_hook())
        return spawner.get_env()

    return asyncio.run(prepare())


def test_servers_get_the_policy_and_what_it_allows(c: Config, users: dict[str, orm.User]) -> None:
    member, other = (environment(c, users[name]) for name in ("member", "other"))
    for variables in (member, other):
        assert variables["SCOPED_LAUNCHER_POLICY"] == str(EXAMPLE / "policy.yaml")
        assert variables["SCOPED_LAUNCHER_SERVICE"] == "http://127.0.0.1:10101"
        assert variables["OTHER"] == "snippet"
    kernels = "/srv/kernels/class1234/share/jupyter"
    assert member["SCOPED_LAUNCHER_KERNEL_PATH"] == kernels
    assert "SCOPED_LAUNCHER_KERNEL_PATH" not in other


def test_the_hub_has_the_service_and_the_roles(c: Config, tmp_path: Path) -> None:
    *others, service = c.JupyterHub.services
    assert [entry["name"] for entry in others] == ["cull-idle", "other"]
    assert service["url"] == "http://127.0.0.1:10101"
    assert str(tmp_path / "scoped-launcher.sqlite") in service["command"]
    names = {role["name"] for role in c.JupyterHub.load_roles}
    assert {"class1234-instructors", "scoped-launcher", "user", "cull-idle"} <= names
    assert c.Spawner.mem_limit == "1G"
    assert c.Spawner.args.get_value([]) == ["--other"]


def test_the_policy_answers_its_cases() -> None:
    done = run("check", "--strict", EXAMPLE / "policy.yaml", "--group=class1234")
    assert done.returncode == 0, done.stdout
    done = run("test", EXAMPLE / "policy.yaml", EXAMPLE / "cases.yaml")
    assert done.returncode == 0, done.stdout
