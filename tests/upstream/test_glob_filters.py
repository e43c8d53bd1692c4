"""docs/upstream/glob-filters.md: a filter with a wildcard is accepted, and grants nothing."""

from __future__ import annotations

import pytest
from hubs import Hub

MENDED = "mended: see docs/upstream/glob-filters.md, and lint's check of filters"
SERVER = "owner/dash-1"


@pytest.fixture(scope="module")
def started(hub: Hub) -> None:
    """The server that the wildcard should match."""
    hub.start_servers(SERVER)


@pytest.mark.usefixtures("started")
def test_the_hub_starts_without_a_word_about_the_wildcard(hub: Hub) -> None:
    warnings = [line for line in hub.log().splitlines() if line.startswith(("[W", "[E"))]
    assert not [line for line in warnings if "dash-*" in line or "wildcard" in line], MENDED


@pytest.mark.usefixtures("started")
def test_the_scope_with_a_wildcard_opens_nothing(hub: Hub) -> None:
    page = hub.log_in("glob").open(f"/user/{SERVER}/files/nothing-here")
    assert page.status_code == 403, MENDED


@pytest.mark.usefixtures("started")
def test_the_scope_with_the_servers_name_opens_it(hub: Hub) -> None:
    visitor = hub.log_in("name").enter(SERVER)
    assert visitor.get("api/status").status_code == 200
