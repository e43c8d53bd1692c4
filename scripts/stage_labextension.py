"""Builds the labextension if need be, and copies it to where maturin looks for it.

Run it before `maturin build` or `maturin develop`; scripts/wheel_backend.py runs it for pip.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILT = ROOT / "jupyterlab_scoped_launcher" / "labextension"
STAGED = ROOT / "python-data/data/share/jupyter/labextensions/jupyterlab-scoped-launcher"
# The fingerprint of the sources and of the files that were built from them.
STAMP = ROOT / "target" / "labextension.sha256"

SOURCE_FILES = (
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "Cargo.toml",
    "Cargo.lock",
)
SOURCE_FOLDERS = ("labextension", "crate/core", "crate/web")
NOT_SOURCES = {"lib", "wasm", "tests", "node_modules"}


def stage() -> None:
    """Puts a current labextension, with install.json, below python-data/."""
    if must_build():
        print("Building the labextension: it is missing, or its sources have changed", flush=True)
        subprocess.run(["bash", "scripts/build-labextension.sh"], cwd=ROOT, check=True)
        STAMP.parent.mkdir(exist_ok=True)
        STAMP.write_text(_fingerprint())
    if not (BUILT / "package.json").is_file():
        raise SystemExit(f"{BUILT} has no labextension: build from a clone or from an sdist.")
    shutil.rmtree(STAGED, ignore_errors=True)
    shutil.copytree(BUILT, STAGED)
    shutil.copy2(ROOT / "install.json", STAGED)


def must_build() -> bool:
    """Returns whether the labextension is missing, or its sources have changed.

    A source distribution has no package.json; it has the built labextension, and needs no Node.
    """
    from_clone = (ROOT / "package.json").is_file()
    return from_clone and not (STAMP.is_file() and STAMP.read_text() == _fingerprint())


def _fingerprint() -> str:
    """SHA-256 over the names and contents of all sources and built files."""
    digest = hashlib.sha256()
    for path in sorted({*_sources(), *_files(BUILT)}):
        digest.update(f"{path.relative_to(ROOT).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    yield from (path for name in SOURCE_FILES if (path := ROOT / name).is_file())
    yield from (ROOT / "scripts").glob("build-*")
    for folder in (ROOT / name for name in SOURCE_FOLDERS):
        for path in _files(folder):
            if NOT_SOURCES.isdisjoint(path.relative_to(folder).parts):
                yield path


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


if __name__ == "__main__":
    stage()
