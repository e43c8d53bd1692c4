"""How a spawn is refused."""

from __future__ import annotations

from tornado import web

NO_PROFILE = "None of the server profiles of this JupyterHub is available to you."
"""For a user who may use no profile."""


def spawn_error(sentence: str, *, reason: str = "scoped-launcher") -> web.HTTPError:
    """Return an exception that refuses a spawn and shows ``sentence`` to the user.

    JupyterHub 6 has `SpawnException` for this, which is not logged as an error of the Hub. Every
    JupyterHub shows ``jupyterhub_message`` on the page after a failed spawn.
    """
    try:
        from jupyterhub.spawner import SpawnException
    except ImportError:
        error = web.HTTPError(403, sentence)
    else:
        error = SpawnException(sentence, reason=reason, status_code=403)
    error.jupyterhub_message = sentence  # type: ignore[attr-defined]
    return error
