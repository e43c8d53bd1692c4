"""KubeSpawner: the pod that it would start for a user, by `configure`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hub_database import hub_users
from jupyterhub import orm
from spawners import new_spawner, pod
from tornado import web
from traitlets.config import Config

pytestmark = pytest.mark.usefixtures("kubeconfig")

POLICY = """
version: 1
kernels: {Class1234: /srv/kernels/class1234, Open: /srv/kernels/open}
rules:
  - {id: kernel, match: {kernel: Class1234}, show_when: {group: class}}
  - {id: gpu, match: {profile: "gpu*"}, show_when: {group: class}}
  - {id: exam, match: {profile: "*"}, hide_when: {group: exam}}
  - id: images
    match: {profile: ["*/image/lab", "*/image/unlisted_choice"]}
    show_when: {group: class}
"""
VOLUMES = [{"name": "home", "persistentVolumeClaim": {"claimName": "home-{username}"}}]
MOUNTS = [{"name": "home", "mountPath": "/home/jovyan"}]
GPU = {
    "display_name": "GPU, large",  # its slug is made from this: gpu-large
    "kubespawner_override": {"mem_limit": "64G", "environment": {"GPU": "1"}},
}
SMALL = {"display_name": "Small", "slug": "small", "kubespawner_override": {"mem_limit": "1G"}}


@pytest.fixture
def users() -> Iterator[dict[str, orm.User]]:
    """A Hub's database with a member of the class, somebody else, and somebody in an exam."""
    yield from hub_users({"member": "class", "other": "alpha", "candidate": "exam"})


@pytest.fixture
def configured(tmp_path: Path) -> Callable[..., Config]:
    """Makes a Hub's configuration with what KubeSpawner's users set, and these settings of it."""
    from jupyterlab_scoped_launcher.hub import configure

    async def earlier_hook(spawner: Any) -> None:
        spawner.extra_annotations = {"earlier": "hook"}

    def make(**settings: Any) -> Config:
        (tmp_path / "policy.yaml").write_text(POLICY)
        c = Config()
        c.KubeSpawner = Config(
            environment={"SITE": "campus", "JUPYTER_PATH": "/opt/site"},
            volumes=VOLUMES,
            volume_mounts=MOUNTS,
            pre_spawn_hook=earlier_hook,
            **settings,
        )
        c.Spawner.group_overrides = {
            "alpha": {"groups": ["alpha"], "spawner_override": {"environment": {"TEAM": "alpha"}}}
        }
        configure(c, tmp_path / "policy.yaml", server_policy="/etc/launcher/policy.yaml")
        return c

    return make


@pytest.fixture
def c(configured: Callable[..., Config]) -> Config:
    """The configuration with two profiles."""
    return configured(profile_list=[SMALL, GPU])


def environment(started: Any) -> dict[str, str]:
    return {variable.name: variable.value for variable in started.spec.containers[0].env}


def test_a_member_gets_the_directories_and_keeps_all_that_is_configured(c, users):
    started = pod(c, users["member"], profile="small")
    variables = environment(started)
    assert variables["JUPYTER_PATH"] == "/srv/kernels/class1234:/srv/kernels/open:/opt/site"
    assert variables["SCOPED_LAUNCHER_POLICY"] == "/etc/launcher/policy.yaml"
    assert variables["SITE"] == "campus"
    assert started.metadata.annotations["earlier"] == "hook"
    assert started.spec.volumes[0].persistent_volume_claim["claimName"] == "home-member"
    assert started.spec.containers[0].volume_mounts[0].mount_path == "/home/jovyan"
    assert started.spec.containers[0].resources.limits["memory"] == 2**30


def test_others_get_only_theirs_and_one_users_pod_does_not_change_anothers(c, users):
    pod(c, users["member"], profile="small")
    variables = environment(pod(c, users["other"], profile="small"))
    assert variables["JUPYTER_PATH"] == "/srv/kernels/open:/opt/site"
    assert variables["TEAM"] == "alpha"
    assert "TEAM" not in environment(pod(c, users["member"], profile="small"))


def test_profiles_are_filtered_and_what_is_not_offered_is_not_accepted(c, users):
    started = pod(c, users["member"], profile="gpu-large")
    assert environment(started)["GPU"] == "1"
    assert started.spec.containers[0].resources.limits["memory"] == 64 * 2**30
    with pytest.raises(ValueError, match="gpu-large"):
        pod(c, users["other"], profile="gpu-large")


def test_with_no_profile_left_nothing_is_started_with_no_profile(c, users):
    with pytest.raises(web.HTTPError) as refusal:
        pod(c, users["candidate"])
    assert "None of the server profiles" in refusal.value.jupyterhub_message
    assert refusal.value.status_code == 403


def test_the_form_offers_the_visitors_profiles(c, users):
    async def form(name: str) -> str:
        from kubespawner import KubeSpawner

        return str(await new_spawner(c, users[name], KubeSpawner).get_options_form())

    assert "GPU, large" in asyncio.run(form("member"))
    assert "GPU, large" not in asyncio.run(form("other"))
    assert "Small" in asyncio.run(form("other"))


@pytest.mark.parametrize("kind", ["function", "coroutine", "dictionary"])
def test_profiles_may_be_configured_in_each_way(tmp_path, users, kind):
    from jupyterlab_scoped_launcher.hub import configure

    async def later(spawner: Any) -> list[dict[str, Any]]:
        return [SMALL, GPU]

    profiles = {
        "function": lambda spawner: [SMALL, GPU],
        "coroutine": later,
        "dictionary": {"b": GPU, "a": SMALL},
    }
    (tmp_path / "policy.yaml").write_text(POLICY)
    c = Config()
    c.KubeSpawner.profile_list = profiles[kind]
    configure(c, tmp_path / "policy.yaml")
    assert environment(pod(c, users["member"], profile="gpu-large"))["GPU"] == "1"
    with pytest.raises(ValueError, match="gpu-large"):
        pod(c, users["other"], profile="gpu-large")


# --- The choices of a profile ---


def choices(**unlisted: Any) -> dict[str, Any]:
    """A profile whose image may be chosen; ``lab`` and free text are for the class."""
    images = {
        "lab": {"display_name": "Lab", "default": True, "kubespawner_override": {"image": "lab:1"}},
        "base": {"display_name": "Base", "kubespawner_override": {"image": "base:1"}},
    }
    other = {"enabled": True, "kubespawner_override": {"image": "{value}"}, **unlisted}
    option = {"display_name": "Image", "choices": images, "unlisted_choice": other}
    return {"display_name": "Own image", "slug": "own", "profile_options": {"image": option}}


@pytest.fixture
def with_choices(configured: Callable[..., Config]) -> Config:
    return configured(profile_list=[SMALL, choices()])


def image(c: Config, user: orm.User, **options: str) -> str:
    return str(pod(c, user, **options).spec.containers[0].image)


def test_a_member_chooses_what_they_like(with_choices, users):
    member = users["member"]
    assert image(with_choices, member, profile="own") == "lab:1"
    assert image(with_choices, member, profile="own", image="base") == "base:1"
    own = {"profile": "own", "image--unlisted-choice": "mine:1"}
    assert image(with_choices, member, **own) == "mine:1"


def test_others_get_what_is_left_and_no_refused_choice(with_choices, users):
    other = users["other"]
    assert image(with_choices, other, profile="own") == "base:1"
    with pytest.raises(web.HTTPError) as refusal:
        image(with_choices, other, profile="own", image="lab")
    assert "The choice 'lab' of 'image'" in refusal.value.jupyterhub_message
    with pytest.raises(ValueError, match="without being enabled"):
        image(with_choices, other, **{"profile": "own", "image--unlisted-choice": "mine:1"})


def test_without_a_profile_the_choices_are_those_of_the_default_profile(configured, users):
    """KubeSpawner itself then checks neither the choice nor the free text."""
    c = configured(profile_list=[{**choices(), "default": True}, SMALL])
    assert image(c, users["other"]) == "base:1"
    assert image(c, users["other"], **{"image--unlisted-choice": "mine:1"}) != "mine:1"
    with pytest.raises(web.HTTPError):
        image(c, users["other"], image="lab")


def test_a_profile_without_a_choice_that_is_left_is_not_offered(configured, users):
    profile = choices(enabled=False)
    del profile["profile_options"]["image"]["choices"]["base"]
    c = configured(profile_list=[SMALL, profile])
    assert image(c, users["member"], profile="own") == "lab:1"
    with pytest.raises(ValueError, match="No such profile: own"):
        image(c, users["other"], profile="own")


def test_filtering_changes_nothing_for_the_next_user(with_choices, users):
    image(with_choices, users["other"], profile="own")
    assert image(with_choices, users["member"], profile="own", image="lab") == "lab:1"


# --- The environment ---


@pytest.mark.parametrize(
    "override",
    [
        {"JUPYTER_PATH": "/opt/profile", "SCOPED_LAUNCHER_POLICY": "/profile.yaml"},
        lambda spawner: {"JUPYTER_PATH": "/opt/profile"},
    ],
)
def test_a_profile_may_set_the_environment(configured, users, override):
    profile = {"display_name": "one", "kubespawner_override": {"environment": override}}
    variables = environment(pod(configured(profile_list=[profile]), users["other"]))
    assert variables["SCOPED_LAUNCHER_POLICY"] == "/etc/launcher/policy.yaml"
    assert variables["JUPYTER_PATH"] == "/srv/kernels/open:/opt/profile"


@pytest.mark.parametrize("path", [None, {"valueFrom": {"configMapKeyRef": {"key": "path"}}}])
def test_a_search_path_that_the_hub_does_not_know_is_not_replaced(configured, users, path):
    c = configured()
    c.KubeSpawner.environment = {"JUPYTER_PATH": path} if path else {}
    variables = environment(pod(c, users["other"]))
    assert variables["SCOPED_LAUNCHER_KERNEL_PATH"] == "/srv/kernels/open"
    assert not variables.get("JUPYTER_PATH")


@pytest.mark.parametrize(
    ("cmd", "arguments"),
    [
        (["jupyterhub-singleuser"], ["--ScopedLauncher.policy_file=/p"]),
        (["python", "-m", "app"], []),
    ],
)
def test_the_command_of_a_pod(tmp_path, users, cmd, arguments):
    from jupyterlab_scoped_launcher.hub import configure

    (tmp_path / "policy.yaml").write_text("version: 1")
    c = Config()
    c.KubeSpawner.cmd = cmd
    configure(c, tmp_path / "policy.yaml", server_policy="/p", policy_by="argument")
    assert pod(c, users["other"]).spec.containers[0].args == [*cmd, *arguments]
