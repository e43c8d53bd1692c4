"""The version of all packages: it stands in Cargo.toml, and is copied where other tools read it.

usage: python scripts/version.py              print it
       python scripts/version.py set VERSION  write it everywhere (npm and cargo must be installed)
       python scripts/version.py check [VERSION]  exit with 1 where it is another
       python scripts/version.py notes        print what CHANGELOG.md says of it
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = ROOT / "jupyterlab_scoped_launcher" / "locale"
SOURCE = re.compile(r'(?<=^version = ")[^"]+(?="$)', re.M)
CATALOGUE = re.compile(r'(?<="version": ")[^"]+')


def version() -> str:
    """Return the version in Cargo.toml."""
    found = SOURCE.search((ROOT / "Cargo.toml").read_text("utf-8"))
    if found is None:
        raise SystemExit("Cargo.toml has no version")
    return found[0]


def copies() -> dict[str, set[str]]:
    """Return the versions in each file that has copies of it."""
    lock = (ROOT / "Cargo.lock").read_text("utf-8")
    npm_lock = json.loads((ROOT / "package-lock.json").read_text("utf-8"))
    found = {
        "Cargo.lock": set(re.findall(r'name = "scoped-launcher-\w+"\nversion = "(.*)"', lock)),
        "package.json": {json.loads((ROOT / "package.json").read_text("utf-8"))["version"]},
        "package-lock.json": {npm_lock["version"], npm_lock["packages"][""]["version"]},
        "CHANGELOG.md": {changes()[0]},
    }
    for path in sorted(CATALOGUES.glob("*/LC_MESSAGES/*.json")):
        name = path.relative_to(ROOT).as_posix()
        found[name] = {json.loads(path.read_text("utf-8"))[""]["version"]}
    return found


def changes() -> tuple[str, str]:
    """Return the newest version of CHANGELOG.md, and what it says."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    found = re.search(r"^## (\d\S*).*\n+((?:(?!^## ).*\n)*)", text, re.M)
    if found is None:
        raise SystemExit("CHANGELOG.md has no version")
    return found[1], found[2].strip()


def check(wanted: str) -> int:
    """Print each file with another version than `wanted`; return the exit code."""
    wrong = {"Cargo.toml": {version()}, **copies()}
    wrong = {name: found for name, found in wrong.items() if found != {wanted}}
    for name, found in wrong.items():
        print(f"{name}: {', '.join(sorted(found)) or 'none'} instead of {wanted}", file=sys.stderr)
    return 1 if wrong else 0


def set_version(wanted: str) -> int:
    """Write the version everywhere but in CHANGELOG.md, and check that."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", wanted):
        raise SystemExit(f"{wanted} is no version: write three numbers, such as 1.2.3")
    cargo = ROOT / "Cargo.toml"
    cargo.write_text(SOURCE.sub(wanted, cargo.read_text("utf-8"), count=1), "utf-8")
    for path in CATALOGUES.glob("*/LC_MESSAGES/*.json"):
        path.write_text(CATALOGUE.sub(wanted, path.read_text("utf-8"), count=1), "utf-8")
    npm = ["npm", "version", "--no-git-tag-version", "--allow-same-version", wanted]
    for command in (npm, ["cargo", "update", "--workspace", "--quiet"]):
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return check(wanted)


def main(arguments: list[str]) -> int:
    """Run the command; return the exit code."""
    match arguments:
        case []:
            print(version())
        case ["set", wanted]:
            return set_version(wanted)
        case ["check"]:
            return check(version())
        case ["check", wanted]:
            return check(wanted)
        case ["notes"]:
            print(changes()[1])
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
