"""What the Hub's log says at start of servers that do not get the policy."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from jupyterhub.spawner import LocalProcessSpawner, Spawner
from traitlets.config import Config

from jupyterlab_scoped_launcher.hub.reach import unreached_servers
from jupyterlab_scoped_launcher.hub.server_settings import ServerSettings
from jupyterlab_scoped_launcher.hub.services import (
    give_policy_to_services,
    services_elsewhere,
    services_without_policy,
)

pytestmark = pytest.mark.usefixtures("kubeconfig")


class ForgetfulSpawner(Spawner):
    """Makes an environment of its own."""

    async def start(self) -> str:
        return "http://127.0.0.1:1"

    async def stop(self, now: bool = False) -> None:
        return None

    async def poll(self) -> int | None:
        return None


class OtherHookSpawner(LocalProcessSpawner):
    """Does not run the configured hook."""

    def run_pre_spawn_hook(self) -> None:
        self.environment["SITE"] = "campus"


class CarefulSpawner(LocalProcessSpawner):
    """Adds to the configured hook, and to the environment."""

    def run_pre_spawn_hook(self) -> Any:
        self.environment["SITE"] = "campus"
        return super().run_pre_spawn_hook()

    def get_env(self) -> dict[str, str]:
        return {**super().get_env(), "SITE": "campus"}


def spawner_classes() -> list[type]:
    from dockerspawner import DockerSpawner, SwarmSpawner
    from kubespawner import KubeSpawner
    from wrapspawner import ProfilesSpawner

    return [DockerSpawner, SwarmSpawner, KubeSpawner, ProfilesSpawner]


def test_the_common_spawners_are_reached():
    pytest.importorskip("dockerspawner")
    pytest.importorskip("wrapspawner")
    for cls in (LocalProcessSpawner, CarefulSpawner, *spawner_classes()):
        assert unreached_servers(Config(), cls, by_argument=False) == [], cls


@pytest.mark.parametrize(
    ("cls", "said"),
    [
        (ForgetfulSpawner, "ForgetfulSpawner never calls its get_env()"),
        (OtherHookSpawner, "OtherHookSpawner.run_pre_spawn_hook does not run"),
    ],
)
def test_a_spawner_that_leaves_something_out_is_named(cls, said):
    (sentence,) = unreached_servers(Config(), cls, by_argument=False)
    assert said in sentence
    c = Config()
    c.ProfilesSpawner.profiles = [("One", "one", f"{__name__}.x", {}), ("Two", "two", cls, {})]
    assert said in unreached_servers(c, LocalProcessSpawner, by_argument=False)[0]


def test_a_command_that_does_not_take_the_argument_is_named():
    kube_spawner = pytest.importorskip("kubespawner").KubeSpawner

    def sentences(c: Config, cls: type) -> list[str]:
        return unreached_servers(c, cls, by_argument=True)

    c = Config()
    assert sentences(c, LocalProcessSpawner) == []
    (image,) = sentences(c, kube_spawner)
    assert "KubeSpawner.cmd: it is the image's" in image
    c.Spawner.cmd = ["code-server"]
    (other,) = sentences(c, kube_spawner)
    assert "c.Spawner.cmd: ['code-server'] is not known as a Jupyter server" in other
    c.KubeSpawner.cmd = "jupyterhub-singleuser"
    assert sentences(c, kube_spawner) == []


# --- Services ---

FORMGRADER = {"name": "grader", "url": "http://127.0.0.1:1", "command": ["jupyterhub-singleuser"]}
SETTINGS = ServerSettings("/srv/policy.yaml", by_argument=True)


def given(*services: dict[str, Any], list_shares: bool = False) -> list[dict[str, Any]]:
    c = Config()
    c.JupyterHub.services = list(services)
    give_policy_to_services(c, SETTINGS, list_shares=list_shares)
    return list(c.JupyterHub.services)


@pytest.mark.parametrize(
    "command",
    [
        ["jupyterhub-singleuser", "--group=formgrade-course101", "--debug"],
        [sys.executable, "-m", "jupyterhub.singleuser"],
        ["bash", "-c", "exec jupyterhub-singleuser"],
    ],
)
def test_jupyter_as_a_service_gets_the_policy(command):
    before = {**FORMGRADER, "command": command, "environment": {"COURSE": "101"}}
    (service,) = given(before)
    variables = {"COURSE": "101", "SCOPED_LAUNCHER_POLICY": "/srv/policy.yaml"}
    assert service["environment"] == variables
    argument = [] if "-c" in command else ["--ScopedLauncher.policy_file=/srv/policy.yaml"]
    assert service["command"] == [*command, *argument]
    assert before["environment"] == {"COURSE": "101"}


@pytest.mark.parametrize(
    "service",
    [
        {"name": "idle-culler", "command": [sys.executable, "-m", "jupyterhub_idle_culler"]},
        {"name": "elsewhere", "url": "http://127.0.0.1:1"},
        {**FORMGRADER, "environment": {"SCOPED_LAUNCHER_POLICY": "/srv/other.yaml"}},
    ],
)
def test_other_services_stay_as_they_are(service):
    assert given(service) == [service]


def test_visitors_of_a_service_may_list_their_own_shares():
    (service,) = given({**FORMGRADER, "oauth_client_allowed_scopes": ["list:users"]})
    assert service["oauth_client_allowed_scopes"] == ["list:users"]
    (service,) = given(FORMGRADER, list_shares=True)
    assert service["oauth_client_allowed_scopes"] == ["read:users:shares!user"]


def test_a_service_that_is_added_later_is_named():
    c = Config()
    c.JupyterHub.services = [FORMGRADER]
    give_policy_to_services(c, SETTINGS, list_shares=False)
    assert list(services_without_policy(c)) == []
    c.JupyterHub.services.append({**FORMGRADER, "name": "later"})
    (sentence,) = services_without_policy(c)
    assert "the service 'later'" in sentence
    assert "SCOPED_LAUNCHER_POLICY" in sentence


def test_services_that_the_hub_does_not_start_are_known():
    c = Config()
    c.JupyterHub.services = [FORMGRADER, {"name": "elsewhere", "url": "http://127.0.0.1:1"}]
    assert services_elsewhere(c) == ["elsewhere"]
