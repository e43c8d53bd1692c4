"""``check --files``: do the kernels' directories and the icons that a policy names exist?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .._core import normalize_kernel_name
from ..policy_store import ICON_TYPES, MAX_ICON_BYTES
from .diagnostics import Diagnostic
from .yaml_places import Node, YamlError, read_yaml
from .yaml_places import Path as ValuePath


def check_files(
    content: bytes, name: str, folder: Path, document: dict[str, Any]
) -> list[Diagnostic]:
    """Return an error for each file that the policy names and that is not there.

    ``folder`` has the policy file. ``document`` is the policy as the engine has read it.
    """
    problems = [*_kernel_problems(document), *_icon_problems(document, folder)]
    if not problems:
        return []
    try:
        root = read_yaml(content)
    except YamlError:  # the engine can read what PyYAML cannot; then the path says where
        root = Node(None, 1, 1)
    diagnostics = []
    for path, code, message, help_text in problems:
        node = root.find(path)
        end_line, end_column = node.end or (node.line, node.column + 1)
        diagnostics.append(
            {
                "severity": "error",
                "code": code,
                "message": message,
                "help": help_text,
                "file": name,
                "line": node.line,
                "column": node.column,
                "end_line": end_line,
                "end_column": end_column,
                "path": _written_path(path),
            }
        )
    return diagnostics


Problem = tuple[ValuePath, str, str, str]
"""Where a problem is, its code, what is wrong, and what to write or do."""


def _kernel_problems(document: dict[str, Any]) -> Iterator[Problem]:
    for kernel, directory in (document.get("kernels") or {}).items():
        # Jupyter lower-cases the names of the directories that it finds.
        kernels = Path(directory) / "kernels"
        wanted = f"{kernels}/{kernel}/kernel.json"
        place = ("kernels", kernel)
        try:
            found = [
                entry / "kernel.json"
                for entry in kernels.iterdir()
                if normalize_kernel_name(entry.name) == normalize_kernel_name(kernel)
            ]
            contents = [file.read_text(encoding="utf-8") for file in found if file.is_file()]
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            yield place, "no-kernel", f"{wanted} cannot be read: {reason}.", _KERNEL_HELP
            continue
        if not contents:
            yield place, "no-kernel", f"There is no {wanted}.", _KERNEL_HELP
        elif not _is_kernelspec(contents[0]):
            yield (
                place,
                "bad-kernel",
                f"{wanted} is no kernelspec: it must be JSON with a list `argv`.",
                "Copy the kernel.json of a kernel that `jupyter kernelspec list` shows.",
            )


_KERNEL_HELP = (
    "Write the directory that has kernels/NAME/kernel.json in it, as JUPYTER_PATH has them."
)


def _is_kernelspec(text: str) -> bool:
    try:
        spec = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(spec, dict) and isinstance(spec.get("argv"), list)


def _icon_problems(document: dict[str, Any], folder: Path) -> Iterator[Problem]:
    for index, card in enumerate(document.get("cards") or []):
        icon = card.get("icon")
        if not isinstance(icon, str) or not _is_file_name(icon):
            continue
        place = ("cards", index, "icon")
        file = folder / icon
        if not file.is_file():
            help_text = "Put the image next to the policy file, or write another name."
            yield place, "no-icon", f"There is no image {file}.", help_text
        elif file.stat().st_size > MAX_ICON_BYTES:
            message = f"{file} is longer than {MAX_ICON_BYTES // 1024} KiB, and is not served."
            yield place, "big-icon", message, "Make the image smaller."


def _is_file_name(icon: str) -> bool:
    """Return whether an icon is an image next to the policy file (docs/reference/policy.md).

    The others are names of JupyterLab's icons, paths on the host, and ``data:`` URLs.
    """
    return Path(icon).name == icon and Path(icon).suffix.lower() in ICON_TYPES


def _written_path(path: ValuePath) -> str:
    """Write a path as the engine does: ``cards[0].icon``."""
    written = ""
    for step in path:
        written += f"[{step}]" if isinstance(step, int) else f".{step}"
    return written.removeprefix(".")
