"""examples/kubernetes and the guide about profiles: the pods that KubeSpawner makes of them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from chart import (
    EXAMPLE,
    MOUNTED_POLICY,
    check_pods,
    configuration,
    run_extra_config,
    values,
)
from command_line import run
from hub_database import hub_users
from hubs import REPO
from jupyterhub import orm
from spawners import pod
from tornado.web import HTTPError
from traitlets.config import Config

from jupyterlab_scoped_launcher.hub import configure

pytestmark = pytest.mark.usefixtures("kubeconfig")


@pytest.fixture
def users() -> Iterator[dict[str, orm.User]]:
    yield from hub_users({"member": "class1234", "other": "staff"})


@pytest.fixture
def c(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setenv("POD_IP", "10.1.2.3")
    c = configuration()
    run_extra_config(c, tmp_path)
    return c


def test_pods_have_the_policy_and_what_it_allows(c: Config, users: dict[str, orm.User]) -> None:
    check_pods(c, users)


def test_the_service_listens_at_the_pods_address(c: Config, tmp_path: Path) -> None:
    (service,) = c.JupyterHub.services
    assert service["url"] == "http://10.1.2.3:10101"
    assert str(tmp_path / "service.sqlite") in service["command"]
    roles = {role["name"]: role["scopes"] for role in c.JupyterHub.load_roles}
    assert "shares" in roles["scoped-launcher"]
    assert "groups!group=class1234" in roles["class1234-instructors"]


def test_the_service_listens_at_an_ipv6_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POD_IP", "fd00::3")
    c = configuration()
    run_extra_config(c, tmp_path)
    assert c.JupyterHub.services[0]["url"] == "http://[fd00::3]:10101"


def test_values_fit_together() -> None:
    hub, proxy, singleuser = (values()[key] for key in ("hub", "proxy", "singleuser"))
    folder = str(Path(MOUNTED_POLICY).parent)
    for volumes, mounts in (
        (hub["extraVolumes"], hub["extraVolumeMounts"]),
        (singleuser["storage"]["extraVolumes"], singleuser["storage"]["extraVolumeMounts"]),
    ):
        assert {volume["name"] for volume in volumes} == {mount["name"] for mount in mounts}
        assert folder in [mount["mountPath"] for mount in mounts]
        assert not any("subPath" in mount for mount in mounts)
    # Both ends of the way from the proxy to the service.
    (port,) = hub["networkPolicy"]["ingress"][0]["ports"]
    assert port == proxy["chp"]["networkPolicy"]["egress"][0]["ports"][0] == {"port": 10101}
    claim = yaml.safe_load((EXAMPLE / "service-database.yaml").read_text())
    assert claim["metadata"]["name"] == "scoped-launcher"
    assert hub["extraVolumes"][1]["persistentVolumeClaim"]["claimName"] == "scoped-launcher"
    assert list(hub["extraConfig"]) == sorted(hub["extraConfig"])[-1:] == ["zz-scoped-launcher"]


def test_without_the_package_in_the_hub_servers_have_the_same_policy() -> None:
    only = yaml.safe_load((EXAMPLE / "values-servers-only.yaml").read_text())
    assert only["singleuser"]["storage"] == values()["singleuser"]["storage"]
    assert only["singleuser"]["extraEnv"] == {"SCOPED_LAUNCHER_POLICY": MOUNTED_POLICY}
    policy = yaml.safe_load((EXAMPLE / "policy/policy.yaml").read_text())
    roles = {role.pop("name"): role for role in policy["roles"]}
    for role in roles.values():
        del role["description"]
    assert only["hub"]["loadRoles"] == roles


def test_the_policy_answers_its_cases() -> None:
    done = run(
        "check", "--strict", EXAMPLE / "policy/policy.yaml", "--group=hpc", "--group=class1234"
    )
    assert done.returncode == 0, done.stdout
    done = run("test", EXAMPLE / "policy/policy.yaml", EXAMPLE / "cases.yaml")
    assert done.returncode == 0, done.stdout


def test_the_guide_about_profiles(tmp_path: Path) -> None:
    """docs/how-to/gpu-profiles.md: its list of profiles, with its policy."""
    guide = (REPO / "docs/how-to/gpu-profiles.md").read_text(encoding="utf-8")
    policy = re.findall(r"^```yaml\n(.*?)^```", guide, re.M | re.S)[0]
    profiles = re.findall(r"^   ```python\n(.*?)^   ```", guide, re.M | re.S)[0]
    (tmp_path / "policy.yaml").write_text(policy)
    c = Config()
    exec(textwrap.dedent(profiles), {"c": c})
    configure(c, tmp_path / "policy.yaml")
    for people in hub_users({"student": "ml-course", "staff": "staff"}):
        student, staff = people["student"], people["staff"]
        gpu = {"profile": "gpu"}
        assert pod(c, student, **gpu).spec.containers[0].resources.limits["nvidia.com/gpu"] == "2"
        with pytest.raises(ValueError, match="gpu"):
            pod(c, staff, **gpu)
        one = {"profile": "cpu", "accelerator": "a100"}
        assert pod(c, student, **one).spec.containers[0].resources.limits["nvidia.com/gpu"] == "1"
        with pytest.raises(HTTPError):
            pod(c, staff, **one)
        own = {"profile": "cpu", "image--unlisted-choice": "mine:1"}
        assert pod(c, staff, **own).spec.containers[0].image == "mine:1"
        with pytest.raises(ValueError, match="without being enabled"):
            pod(c, student, **own)
