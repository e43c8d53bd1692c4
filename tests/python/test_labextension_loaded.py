"""Which JupyterLab pages load the labextension: the pages themselves, of a real JupyterLab."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest_plugins = ["pytest_jupyter.jupyter_server"]

NAME = "jupyterlab-scoped-launcher"
ALL = {NAME: True, f"{NAME}:plugin": True, "other": True, f"{NAME}-more": True}
OTHERS = {"other", f"{NAME}-more"}


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text("version: 1")
    return path


@pytest.fixture
def jp_argv(policy: Path) -> list[str]:
    return [f"--ScopedLauncher.policy_file={policy}"]


@pytest.fixture
def jp_server_config(tmp_path: Path) -> dict[str, Any]:
    about = tmp_path / "labextensions" / NAME / "package.json"
    about.parent.mkdir(parents=True)
    build = {"_build": {"load": "static/remoteEntry.js"}}
    about.write_text(json.dumps({"name": NAME, "version": "1.0.0", "jupyterlab": build}))
    extensions = {"jupyterlab_scoped_launcher": True, "jupyterlab": True}
    return {
        "ServerApp": {"jpserver_extensions": extensions},
        "LabApp": {"extra_labextensions_path": [str(about.parents[1])]},
    }


@pytest.fixture
def page_config(jp_fetch):
    """Open JupyterLab's page; return its configuration."""

    async def load() -> dict[str, Any]:
        page = (await jp_fetch("lab")).body.decode()
        start = page.index('id="jupyter-config-data"')
        config = json.loads(page[page.index("{", start) : page.index("</script>", start)])
        loaded = [extension["name"] for extension in config["federated_extensions"]]
        return {**config, "loaded": loaded}

    return load


@pytest.fixture
def disabled_in(jp_config_dir: Path, jp_env_config_path: Path):
    """Disable extensions as ``jupyter labextension disable`` does, for the user or for all."""

    def write(level: str) -> None:
        folder = {"user": jp_config_dir, "sys_prefix": jp_env_config_path}[level] / "labconfig"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "page_config.json").write_text(json.dumps({"disabledExtensions": ALL}))

    return write


async def test_a_user_does_not_disable_it_while_a_policy_is_in_use(page_config, disabled_in):
    disabled_in("user")
    config = await page_config()
    assert set(config["disabledExtensions"]) == OTHERS
    assert NAME in config["loaded"]


async def test_an_admin_disables_it(page_config, disabled_in):
    disabled_in("sys_prefix")
    assert set(ALL) <= set((await page_config())["disabledExtensions"])


class TestWithoutAPolicy:
    @pytest.fixture
    def jp_argv(self) -> list[str]:
        return []

    async def test_a_user_disables_it(self, page_config, disabled_in):
        disabled_in("user")
        assert set(ALL) <= set((await page_config())["disabledExtensions"])


@pytest.fixture
def installed_lab(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch) -> str:
    """Let another version of JupyterLab seem to be installed."""
    about = tmp_path / "older" / f"jupyterlab-{request.param}.dist-info" / "METADATA"
    about.parent.mkdir(parents=True)
    about.write_text(f"Metadata-Version: 2.1\nName: jupyterlab\nVersion: {request.param}\n")
    monkeypatch.syspath_prepend(about.parents[1])
    return str(request.param)


OLD_VERSIONS = pytest.mark.parametrize(
    ("installed_lab", "is_loaded", "level"),
    [("3.6.8", False, "ERROR"), ("4.3.5", True, "WARNING"), ("4.4.0", True, None)],
    indirect=["installed_lab"],
)


@OLD_VERSIONS
async def test_a_jupyterlab_that_is_too_old_does_not_load_it(
    installed_lab, is_loaded, level, page_config
):
    config = await page_config()
    assert (NAME in config["loaded"]) == is_loaded
    assert ("scopedLauncherPolicySummary" in config) == is_loaded


@OLD_VERSIONS
def test_a_jupyterlab_that_is_too_old_is_reported_at_the_start(
    installed_lab, is_loaded, level, jp_configurable_serverapp, jp_server_config, jp_argv, capsys
):
    jp_configurable_serverapp(config=jp_server_config, argv=jp_argv)
    about = f"JupyterLab {installed_lab} is not supported: install 4.4.0 or later."
    lines = [line for line in capsys.readouterr().err.splitlines() if about in line]
    assert [line[:2] for line in lines] == ([f"[{level[0]}"] if level else [])
