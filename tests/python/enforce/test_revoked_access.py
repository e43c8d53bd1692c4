"""A visitor of a shared server whose share ends while the server's page is open."""

from __future__ import annotations

import time

import pytest

SERVER = "profx/dash-1"


@pytest.fixture
def guest(class_hub, request):
    """A visitor with whom the server is shared until the test ends that."""
    name = f"guest-{request.function.__name__[:20]}".replace("_", "-")
    class_hub.share(SERVER, name)
    visitor = class_hub.visit(name, SERVER)
    visitor.name = name
    return visitor


def revoke(hub, guest) -> float:
    hub.api("PATCH", f"/shares/{SERVER}", user=guest.name)
    return time.monotonic()


def test_the_context_says_that_access_has_ended(class_hub, guest):
    assert guest.context()["user"] == guest.name
    revoke(class_hub, guest)
    class_hub.known_soon(lambda: guest.get("scoped-launcher/context").status_code == 403)
    for _ in range(3):  # at first by the context, then by the server's own login too
        answer = guest.get("scoped-launcher/context")
        assert answer.status_code == 403
        assert answer.json() == {
            "code": "access-revoked",
            "message": "You may no longer use this server:"
            " JupyterHub does not give you access to it any more.",
        }
    assert guest.get("scoped-launcher/cards").json()["code"] == "access-revoked"


def test_the_server_itself_does_not_let_the_visitor_in_for_minutes(class_hub, guest):
    """Although JupyterHub's login caches its answer for five minutes."""
    assert guest.get("api/contents").status_code == 200
    revoke(class_hub, guest)
    class_hub.known_soon(lambda: guest.get("scoped-launcher/context").status_code == 403)
    for path in ("api/contents", "api/kernels", "lab/api/settings", "open-tools/"):
        assert guest.get(path).status_code in (403, 404), path


def test_open_connections_end_also_where_no_rule_matches(class_hub, guest, visitors):
    owner = visitors["owner of a shared server"]
    kernel = owner.start_kernel("python3").json()["id"]
    at_kernel = guest.connect(f"api/kernels/{kernel}/channels")
    at_service = guest.connect("open-tools/ws")
    owning = owner.connect(f"api/kernels/{kernel}/channels")
    revoked_at = revoke(class_hub, guest)
    assert guest.close_code(at_kernel) == 1000
    assert guest.close_code(at_service) == 1008
    assert time.monotonic() - revoked_at < 5
    owning.ping()
    assert owning.connected
    owning.close()
    owner.request("DELETE", f"api/kernels/{kernel}")


def test_another_visitor_stays(class_hub, guest, visitors):
    other = visitors["shared-server visitor, member"]
    revoke(class_hub, guest)
    class_hub.known_soon(lambda: guest.get("scoped-launcher/context").status_code == 403)
    assert other.context()["user"] == "student"
    assert other.get("api/contents").status_code == 200


def test_who_never_had_access_is_told_the_same(visitors):
    stranger = visitors["other Hub user"]  # logged in at the Hub, with no token for this server
    answer = stranger.get("scoped-launcher/context")
    assert (answer.status_code, answer.json()["code"]) == (403, "not-authenticated")
