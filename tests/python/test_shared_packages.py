"""What the labextension asks of the JupyterLab that loads it."""

from __future__ import annotations

import json
from pathlib import Path

PACKAGE = json.loads((Path(__file__).parents[2] / "package.json").read_text())


def test_the_build_asks_for_no_newer_package_than_package_json_allows() -> None:
    """Without a range here, a package is asked for in the version that the build has installed.

    An older JupyterLab then warns in the browser's console: "Unsatisfied version".
    """
    shared = PACKAGE["jupyterlab"]["sharedPackages"]
    ranges = {name: entry["requiredVersion"] for name, entry in shared.items()}
    assert ranges == PACKAGE["dependencies"]
