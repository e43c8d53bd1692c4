"""What the Hub enforces by the roles of the policy: its services, and users' servers."""

from __future__ import annotations

import pytest


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
