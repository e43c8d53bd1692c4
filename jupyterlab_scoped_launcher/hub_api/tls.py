"""TLS for Hubs with ``internal_ssl``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl


def internal_ssl_context(
    keyfile: str | None = None, certfile: str | None = None, cafile: str | None = None
) -> ssl.SSLContext | None:
    """Return the TLS context for a Hub with ``internal_ssl``; None for any other Hub.

    What is not given is read from the environment, where the Hub puts it for servers and services.
    """
    keyfile = keyfile or os.environ.get("JUPYTERHUB_SSL_KEYFILE")
    certfile = certfile or os.environ.get("JUPYTERHUB_SSL_CERTFILE")
    cafile = cafile or os.environ.get("JUPYTERHUB_SSL_CLIENT_CA")
    if not keyfile or not certfile:
        return None
    from jupyterhub.utils import make_ssl_context  # type: ignore[import-untyped,unused-ignore]

    context: ssl.SSLContext = make_ssl_context(keyfile, certfile, cafile=cafile)
    return context
