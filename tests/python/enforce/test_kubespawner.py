"""KubeSpawner: the pod that it would start for a user, by `configure`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyterhub import orm, roles
from jupyterhub.objects import Hub
from jupyterhub.user import User
from tornado import web
from traitlets.config import Config

KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "none",
    "contexts": [{"name": "none", "context": {"cluster": "none", "user": "none"}}],
    "clusters": [{"name": "none", "cluster": {"server": "https://127.0.0.1:1"}}],
    "users": [{"name": "none", "user": {}}],
}
POLICY = """
version: 1
kernels: {Class1234: /srv/kernels/class1234, Open: /srv/kernels/open}
rules:
  - {id: kernel, match: {kernel: Class1234}, show_when: {group: class}}
  - {id: gpu, match: {command: "profile:gpu*"}, show_when: {group: class}}
  - {id: exam, match: {command: "profile:*"}, hide_when: {group: exam}}
"""
VOLUMES = [{"name": "home", "persistentVolumeClaim": {"claimName": "home-{username}"}}]
MOUNTS = [{"name": "home", "mountPath": "/home/jovyan"}]
GPU = {
    "display_name": "GPU, large",  # its slug is made from this: gpu-large
    "kubespawner_override": {"mem_limit": "64G", "environment": {"GPU": "1"}},
}
SMALL = {"display_name": "Small", "slug": "small", "kubespawner_override": {"mem_limit": "1G"}}


@pytest.fixture(autouse=True)
def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster that does not exist; the library reads where it is when it is imported."""
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps(KUBECONFIG))
    monkeypatch.setenv("KUBECONFIG", str(file))


@pytest.fixture
def users() -> Iterator[dict[str, orm.User]]:
    """A Hub's database with a member of the class, somebody else, and somebody in an exam."""
    db = orm.new_session_factory("sqlite:///:memory:")()
    for role in roles.get_default_roles():
        roles.create_role(db, role)
    people = {name: orm.User(name=name) for name in ("member", "other", "candidate")}
    groups = {"member": "class", "other": "alpha", "candidate": "exam"}
    for name, user in people.items():
        db.add(user)
        db.add(orm.Group(name=groups[name], users=[user]))
        db.commit()
        roles.assign_default_roles(db, entity=user)
    yield people
    db.close()


@pytest.fixture
def c(tmp_path: Path) -> Config:
    """A Hub's configuration with what KubeSpawner's users set."""
    from jupyterlab_scoped_launcher.hub import configure

    async def earlier_hook(spawner: Any) -> None:
        spawner.extra_annotations = {"earlier": "hook"}

    (tmp_path / "policy.yaml").write_text(POLICY)
    c = Config()
    c.KubeSpawner.environment = {"SITE": "campus", "JUPYTER_PATH": "/opt/site"}
    c.KubeSpawner.volumes = VOLUMES
    c.KubeSpawner.volume_mounts = MOUNTS
    c.KubeSpawner.profile_list = [SMALL, GPU]
    c.KubeSpawner.pre_spawn_hook = earlier_hook
    c.Spawner.group_overrides = {
        "alpha": {"groups": ["alpha"], "spawner_override": {"environment": {"TEAM": "alpha"}}}
    }
    configure(c, tmp_path / "policy.yaml", server_policy="/etc/launcher/policy.yaml")
    return c


def manifest(c: Config, user: orm.User, options: dict[str, str]) -> Any:
    """Go through what JupyterHub does before a server starts; return the pod."""

    async def prepare() -> Any:
        from jupyterhub.utils import maybe_future
        from kubespawner import KubeSpawner

        settings = {"config": c, "hub": Hub(), "authenticator": None}
        spawner = User(user, settings)._new_spawner("", spawner_class=KubeSpawner)
        spawner.api_token = "secret"
        spawner.user_options = options
        await spawner._get_oauth_client_allowed_scopes()
        await spawner.apply_group_overrides()
        await maybe_future(spawner.run_pre_spawn_hook())
        await spawner.load_user_options()
        return await spawner.get_pod_manifest()

    return asyncio.run(prepare())


def environment(pod: Any) -> dict[str, str]:
    return {variable.name: variable.value for variable in pod.spec.containers[0].env}


def test_a_member_gets_the_directories_and_keeps_all_that_is_configured(c, users):
    pod = manifest(c, users["member"], {"profile": "small"})
    variables = environment(pod)
    assert variables["JUPYTER_PATH"] == "/srv/kernels/class1234:/srv/kernels/open:/opt/site"
    assert variables["SCOPED_LAUNCHER_POLICY"] == "/etc/launcher/policy.yaml"
    assert variables["SITE"] == "campus"
    assert pod.metadata.annotations["earlier"] == "hook"
    assert pod.spec.volumes[0].persistent_volume_claim["claimName"] == "home-member"
    assert pod.spec.containers[0].volume_mounts[0].mount_path == "/home/jovyan"
    assert pod.spec.containers[0].resources.limits["memory"] == 2**30


def test_others_get_only_theirs_and_one_users_pod_does_not_change_anothers(c, users):
    manifest(c, users["member"], {"profile": "small"})
    variables = environment(manifest(c, users["other"], {"profile": "small"}))
    assert variables["JUPYTER_PATH"] == "/srv/kernels/open:/opt/site"
    assert variables["TEAM"] == "alpha"
    assert "TEAM" not in environment(manifest(c, users["member"], {"profile": "small"}))


def test_profiles_are_filtered_and_what_is_not_offered_is_not_accepted(c, users):
    pod = manifest(c, users["member"], {"profile": "gpu-large"})
    assert environment(pod)["GPU"] == "1"
    assert pod.spec.containers[0].resources.limits["memory"] == 64 * 2**30
    with pytest.raises(ValueError, match="gpu-large"):
        manifest(c, users["other"], {"profile": "gpu-large"})


def test_with_no_profile_left_nothing_is_started_with_no_profile(c, users):
    with pytest.raises(web.HTTPError) as refusal:
        manifest(c, users["candidate"], {})
    assert "None of the server profiles" in refusal.value.jupyterhub_message
    assert refusal.value.status_code == 403


def test_the_form_offers_the_visitors_profiles(c, users):
    async def form(name: str) -> str:
        from kubespawner import KubeSpawner

        settings = {"config": c, "hub": Hub(), "authenticator": None}
        spawner = User(users[name], settings)._new_spawner("", spawner_class=KubeSpawner)
        return str(await spawner.get_options_form())

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
    assert environment(manifest(c, users["member"], {"profile": "gpu-large"}))["GPU"] == "1"
    with pytest.raises(ValueError, match="gpu-large"):
        manifest(c, users["other"], {"profile": "gpu-large"})
