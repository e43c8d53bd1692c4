"""What commands ask a running JupyterHub."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

import click

from .files import Trouble

TOKEN = "JUPYTERHUB_API_TOKEN"  # noqa: S105  the name of a variable
TIMEOUT_S = 20
PAGE = 200  # users or groups in one answer


class Hub:
    """A JupyterHub, spoken to with the token in JUPYTERHUB_API_TOKEN."""

    def __init__(self, url: str) -> None:
        """Take the Hub's address: its base, its ``/hub/``, or its ``/hub/api``."""
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
            raise click.BadParameter(f"{url!r} is not the address of a Hub.", param_hint="--hub")
        base = url.rstrip("/").removesuffix("/api").removesuffix("/hub")
        self.api = f"{base}/hub/api"
        self.token = os.environ.get(TOKEN, "")
        if not self.token:
            raise click.UsageError(f"--hub needs a token in the environment variable {TOKEN}.")

    def user(self, name: str) -> dict[str, Any]:
        """Read one user's model."""
        model: dict[str, Any] = self._get(f"/users/{_quoted(name)}")
        return model

    def users(self) -> Iterator[dict[str, Any]]:
        """Read all users' models, page by page."""
        return self._pages("/users?include_stopped_servers=1")

    def groups(self) -> list[str]:
        """Read the names of all groups."""
        return [group["name"] for group in self._pages("/groups")]

    def shares(self, name: str) -> list[str]:
        """Read ``owner/name`` of the servers shared with a user; none if the token may not."""
        try:
            answer = self._get(f"/users/{_quoted(name)}/shared")
        except Trouble:
            return []
        servers = (share["server"] for share in answer.get("items", []))
        return [f"{server['user']['name']}/{server['name']}" for server in servers]

    def _pages(self, path: str) -> Iterator[dict[str, Any]]:
        offset: int | None = 0
        joint = "&" if "?" in path else "?"
        while offset is not None:
            page = self._get(f"{path}{joint}limit={PAGE}&offset={offset}")
            yield from page["items"]
            following = page["_pagination"]["next"]
            offset = following["offset"] if following else None

    def _get(self, path: str) -> Any:
        request = urllib.request.Request(self.api + path)  # noqa: S310  http and https only
        request.add_header("Accept", "application/jupyterhub-pagination+json, application/json")
        # Not sent along where the Hub redirects to.
        request.add_unredirected_header("Authorization", f"token {self.token}")
        where = path.partition("?")[0]
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            why = {
                403: "The token may not read this: give it list:users, read:users and list:groups.",
                404: "There is no such user, or the token may not see it.",
            }.get(error.code, "")
            raise Trouble(f"The Hub answers {error.code} to {where}. {why}".strip()) from None
        except (OSError, ValueError) as error:
            raise Trouble(f"The Hub does not answer {where}: {error}.") from None


def _quoted(name: str) -> str:
    return urllib.parse.quote(name, safe="@~")
