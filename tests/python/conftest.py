"""One JupyterHub for the tests of the server's routes, and a line to it that they may disturb."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hubs import Hub
from lines import Line

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
    """A Hub whose users' servers speak with its API through ``line``."""

    policy_text = POLICY

    def __init__(self, folder: Path) -> None:
        self.policy = folder / "policy.yaml"
        self.policy.write_text(self.policy_text)
        config = Path(__file__).with_name("jupyterhub_config.py")
        super().__init__(folder, config, policy=str(self.policy))
        self.line = Line(self.hub_url, disturbs="/api/user")
        self.known["line_url"] = self.line.url


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RoutesHub]:
    """Start the Hub; stop it, its proxy and its users' servers after the last test."""
    with RoutesHub(tmp_path_factory.mktemp("hub")) as running:
        yield running
    running.line.shutdown()
