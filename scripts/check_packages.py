"""Checks the packages that scripts/build-wheels.sh has built, and prints a table of them.

usage: python scripts/check_packages.py FOLDER      (with the tools of requirements/release.txt)

The wheels must have the same files; each module must be right for its platform (auditwheel,
abi3audit, and what its headers name) and each description right for PyPI (twine).
"""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

VERSION_SCRIPT = Path(__file__).with_name("version.py")
MODULE = re.compile(r"jupyterlab_scoped_launcher/_core\.(abi3\.so|pyd)")

PLATFORMS = {
    "manylinux2014_x86_64.manylinux_2_17_x86_64": "Linux, glibc from 2.17 on, x86-64",
    "manylinux2014_aarch64.manylinux_2_17_aarch64": "Linux, glibc from 2.17 on, ARM64",
    "musllinux_1_2_x86_64": "Linux, musl from 1.2 on (Alpine), x86-64",
    "musllinux_1_2_aarch64": "Linux, musl from 1.2 on (Alpine), ARM64",
    "macosx_10_12_universal2.macosx_10_12_x86_64.macosx_11_0_arm64": "macOS, x86-64 and ARM64",
    "win_amd64": "Windows, x86-64",
}

WINDOWS_LIBRARIES = re.compile(r"python3|kernel32|ntdll|msvcrt|api-ms-win-\S+|bcryptprimitives")
"""What every Windows has, and Python's stable interface."""


class PackageError(Exception):
    """A package is not as it should be."""


def run(*command: str | Path) -> str:
    """Return the output of a tool; raise if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PackageError(f"{command[0]}: {done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def check_elf(wheel: Path, module: Path, platform: str) -> None:
    """A Linux module needs what its tag promises, and nothing else."""
    dynamic = run("readelf", "--dynamic", "--wide", module)
    needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic))
    if "musl" in platform:
        # musl's loader takes libc.so for itself. auditwheel wants a machine with musl.
        if needed != {"libc.so"}:
            raise PackageError(f"needs {needed}")
    elif platform.rpartition(".")[2] not in run("auditwheel", "show", wheel).replace("\n", ""):
        raise PackageError(run("auditwheel", "show", wheel))


def check_mach_o(module: Path) -> None:
    """A macOS module has both architectures; ARM64 loads none without a signature."""
    data = module.read_bytes()
    magic, count = struct.unpack_from(">II", data)
    if magic != 0xCAFEBABE:
        raise PackageError("not for two architectures")
    signed = {}
    for index in range(count):
        cpu, _, offset = struct.unpack_from(">III", data, 8 + 20 * index)
        commands, at = struct.unpack_from("<I", data, offset + 16)[0], offset + 32
        kinds = set()
        for _ in range(commands):
            kind, size = struct.unpack_from("<II", data, at)
            kinds.add(kind)
            at += size
        signed[cpu] = 0x1D in kinds  # LC_CODE_SIGNATURE
    x86_64, arm64 = 0x01000007, 0x0100000C
    if set(signed) != {x86_64, arm64} or not signed[arm64]:
        raise PackageError(f"architectures and their signatures: {signed}")


def check_pe(module: Path) -> None:
    """A Windows module needs Python's stable interface and the system's libraries."""
    headers = run("x86_64-w64-mingw32-objdump", "--private-headers", module)
    needed = {name.lower() for name in re.findall(r"DLL Name: (.*)\.dll", headers, re.I)}
    other = {name for name in needed if not WINDOWS_LIBRARIES.fullmatch(name)}
    if other or "python3" not in needed:
        raise PackageError(f"needs {needed}")
    if not re.search(r"\bPyInit__core$", headers, re.M):
        raise PackageError("exports no PyInit__core")


def check_wheel(wheel: Path, folder: Path) -> set[str]:
    """Check one wheel; return the names of its files without the module and the lists."""
    platform = wheel.stem.partition("-abi3-")[2]
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (module,) = (name for name in names if MODULE.fullmatch(name))
        path = Path(archive.extract(module, folder / platform))
    run("abi3audit", "--strict", wheel)
    if platform.startswith("win"):
        check_pe(path)
    elif platform.startswith("macosx"):
        check_mach_o(path)
    else:
        check_elf(wheel, path, platform)
    if len([name for name in names if name.endswith(".wasm")]) != 1:
        raise PackageError("has no labextension, or two")
    if not any(name.endswith(".cyclonedx.json") for name in names):
        raise PackageError("has no list of what is compiled into it")
    return set(names) - {module}


def check_npm(package: Path, version: str) -> None:
    """The npm package has this version."""
    with tarfile.open(package) as archive:
        described = archive.extractfile("package/package.json")
        if described is None or json.load(described)["version"] != version:
            raise PackageError(f"{package.name} is not of version {version}")


def main(folder: Path) -> int:
    """Check all packages; print a table, or what is wrong."""
    version = run(sys.executable, VERSION_SCRIPT).strip()
    scratch = folder.parent / "package-check"
    packages = sorted(path for path in folder.iterdir() if path.suffix in (".whl", ".gz", ".tgz"))
    python = [path for path in packages if path.suffix != ".tgz"]
    wrong, contents = [], {}
    try:
        run("twine", "check", "--strict", *python)
    except PackageError as error:
        wrong.append(str(error))
    for path in packages:
        try:
            if f"-{version}" not in path.name:
                raise PackageError(f"not of version {version}")
            if path.suffix == ".whl":
                contents[path.name] = check_wheel(path, scratch)
            elif path.suffix == ".tgz":
                check_npm(path, version)
        except PackageError as error:
            wrong.append(f"{path.name}: {error}")
    if len({frozenset(names) for names in contents.values()}) > 1:
        everywhere = set.intersection(*contents.values())
        wrong += [f"{name}: only here: {files - everywhere}" for name, files in contents.items()]
    for path in packages:
        platform = PLATFORMS.get(path.stem.partition("-abi3-")[2], "")
        print(f"| `{path.name}` | {platform} | {path.stat().st_size / 1e6:.2f} MB |")
    print("\n".join(wrong) or f"{len(packages)} packages, all checks passed", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
