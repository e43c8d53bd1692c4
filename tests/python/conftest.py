"""One JupyterHub for the tests of routes, and a proxy to it that can answer with faults."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_proxy import HubProxy
from hubs import Hub

POLICY = """\
version: 1
max_stale: 5s
rules:
  - id: class
    match: {kernel: "Class1234_*"}
    show_when: {any: [{group: Morons}, {user: [sharer, "somebody-*"]}]}
preview: {user: mixin}
"""
"""The policy of all servers, in the file `RoutesHub.policy`."""


class RoutesHub(Hub):
    """A Hub whose users' servers use its API through ``proxy``."""

    policy_text = POLICY

    def __init__(self, folder: Path) -> None:
        self.policy = folder / "policy.yaml"
        self.policy.write_text(self.policy_text)
        config = Path(__file__).with_name("jupyterhub_config.py")
        super().__init__(folder, config, policy=str(self.policy))
        self.service_token = self.known["service_token"] = secrets.token_hex(16)
        self.proxy = HubProxy(self.hub_url, fault_path="/api/user")
        self.known["api_proxy_url"] = self.proxy.url


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RoutesHub]:
    """Start the Hub; stop it, its proxy and its users' servers after the last test."""
    with RoutesHub(tmp_path_factory.mktemp("hub")) as running:
        yield running
    running.proxy.shutdown()
