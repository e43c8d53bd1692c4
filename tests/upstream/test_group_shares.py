"""docs/upstream/group-shares.md: a share with a group lets none of its members in."""

from __future__ import annotations

import re

import pytest
import requests
from hubs import Hub

MENDED = "mended: see docs/upstream/group-shares.md, and whether grants still need the workaround"
SERVER = "owner/shared"


@pytest.fixture(scope="module")
def shared(hub: Hub) -> None:
    """`owner` has shared a server with the group `class`, and with the user `friend`."""
    hub.start_servers(SERVER)
    token = hub.token("owner", "shares!user", "read:users:name", "read:groups:name")
    for recipient in ({"group": "class"}, {"user": hub.user("friend")}):
        answer = requests.post(
            f"{hub.api_url}/shares/{SERVER}",
            json=recipient,
            headers={"Authorization": f"token {token}"},
            timeout=30,
        )
        assert answer.ok, answer.text


@pytest.mark.usefixtures("shared")
def test_the_server_refuses_a_member_of_the_group(hub: Hub) -> None:
    page = hub.log_in("member").open(f"/user/{SERVER}/files/nothing-here")
    assert page.status_code == 403, MENDED
    # The Hub has let the member through: it is the server that refuses.
    assert page.url.startswith(f"{hub.url}/user/{SERVER}/")
    assert re.search(r"discarding scopes .*access:servers!server=owner/shared", hub.log())


@pytest.mark.usefixtures("shared")
def test_it_lets_a_user_in_with_whom_it_is_shared(hub: Hub) -> None:
    visitor = hub.log_in("friend").enter(SERVER)
    assert visitor.get("api/status").status_code == 200
