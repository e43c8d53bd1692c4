"""What Zero to JupyterHub's chart makes of the values in examples/kubernetes: the Hub's config.

Only the values that the example has are read, as the chart's jupyterhub_config.py reads them.
tests/kubernetes runs that file itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from hubs import REPO
from jupyterhub import orm
from spawners import pod
from traitlets.config import Config

EXAMPLE = REPO / "examples" / "kubernetes"
MOUNTED_POLICY = "/etc/jupyter/policy/policy.yaml"
"""The policy in the pods."""

SINGLEUSER = {
    "mem_limit": ("memory", "limit"),
    "mem_guarantee": ("memory", "guarantee"),
    "cpu_limit": ("cpu", "limit"),
    "cpu_guarantee": ("cpu", "guarantee"),
    "profile_list": ("profileList",),
    "volumes": ("storage", "extraVolumes"),
    "volume_mounts": ("storage", "extraVolumeMounts"),
}
"""KubeSpawner's traits, and which value of `singleuser` each is."""


def values() -> dict[str, Any]:
    """Return the example's values."""
    found: dict[str, Any] = yaml.safe_load((EXAMPLE / "values.yaml").read_text(encoding="utf-8"))
    return found


def configuration() -> Config:
    """Return the configuration for the values, before `hub.extraConfig`."""
    singleuser = values()["singleuser"]
    c = Config()
    for trait, path in SINGLEUSER.items():
        value = singleuser
        for key in path:
            value = value[key]
        setattr(c.KubeSpawner, trait, value)
    c.KubeSpawner.image = "{name}:{tag}".format(**singleuser["image"])
    c.Spawner.cmd = "jupyterhub-singleuser"
    c.JupyterHub.services, c.JupyterHub.load_roles = [], []
    return c


def run_extra_config(c: Config, folder: Path) -> None:
    """Run `hub.extraConfig` as the chart does, with the mounted files in ``folder`` instead.

    The variables of the pod must be in the environment.
    """
    for _, code in sorted(values()["hub"]["extraConfig"].items()):
        exec(in_folder(code, folder), {"c": c})


def in_folder(code: str, folder: Path) -> str:
    """Return the code with the files of this machine in place of those that the pod mounts."""
    policy = EXAMPLE / "policy" / "policy.yaml"
    return code.replace(MOUNTED_POLICY, str(policy)).replace("/srv/scoped-launcher", str(folder))


def check_pods(c: Config, users: dict[str, orm.User]) -> None:
    """Check the pods of a member of the class, and of somebody ``other``."""
    import pytest

    pods = {name: pod(c, users[name], profile="cpu") for name in ("member", "other")}
    for found in pods.values():
        (container,) = found.spec.containers
        variables = {variable.name: variable.value for variable in container.env}
        # In the pod it is MOUNTED_POLICY: `in_folder` has replaced it.
        assert variables["SCOPED_LAUNCHER_POLICY"] == str(EXAMPLE / "policy/policy.yaml")
        assert variables["SCOPED_LAUNCHER_SERVICE"] == "http://proxy-public"
        assert container.image == "registry.example.edu/lab:2026.11"
        assert container.resources.limits["memory"] == 2 * 2**30
        volume = next(v for v in found.spec.volumes if v.name == "launcher-policy")
        assert volume.config_map["name"] == "launcher-policy"
        mount = next(m for m in container.volume_mounts if m.name == "launcher-policy")
        # A folder: a file that is mounted by subPath never changes in a running pod.
        assert (mount.mount_path, mount.sub_path) == (str(Path(MOUNTED_POLICY).parent), None)
    kernel_path = {
        name: {v.name: v.value for v in found.spec.containers[0].env}.get(
            "SCOPED_LAUNCHER_KERNEL_PATH"
        )
        for name, found in pods.items()
    }
    assert kernel_path == {"member": "/srv/kernels/class1234/share/jupyter", "other": None}
    gpu = pod(c, users["member"], profile="gpu").spec.containers[0]
    assert gpu.resources.limits["nvidia.com/gpu"] == "1"
    with pytest.raises(ValueError, match="gpu"):
        pod(c, users["other"], profile="gpu")
