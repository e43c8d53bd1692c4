"""jupyterlab-scoped-launcher: launcher cards shown and hidden by JupyterHub scopes and groups.

Importing this package does nothing else: the server extension, the engine and the command line
load when they are used.
"""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> str:
    """Give ``__version__``, which is the engine's.

    Jupyter Server asks for it when it loads the extension, so a missing engine must not raise.
    """
    if name == "__version__":
        try:
            from ._core import __version__
        except ImportError:
            return "unknown"
        return __version__
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Say where ``jupyter labextension develop`` finds the built front end."""
    return [{"src": "labextension", "dest": "jupyterlab-scoped-launcher"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Name the server extension for Jupyter Server."""
    from .extension import ScopedLauncher

    return [{"module": "jupyterlab_scoped_launcher", "app": ScopedLauncher}]
