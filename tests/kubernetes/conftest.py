"""The chart of Zero to JupyterHub, whose folder is in the variable CHART (`make kubernetes`)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.python.enforce.conftest import kubeconfig

__all__ = ["kubeconfig"]


@pytest.fixture(scope="session")
def chart() -> Path:
    """The chart's sources: the folder `jupyterhub` of its repository."""
    folder = Path(os.environ["CHART"]).resolve()
    return folder if (folder / "values.schema.yaml").is_file() else folder / "jupyterhub"
