"""Reads the cards of a running Jupyter server."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import click

from ..cards import kernel_card
from .cards import Card, checked_cards, launcher_cards
from .errors import CliError
from .hub_queries import TOKEN_VARIABLE

SERVER_TOKEN_VARIABLE = "JUPYTER_TOKEN"  # noqa: S105  a variable's name

TIMEOUT_S = 20.0

MAX_ANSWER_BYTES = 16 * 1024 * 1024


def read_server_cards(url: str) -> list[Card]:
    """Return the cards that the server at ``url`` knows.

    They come from the route ``scoped-launcher/cards``. Where that route does not exist, they are
    those of the server's kernels and of jupyter-server-proxy. The server does not know the other
    cards of JupyterLab. Raises `CliError`.
    """
    base = checked_server_url(url)
    answer = get_json(base, "scoped-launcher/cards")
    if answer is not None:
        return checked_cards(answer, f"{base}scoped-launcher/cards")
    kernelspecs = get_json(base, "api/kernelspecs")
    if kernelspecs is None:
        raise CliError(
            f"There is no Jupyter server at {base}: it has no api/kernelspecs. Write the address "
            "up to /user/NAME/, or up to the server's base_url."
        )
    proxies = get_json(base, "server-proxy/servers-info") or {}
    try:
        return [*_kernel_cards(kernelspecs), *_proxy_cards(proxies)]
    except (AttributeError, KeyError, TypeError):
        raise CliError(f"{base} does not answer as a Jupyter server does.") from None


def checked_server_url(url: str) -> str:
    """Return the address of a server, with a slash at its end.

    Raises `click.BadParameter`; the message does not repeat a token in the address.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise click.BadParameter(
            f"{url!r} is not the address of a server: write http://HOST:PORT/BASE/.",
            param_hint="--url",
        )
    if parts.query or parts.fragment or parts.username:
        raise click.BadParameter(
            "write the address without ?…, #… and user name. A token goes into the environment "
            f"variable {TOKEN_VARIABLE} (of a Hub) or {SERVER_TOKEN_VARIABLE} (of a server).",
            param_hint="--url",
        )
    path = parts.path.rstrip("/").removesuffix("/lab").removesuffix("/tree")
    return f"{parts.scheme}://{parts.netloc}{path}/"


def get_json(base: str, path: str) -> Any:
    """Return the parsed answer to ``GET {base}{path}``; None if there is no such route (404).

    The token in `TOKEN_VARIABLE` or `SERVER_TOKEN_VARIABLE` is sent, and no redirect is followed.
    Raises `CliError`.
    """
    status, body = asyncio.run(_fetch(base + path))
    if status == 404:
        return None
    if status in (301, 302, 303, 307, 308, 401, 403):
        raise CliError(
            f"{base}{path} answered {status}: the server asks for a login. Put a token that may "
            f"open it into {TOKEN_VARIABLE} (of a Hub) or {SERVER_TOKEN_VARIABLE} (of a server)."
        )
    if status != 200:
        raise CliError(f"{base}{path} answered {status}.")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise CliError(f"{base}{path} did not answer JSON.") from None


async def _fetch(url: str) -> tuple[int, bytes]:
    from tornado.httpclient import HTTPClientError
    from tornado.simple_httpclient import SimpleAsyncHTTPClient

    token = os.environ.get(TOKEN_VARIABLE) or os.environ.get(SERVER_TOKEN_VARIABLE)
    client = SimpleAsyncHTTPClient(force_instance=True, max_body_size=MAX_ANSWER_BYTES)
    try:
        answer = await client.fetch(
            url,
            raise_error=False,
            headers={"Authorization": f"token {token}"} if token else {},
            follow_redirects=False,
            connect_timeout=TIMEOUT_S,
            request_timeout=TIMEOUT_S,
        )
    except (HTTPClientError, OSError, ValueError) as error:
        raise CliError(f"{url} cannot be read: {error}.") from None
    finally:
        client.close()
    return answer.code, answer.body


def _kernel_cards(answer: Any) -> Iterator[Card]:
    """Yield the cards that JupyterLab makes for the kernels in an answer of ``api/kernelspecs``."""
    for name, model in answer["kernelspecs"].items():
        spec = model["spec"]
        yield from launcher_cards(kernel_card(name, spec).model())


def _proxy_cards(answer: Any) -> Iterator[Card]:
    """Yield the cards of an answer of jupyter-server-proxy's ``servers-info``."""
    for process in answer.get("server_processes", []):
        entry = process["launcher_entry"]
        if entry["enabled"]:
            yield from launcher_cards(
                {
                    "id": f"proxy:{process['name']}",
                    "kind": "proxy",
                    "name": process["name"],
                    "title": entry.get("title"),
                    "category": entry.get("category") or "Other",  # as in the launcher
                    "command": "server-proxy:open",
                    "tags": [],
                }
            )
