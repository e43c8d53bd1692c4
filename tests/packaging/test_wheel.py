"""What a deployment gets: the wheel in a clean venv, the sdist on a machine without Node."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAME = "jupyterlab-scoped-launcher"
LABEXTENSION = f"share/jupyter/labextensions/{NAME}"
WASM_BUDGET = 400_000  # bytes, as in bench/limits.json; raw size travels


def run(
    *command: str | Path,
    env: dict[str, str] | None = None,
    stdin: str = "",
    cwd: Path | str = "/",  # not where the sources are
) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def clean_venv(folder: Path) -> Path:
    """A venv with nothing in it; returns its bin folder."""
    run(sys.executable, "-m", "venv", folder)
    return folder / "bin"


@pytest.fixture(scope="module")
def wheel() -> Path:
    (built,) = (ROOT / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The prefix of a clean venv with the wheel and its dependencies."""
    folder = tmp_path_factory.mktemp("wheel") / "venv"
    pip = clean_venv(folder) / "pip"
    constraints = ROOT / "requirements" / "constraints.txt"
    run(pip, "install", "--quiet", "-c", constraints, wheel)
    return folder


def test_the_wheel_serves_every_cpython_from_3_10_and_many_linuxes(wheel: Path) -> None:
    assert re.fullmatch(
        r"jupyterlab_scoped_launcher-\d+\.\d+\.\d+-cp310-abi3-manylinux_2_\d+_\w+\.whl", wheel.name
    )


def test_the_wheel_carries_the_labextension_once(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    wasm = [name for name in names if name.endswith(".wasm")]
    assert len(wasm) == 1
    assert f".data/data/{LABEXTENSION}/static/" in wasm[0]
    assert not [name for name in names if name.startswith("jupyterlab_scoped_launcher/labext")]


def test_the_wasm_is_within_its_budget(installed: Path) -> None:
    (wasm,) = (installed / LABEXTENSION).rglob("*.wasm")
    assert wasm.stat().st_size <= WASM_BUDGET


def test_the_labextension_says_how_it_was_installed(installed: Path) -> None:
    install = json.loads((installed / LABEXTENSION / "install.json").read_text())
    assert install["packageManager"] == "python"
    assert install["packageName"] == NAME
    package = json.loads((installed / LABEXTENSION / "package.json").read_text())
    assert package["name"] == NAME
    assert (installed / LABEXTENSION / package["jupyterlab"]["_build"]["load"]).is_file()


def test_jupyterlab_finds_the_language_catalogues(installed: Path) -> None:
    program = """
import json, pathlib
from importlib.metadata import entry_points
(entry,) = entry_points(group="jupyterlab.locale", name="jupyterlab_scoped_launcher")
folder = pathlib.Path(entry.load().__file__).parent / "locale"
files = folder.glob(f"*/LC_MESSAGES/{entry.name}.json")
print(json.dumps({path.parts[-3]: json.loads(path.read_text("utf-8"))[""] for path in files}))
"""
    found = json.loads(run(installed / "bin" / "python", "-c", program))
    assert {name: header["language"] for name, header in found.items()} == {
        "de_DE": "de-DE",
        "es_ES": "es-ES",
        "fr_FR": "fr-FR",
    }


def test_it_is_a_production_build(installed: Path) -> None:
    assert not list((installed / LABEXTENSION).rglob("*.js.map"))


def test_installing_enables_the_server_extension(installed: Path) -> None:
    listed = run(installed / "bin" / "jupyter", "server", "extension", "list")
    assert re.search(r"jupyterlab_scoped_launcher.*enabled", listed)
    assert re.search(r"jupyterlab_scoped_launcher.*OK", listed)


def test_all_versions_are_one(installed: Path) -> None:
    python = installed / "bin" / "python"
    program = f"from importlib.metadata import version; print(version({NAME!r}))"
    version = run(python, "-c", program).strip()
    cargo = re.search(r'^version = "(.*)"$', (ROOT / "Cargo.toml").read_text(), re.M)
    assert cargo is not None
    assert version == cargo[1]
    for name in ("package.json", "package-lock.json"):
        assert json.loads((ROOT / name).read_text())["version"] == version
    lab = json.loads((installed / LABEXTENSION / "package.json").read_text())
    assert lab["version"] == version
    program = "import jupyterlab_scoped_launcher as module; print(module.__version__)"
    assert run(python, "-c", program).strip() == version


def test_the_command_line_decides(installed: Path) -> None:
    line = json.dumps({"op": "parse", "scopes": ["read:users!user=mmuster"]})
    answer = run(installed / "bin" / "scoped-launcher", "batch", stdin=line + "\n")
    assert json.loads(answer) == {"parsed": {"read:users": {"user": ["mmuster"]}}}


def test_the_sdist_installs_without_node(tmp_path: Path) -> None:
    maturin = Path(sys.executable).parent / "maturin"
    run(maturin, "sdist", "--out", tmp_path, cwd=ROOT)
    (sdist,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = archive.getnames()
    assert any(name.endswith(".wasm") for name in names)
    assert not any("/tests/" in name or "node_modules" in name for name in names)

    # npm is not on this PATH; cargo and a linker are. A debug build is enough to see it complete.
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("cargo", "rustc", "cc", "ld", "uname"):
        found = shutil.which(name)
        if found:
            (tools / name).symlink_to(found)
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{tools}",
        "MATURIN_PEP517_ARGS": "--profile dev",
        "CARGO_TARGET_DIR": str(ROOT / "target"),
    }
    pip = (sys.executable, "-m", "pip")
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", tmp_path)
    run(*pip, "wheel", *options, sdist, env=environment)
    (wheel,) = tmp_path.glob("*.whl")
    venv = tmp_path / "venv"
    run(clean_venv(venv) / "pip", "install", "--quiet", "--no-deps", wheel)
    assert list((venv / LABEXTENSION).rglob("*.wasm"))
    assert run(venv / "bin" / "python", "-c", "import jupyterlab_scoped_launcher._core") == ""
