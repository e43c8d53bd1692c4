"""The PEP 517 backend: maturin's, with the labextension built and staged first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import maturin
from maturin import prepare_metadata_for_build_editable, prepare_metadata_for_build_wheel
from stage_labextension import must_build, stage

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

Settings = Mapping[str, Any] | None


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    """Returns what maturin needs and, if the labextension must be built, JupyterLab's builder."""
    builder = ["jupyter-builder>=1.2,<2"] if must_build() else []
    return [*maturin.get_requires_for_build_wheel(config_settings), *builder]


get_requires_for_build_editable = get_requires_for_build_wheel
get_requires_for_build_sdist = get_requires_for_build_wheel


def build_wheel(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Builds a wheel into `wheel_directory` and returns its file name."""
    stage()
    return maturin.build_wheel(wheel_directory, config_settings, metadata_directory)


def build_editable(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Builds an editable wheel into `wheel_directory` and returns its file name."""
    stage()
    return maturin.build_editable(wheel_directory, config_settings, metadata_directory)


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    """Builds an sdist into `sdist_directory` and returns its file name."""
    stage()
    return maturin.build_sdist(sdist_directory, config_settings)
