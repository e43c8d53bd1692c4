"""TLS for Hubs with ``internal_ssl``. `HubClient` uses it for every request."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import ssl

VARIABLES = ("JUPYTERHUB_SSL_KEYFILE", "JUPYTERHUB_SSL_CERTFILE", "JUPYTERHUB_SSL_CLIENT_CA")
"""Where JupyterHub tells its servers and services the files of `TlsFiles`."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """A client's key and certificate, and the authorities that it trusts.

    What is empty is read from the environment (`VARIABLES`).
    """

    key: str = ""
    certificate: str = ""
    authorities: str = ""


def ssl_context_for(api_url: str, files: TlsFiles) -> ssl.SSLContext | None:
    """Return the TLS context for requests to the Hub at ``api_url``.

    None stands for the system's authorities, without a client certificate. That is so for a Hub
    without ``internal_ssl``, and for another address than ``JUPYTERHUB_API_URL``: the Hub's public
    one has another certificate. Raises OSError when a file cannot be read.
    """
    key, certificate, authorities = (
        file or os.environ.get(variable, "")
        for file, variable in zip(
            (files.key, files.certificate, files.authorities), VARIABLES, strict=True
        )
    )
    internal_url = os.environ.get("JUPYTERHUB_API_URL") or api_url
    if not key or not certificate or _origin(api_url) != _origin(internal_url):
        return None
    from jupyterhub.utils import make_ssl_context  # type: ignore[import-untyped,unused-ignore]

    context: ssl.SSLContext = make_ssl_context(key, certificate, cafile=authorities or None)
    return context


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
