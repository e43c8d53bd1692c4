"""The npm package as other extensions get it: what it has, and an extension that uses it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = "status-shortcut"
COPY = ROOT / "target" / "examples" / EXAMPLE
"""Where scripts/build-example.sh builds it."""


def run(*command: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    tools = [Path(sys.executable).parent, ROOT / "node_modules" / ".bin"]
    path = os.pathsep.join([*map(str, tools), os.environ["PATH"]])
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the example is installed."""
    folder = tmp_path_factory.mktemp("example")
    done = run("scripts/build-example.sh", EXAMPLE, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_npm_package_has_what_others_compile_and_bundle(prefix: Path) -> None:
    package = COPY / "node_modules" / "jupyterlab-scoped-launcher"
    files = {path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()}
    sources = ROOT / "labextension" / "src"
    modules = {
        path.relative_to(sources).with_suffix("").as_posix()
        for path in sources.rglob("*.ts*")
        if "__tests__" not in path.parts
    }
    parts = ("js", "d.ts")
    style = [f"labextension/style/{path.name}" for path in (ROOT / "labextension/style").iterdir()]
    assert files == {
        *("package.json", "README.md", "LICENSE", "labextension/schema/plugin.json"),
        *(f"labextension/lib/{module}.{part}" for module in modules for part in parts),
        *(f"labextension/wasm/scoped_launcher.{part}" for part in parts),
        "labextension/wasm/scoped_launcher_bg.wasm",
        "labextension/wasm/scoped_launcher_bg.wasm.d.ts",
        *style,
    }, "after a module was removed: npm run clean"
    described = json.loads((package / "package.json").read_text())
    assert {described[key] for key in ("main", "types", "style", "styleModule")} <= files


def test_an_extension_compiles_with_all_checks(prefix: Path) -> None:
    options = ("--skipLibCheck", "false", "--esModuleInterop", "--lib", "DOM,DOM.Iterable,ESNext")
    done = run("tsc", "--noEmit", *options, cwd=COPY)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("launcher.may({ kind: 'kernell', name: 'python3' })", "'\"kernell\"'"),
        ("launcher.may({ kind: 'kernel' })", "Property 'name' is missing"),
        ("launcher.explain({ kind: 'kernel', name: 'python3' }).sentence", "'sentence'"),
        ("launcher.changed.emit()", "'emit'"),
    ],
)
def test_what_is_wrong_does_not_compile(prefix: Path, wrong: str, message: str) -> None:
    source = COPY / "src" / "wrong.ts"
    imported = "import { IScopedLauncher } from 'jupyterlab-scoped-launcher';"
    source.write_text(f"{imported}\nexport const use = (launcher: IScopedLauncher) => {wrong};\n")
    try:
        done = run("tsc", "--noEmit", cwd=COPY)
    finally:
        source.unlink()
    assert done.stdout.startswith("src/wrong.ts(2,")
    assert message in done.stdout


def test_the_example_installs_as_a_labextension_without_a_copy_of_this_package(
    prefix: Path,
) -> None:
    installed = prefix / "share/jupyter/labextensions/jupyterlab-status-shortcut"
    package = json.loads((installed / "package.json").read_text())
    assert (installed / package["jupyterlab"]["_build"]["load"]).is_file()
    assert (installed / "install.json").is_file()
    assert list(installed.rglob("*.wasm")) == []
    # Only where JupyterLab looks for it: not in the Python package too.
    assert len(list(prefix.rglob("remoteEntry.*.js"))) == 1


def test_other_packages_are_shared_in_the_versions_that_this_one_allows() -> None:
    """Otherwise the build asks for its own versions, and older JupyterLabs warn of each."""
    package = json.loads((ROOT / "package.json").read_text("utf-8"))
    shared = {
        name: settings["requiredVersion"]
        for name, settings in package["jupyterlab"]["sharedPackages"].items()
    }
    assert shared == package["dependencies"]
