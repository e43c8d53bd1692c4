"""Checks that the licences of npm and Python packages go with BSD-3-Clause.

It looks at every package of package-lock.json, and at every package that is installed beside this
interpreter. cargo-deny checks those of Rust (deny.toml); `make licences` runs both.
"""

from __future__ import annotations

import json
import re
import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

ALLOWED = {
    *("0BSD", "Apache-2.0", "BlueOak-1.0.0", "BSD-2-Clause", "BSD-3-Clause", "CC-BY-4.0"),
    *("CC0-1.0", "ISC", "MIT", "MIT-0", "OFL-1.1", "PSF-2.0", "Python-2.0", "Unlicense"),
}
"""By SPDX identifier. MPL-2.0 is below: its files may be used, and must not be copied."""

UNCHANGED = {
    *("axe-core", "certifi", "fqdn", "hypothesis", "pathspec"),  # MPL-2.0
    *("psycopg2-binary",),  # LGPL, for Hubs with PostgreSQL
    *("docutils", "text-unidecode"),  # GPL for a few files, or the Artistic License instead
}
"""Packages with other licences: tools, or what Jupyter brings. No file of theirs is in ours."""

UNNAMED = {
    # npm packages whose package.json names no licence; their LICENSE files do.
    **dict.fromkeys(("compute-gcd", "compute-lcm", "svg-tags"), "MIT"),
    **dict.fromkeys(("validate.io-function", "validate.io-integer"), "MIT"),
    **dict.fromkeys(("validate.io-integer-array", "validate.io-number"), "MIT"),
    **dict.fromkeys(("exit", "memorystream"), "MIT"),
}

CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Python Software Foundation License": "PSF-2.0",
}
TEXTS = (
    (r"BSD 3-Clause License|3 Clause BSD", "BSD-3-Clause"),
    (r"Apache(?: License, Version)? 2\.0|Apache Software License", "Apache-2.0"),
)
"""What older packages write where newer ones have an SPDX expression."""


def is_allowed(expression: str) -> bool:
    """Return whether an SPDX expression is met by the allowed licences alone."""
    if " AND " in expression and " OR " in expression:
        return False  # None of the packages has one; it would need a parser.
    plain = expression.strip("()")
    return any(
        all(part.strip(" ()") in ALLOWED for part in alternative.split(" AND "))
        for alternative in re.split(r" OR |/", plain)
    )


def npm_packages() -> dict[str, str]:
    """Return the licence of each package in package-lock.json."""
    lock = json.loads((ROOT / "package-lock.json").read_text("utf-8"))
    found = {}
    for path, entry in lock["packages"].items():
        if path:
            name = path.rpartition("node_modules/")[2]
            found[f"{name} (npm)"] = entry.get("license") or UNNAMED.get(name, "")
    return found


def python_packages() -> dict[str, str]:
    """Return the licence of each installed Python package."""
    return {f"{package.name} (Python)": python_licence(package) for package in distributions()}


def python_licence(package: Distribution) -> str:
    """Return the licence as an SPDX expression, if the metadata say it in a known way."""
    metadata = package.metadata
    if expression := metadata.get("License-Expression"):
        return expression
    classifiers = [
        entry.rpartition(" :: ")[2]
        for entry in metadata.get_all("Classifier", [])
        if entry.startswith("License :: ") and not entry.endswith("OSI Approved")
    ]
    if classifiers:
        return " AND ".join(CLASSIFIERS.get(entry, entry) for entry in classifiers)
    text = metadata.get("License") or ""
    known = (licence for pattern, licence in TEXTS if re.match(pattern, text))
    return next(known, text.partition("\n")[0])


def main() -> int:
    """Print the packages with other licences; return the exit code."""
    packages = {**npm_packages(), **python_packages()}
    wrong = {
        name: licence
        for name, licence in packages.items()
        if name.partition(" (")[0] not in UNCHANGED and not is_allowed(licence)
    }
    for name, licence in sorted(wrong.items()):
        print(f"{name}: {licence or 'no licence'}", file=sys.stderr)
    print(f"{len(packages)} packages, {len(wrong)} with a licence that is not allowed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
