"""What servers of different spawners are started with: their environment and arguments."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jupyterhub.spawner import LocalProcessSpawner, SimpleLocalProcessSpawner
from traitlets.config import Config

from jupyterlab_scoped_launcher.hub import configure
from jupyterlab_scoped_launcher.hub.server_settings import takes_policy_argument

KERNELS = "/srv/kernels/class1234"
POLICY = f"version: 1\nkernels: {{Class1234: {KERNELS}}}\n"
ARGUMENT = "--ScopedLauncher.policy_file=/srv/policy.yaml"


class HasPolicy:
    """What a test asks of a started server."""

    def __init__(self, spawner: Any) -> None:
        self.environment = spawner.get_env()
        self.arguments = spawner.get_args()

    def __bool__(self) -> bool:
        return self.environment["SCOPED_LAUNCHER_POLICY"] == "/srv/policy.yaml"


@pytest.fixture
def prepared(tmp_path: Path, new_spawner: Callable[..., Any]):
    """Makes a spawner and goes through what JupyterHub does with it before ``start()``."""
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY)

    def make(c: Config, spawner_class: type = SimpleLocalProcessSpawner, **more: Any) -> Any:
        by = more.pop("policy_by", "environment")
        configure(c, path, server_policy="/srv/policy.yaml", policy_by=by)
        spawner = new_spawner(c, spawner_class, **more)
        asyncio.run(spawner.run_pre_spawn_hook())
        return spawner

    return make


def test_a_local_servers_search_path_is_extended(prepared):
    c = Config()
    c.Spawner.environment = {"JUPYTER_PATH": lambda spawner: f"/opt/{spawner.user.name}"}
    started = HasPolicy(prepared(c))
    assert started
    assert started.environment["JUPYTER_PATH"] == f"{KERNELS}:/opt/owner"
    assert "SCOPED_LAUNCHER_KERNEL_PATH" not in started.environment


def test_a_local_server_without_a_search_path_gets_one(prepared):
    assert prepared(Config()).get_env()["JUPYTER_PATH"] == KERNELS


@pytest.mark.parametrize("kept", ["", "/opt/kept"])
def test_a_search_path_of_the_hubs_own_environment_is_kept(prepared, monkeypatch, kept):
    monkeypatch.setenv("JUPYTER_PATH", kept)
    c = Config()
    c.Spawner.env_keep = ["JUPYTER_PATH"]
    assert prepared(c).get_env()["JUPYTER_PATH"] == ":".join(filter(None, [KERNELS, kept]))


def test_a_search_path_that_a_login_shell_may_set_is_not_replaced(prepared):
    c = Config()
    c.LocalProcessSpawner.shell_cmd = ["bash", "-l", "-c"]
    environment = prepared(c).get_env()
    assert environment["SCOPED_LAUNCHER_KERNEL_PATH"] == KERNELS
    assert "JUPYTER_PATH" not in environment


def test_what_replaces_the_environment_after_the_hook_does_not_matter(prepared):
    spawner = prepared(Config())
    spawner.environment = {"SCOPED_LAUNCHER_POLICY": "/elsewhere", "JUPYTER_PATH": "/opt/profile"}
    started = HasPolicy(spawner)
    assert started
    assert started.environment["JUPYTER_PATH"] == f"{KERNELS}:/opt/profile"


def test_a_server_that_starts_again_gets_its_settings_once(prepared):
    spawner = prepared(Config())
    asyncio.run(spawner.run_pre_spawn_hook())
    assert spawner.get_env()["JUPYTER_PATH"] == KERNELS


def test_a_subclass_that_adds_what_users_ask_for_does_not_win(prepared):
    """As JHubSpawner of jhub-apps does with the environment of an app."""

    class AppSpawner(SimpleLocalProcessSpawner):
        def get_env(self) -> dict[str, str]:
            return {**super().get_env(), **self.user_options["env"]}

        def get_args(self) -> list[str]:
            return [*super().get_args(), *self.user_options["argv"]]

    asked = {"env": {"SCOPED_LAUNCHER_POLICY": "", "APP": "1"}, "argv": ["--x", f"{ARGUMENT}.old"]}
    started = HasPolicy(prepared(Config(), AppSpawner, policy_by="argument", **asked))
    assert started
    assert started.environment["APP"] == "1"
    assert started.arguments == ["--x", ARGUMENT]


JUPYTER = [
    ["jupyterhub-singleuser"],
    ["/opt/conda/bin/jupyterhub-singleuser", "--debug"],
    ["python3", "-m", "jupyterhub.singleuser"],
    ["conda", "run", "-n", "lab", "jupyter-labhub"],
    ["batchspawner-singleuser", "jupyterhub-singleuser"],
    ["start-singleuser.sh"],
]
OTHERS = [
    ["python3", "-m", "http.server"],
    ["python3", "-m", "jhsingle_native_proxy.main", "--destport=0", "streamlit", "hello"],
    ["jhsingle-native-proxy", "--", "voila", "x.ipynb"],
    ["/bin/sh", "-c", "exec jupyterhub-singleuser"],
    ["code-server", "--auth", "none"],
]


@pytest.mark.parametrize("command", JUPYTER)
def test_commands_that_take_the_argument(command):
    assert takes_policy_argument(command)


@pytest.mark.parametrize("command", OTHERS)
def test_a_program_that_is_not_jupyter_keeps_its_arguments(prepared, command):
    c = Config()
    c.Spawner.args = ["--flag"]
    spawner = prepared(c, policy_by="argument")
    spawner.cmd = command
    started = HasPolicy(spawner)
    assert started
    assert started.arguments == ["--flag"]


# --- DockerSpawner ---


@pytest.fixture
def docker_spawner() -> type:
    return pytest.importorskip("dockerspawner").DockerSpawner


def test_a_containers_own_search_path_is_not_replaced(prepared, docker_spawner):
    started = HasPolicy(prepared(Config(), docker_spawner))
    assert started
    assert started.environment["SCOPED_LAUNCHER_KERNEL_PATH"] == KERNELS
    assert "JUPYTER_PATH" not in started.environment


def test_a_containers_search_path_that_is_configured_is_extended(prepared, docker_spawner):
    c = Config()
    c.DockerSpawner.environment = {"JUPYTER_PATH": "/opt/site"}
    environment = prepared(c, docker_spawner).get_env()
    assert environment["JUPYTER_PATH"] == f"{KERNELS}:/opt/site"


def test_a_containers_command_has_the_argument(prepared, docker_spawner):
    c = Config()
    c.DockerSpawner.cmd = ["start-notebook.py"]
    spawner = prepared(c, docker_spawner, policy_by="argument")
    assert asyncio.run(spawner.get_command()) == ["start-notebook.py", ARGUMENT]


# --- wrapspawner ---


@pytest.mark.parametrize("name", ["WrapSpawner", "ProfilesSpawner"])
def test_the_server_of_a_wrapped_spawner_has_the_policy(prepared, name):
    wrapspawner = pytest.importorskip("wrapspawner")
    own = {"environment": {"JUPYTER_PATH": "/opt/profile"}, "args": ["--profile"]}
    c = Config()
    c.WrapSpawner.child_class = SimpleLocalProcessSpawner
    c.WrapSpawner.child_config = own
    c.ProfilesSpawner.profiles = [("One", "one", SimpleLocalProcessSpawner, own)]
    spawner = prepared(c, getattr(wrapspawner, name), policy_by="argument", profile="one")
    spawner.construct_child()
    assert isinstance(spawner.child_spawner, LocalProcessSpawner)
    started = HasPolicy(spawner.child_spawner)
    assert started
    assert started.environment["JUPYTER_PATH"] == f"{KERNELS}:/opt/profile"
    assert started.arguments == ["--profile", ARGUMENT]


# --- The server's side ---


@pytest.mark.parametrize("own", ["", "/opt/image"])
def test_a_server_puts_the_directories_before_its_own(monkeypatch, own):
    from jupyterlab_scoped_launcher.server.extension import _extend_search_path

    monkeypatch.setenv("SCOPED_LAUNCHER_KERNEL_PATH", KERNELS)
    monkeypatch.setenv("JUPYTER_PATH", own)
    _extend_search_path()
    assert os.environ["JUPYTER_PATH"] == ":".join(filter(None, [KERNELS, own]))
    _extend_search_path()
    assert os.environ["JUPYTER_PATH"] == ":".join(filter(None, [KERNELS, own]))
