"""jupyterlab-scoped-launcher: launcher cards shown and hidden by JupyterHub scopes and groups.

Other server extensions use `Card`, `may` and `requires_card` (docs/reference/extensions.md).

Importing this package loads nothing else: the server extension, the engine and the command line are
imported when they are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cards import Card
    from .server.for_extensions import CardDecision, may, requires_card

__all__ = ["Card", "CardDecision", "may", "requires_card"]


def __getattr__(name: str) -> Any:
    """Return what other extensions use, or ``__version__``, which is the engine's.

    Jupyter Server reads the version when it loads the extension, so a missing engine must not
    raise.
    """
    if name == "Card":
        from .cards import Card

        return Card
    if name in __all__:
        from .server import for_extensions

        return getattr(for_extensions, name)
    if name == "__version__":
        try:
            from ._core import __version__
        except ImportError:
            return "unknown"
        return __version__
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Tell ``jupyter labextension develop`` where the built front end is."""
    return [{"src": "labextension", "dest": "jupyterlab-scoped-launcher"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Tell Jupyter Server the class of the server extension."""
    from .server.extension import ScopedLauncher

    return [{"module": "jupyterlab_scoped_launcher", "app": ScopedLauncher}]
