"""What the Hub enforces by the roles of the policy: its services, and users' servers."""

from __future__ import annotations

from base64 import b64decode

import pytest
import requests


@pytest.mark.parametrize("user", ["student", "profx"])
def test_members_enter_the_service(class_hub, user):
    session = class_hub.visit(user, f"{user}/").session
    page = session.get(f"{class_hub.url}/services/class1234-web/", timeout=30)
    assert page.status_code == 200
    assert f"You are {user}" in page.text


@pytest.mark.parametrize("user", ["outsider", "former"])
def test_others_do_not(class_hub, user):
    session = class_hub.visit(user, f"{user}/").session
    page = session.get(f"{class_hub.url}/services/class1234-web/", timeout=30)
    assert page.status_code == 403
    assert "You are" not in page.text


def test_nobody_enters_without_logging_in(class_hub):
    session = class_hub.visit(None, "student/").session
    page = session.get(f"{class_hub.url}/services/class1234-web/", timeout=30)
    assert "/hub/login" in page.url


def test_an_added_member_enters_and_a_removed_one_does_not_again(class_hub, newcomer):
    def enters() -> bool:
        session = class_hub.visit("outsider", "outsider/").session
        return session.get(f"{class_hub.url}/services/class1234-web/", timeout=30).ok

    assert not enters()
    class_hub.add("outsider")
    assert enters()
    class_hub.remove("outsider")
    assert not enters()


def test_a_share_opens_one_server_to_one_user(class_hub):
    for user, server, status in (
        ("outsider", "profx/dash-1", 200),
        ("former", "profx/dash-1", 403),
        ("outsider", "student/", 403),
    ):
        answer = class_hub.visit(user, server).get("api/kernelspecs")
        assert answer.status_code == status, (user, server)


def test_an_admins_token_at_a_students_server_has_no_rights_at_the_hub(class_hub):
    """Admins enter by their role. The policy asks for their scopes, and the student's server has
    their token from the cookie that they send.
    """
    admin = class_hub.visit("root", "student/")
    assert admin.context()["user"] == "root"
    token = token_in_cookie(admin.session.cookies.get("jupyterhub-user-student"))

    def at_the_hub(method: str, path: str, **body: object) -> int:
        headers = {"Authorization": f"token {token}"}
        url = class_hub.api_url + path
        return requests.request(method, url, headers=headers, json=body, timeout=30).status_code

    assert at_the_hub("GET", "/user") == 200
    assert at_the_hub("POST", "/users/made-up") in (403, 404)
    assert at_the_hub("POST", "/groups/PythonForMorons101/users", users=["outsider"]) in (403, 404)
    assert at_the_hub("POST", "/users/root/tokens") in (403, 404)
    assert at_the_hub("GET", "/users") in (403, 404)


def token_in_cookie(cookie: str) -> str:
    """What Tornado's signed cookie says; anybody can read it, the signature is no encryption."""
    value = cookie.strip('"').split("|")[4]  # version, key, time, name, value, signature
    return b64decode(value.partition(":")[2]).decode()
