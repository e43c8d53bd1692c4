"""A real JupyterHub that runs the Hub service."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import requests
from hubs import Hub

SERVICE = "/services/scoped-launcher/"


class ServiceHub(Hub):
    """The Hub. Its configuration adds the service, with what `TEST_HUB` has as ``policy`` and
    ``database``."""

    def __init__(self, folder: Path, config: Path, policy: str, **known: Any) -> None:
        """``policy`` is the text of the policy; the attribute is its file."""
        self.policy = folder / "policy.yaml"
        self.policy.write_text(policy)
        super().__init__(
            folder,
            config,
            policy=str(self.policy),
            database=str(folder / "service.sqlite"),
            **known,
        )

    @property
    def process(self) -> psutil.Process:
        """The process of the Hub."""
        assert self._process is not None
        return psutil.Process(self._process.pid)

    @property
    def service_url(self) -> str:
        """The service's own address, as users' servers on this machine know it."""
        port = (self.folder / "service.sqlite.port").read_text().strip()
        return f"http://127.0.0.1:{port}{SERVICE}"

    def service_process(self) -> psutil.Process:
        """The process of the service."""
        (found,) = (
            process for process in self.process.children() if "service" in process.cmdline()
        )
        return found

    def health(self) -> dict[str, Any]:
        """What the service says of itself; empty while it does not answer."""
        with suppress(requests.RequestException, ValueError):
            return requests.get(f"{self.url}{SERVICE}health", timeout=5).json()
        return {}

    def wait_for_service(self, seconds: float = 60) -> None:
        """Wait until the Hub has told the service all roles."""
        self.wait(lambda: self.health().get("changes", {}).get("hub_is_heard"), seconds)
