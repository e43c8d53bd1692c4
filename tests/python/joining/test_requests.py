"""People ask to join groups, and those whom the Hub lets change the group decide."""

from __future__ import annotations

import re
import time

import pytest
from hubs import wait

from .conftest import SERVICE, JoiningHub, MailServer, Person


@pytest.fixture
def student(hub: JoiningHub, request: pytest.FixtureRequest) -> Person:
    """A student with a name of the test's own."""
    return Person(hub.url, re.sub(r"\W+", "-", request.node.name.removeprefix("test_"))[:40])


def name_of(person: Person) -> str:
    found = re.search(r'class="who">([^<]+)<', person.get(""))
    assert found
    return found[1]


def test_whoever_is_outside_asks_and_is_let_in(
    hub: JoiningHub, mail: MailServer, student: Person, profx: Person
) -> None:
    name = name_of(student)
    page = student.get("join/class")
    assert "Class_1" in page
    assert "Workbench" in page
    answer = student.post("join/class", action="ask", reason="I take <b>part</b>")
    assert "waits for a decision" in answer.text
    assert "I take &lt;b&gt;part&lt;/b&gt;" in answer.text
    wait(lambda: [m for m in mail.to("desk@example.edu") if name in m.as_string()], 15, hub.log)
    (told,) = (m for m in mail.to("desk@example.edu") if name in m.as_string())
    assert "class" in told["Subject"]
    # A tutor whose name is an address, and whom a role names.
    assert "tutor@example.edu" in told["To"]
    text = told.get_body(("plain",)).get_content()
    assert f"{name}: I take <b>part</b>" in text
    assert f"{hub.url}{SERVICE}classes/class" in text
    assert "<b>part</b>" not in told.get_body(("html",)).get_content()
    wait(lambda: "have been sent a mail" in student.get("join/class"), 15)

    decide = profx.get("classes/class")
    assert "I take &lt;b&gt;part" in decide
    number = re.search(rf'value="(\d+)" aria-label="Select {name}"', decide)
    assert number
    done = profx.post("classes/class", action="approve", request=number[1])
    assert f"Added: {name}" in done.text
    assert name in hub.members("class")
    assert "You are a member of class" in student.get("join/class") or (
        "was approved" in student.get("join/class")
    )
    wait(lambda: mail.to(f"{name}@students.example.edu"), 15, hub.log)
    assert "member of class" in mail.to(f"{name}@students.example.edu")[0]["Subject"]
    (logged,) = (e for e in hub.log_lines("membership_changed") if e["subject"] == name)
    assert (logged["actor"], logged["group"], logged["held"]) == ("profx", "class", True)
    assert logged["reason"] == "I take <b>part</b>"
    assert "profx" in profx.get("classes/class").split('id="history"')[1]


def test_a_request_is_declined_with_a_reason_and_withdrawn(
    hub: JoiningHub, mail: MailServer, student: Person, profx: Person
) -> None:
    name = name_of(student)
    student.post("join/class", action="ask")
    number = re.search(rf'value="(\d+)" aria-label="Select {name}"', profx.get("classes/class"))
    assert number
    profx.post("classes/class", action="decline", request=number[1], answer="No <i>place</i> left")
    page = student.get("join/class")
    assert "was declined" in page
    assert "No &lt;i&gt;place&lt;/i&gt; left" in page
    assert name not in hub.members("class")
    wait(lambda: mail.to(f"{name}@students.example.edu"), 15, hub.log)
    student.post("join/class", action="ask")
    assert "have withdrawn" in student.post("join/class", action="withdraw").text
    assert name not in profx.get("classes/class").split('id="add"')[0]


def test_one_request_at_a_time_and_not_too_many(student: Person) -> None:
    student.post("join/class", action="ask")
    again = student.post("join/class", 400, action="ask")
    assert "You have asked already" in again.text
    for _ in range(2):
        student.post("join/class", action="withdraw")
        student.post("join/class", action="ask")
    student.post("join/class", action="withdraw")
    assert "too often" in student.post("join/class", 429, action="ask").text


def test_a_reason_can_be_required(student: Person) -> None:
    refused = student.post("join/strict", 400, action="ask", reason="  ")
    assert "Write a reason" in refused.text
    assert "waits" in student.post("join/strict", action="ask", reason="For my thesis").text


def test_only_groups_of_the_policy_can_be_asked_for(student: Person) -> None:
    for group in ("secret", "no-such-group", "teachers"):
        assert "does not let you ask" in student.get(f"join/{group}", 404)
        student.get("join/class")
    token = re.search(r'name="_xsrf" value="([^"]+)"', student.get("join/class"))
    assert token
    student.send("join/secret", 404, _xsrf=token[1], action="ask")


def test_a_form_of_another_site_does_nothing(
    hub: JoiningHub, student: Person, profx: Person
) -> None:
    student.get("join/class")
    student.send("join/class", 403, action="ask")
    student.send("join/class", 403, action="ask", _xsrf="wrong")
    assert "waits" not in student.get("join/class")
    profx.get("classes/class")
    profx.send("classes/class", 403, action="add", names="mallory")
    assert "mallory" not in hub.members("class")


def test_only_those_whom_the_hub_lets_change_the_group_decide(
    hub: JoiningHub, student: Person
) -> None:
    name = name_of(student)
    assert "may not change the group class" in student.get("classes/class", 403)
    token = re.search(r'name="_xsrf" value="([^"]+)"', student.get("join/class"))
    assert token
    student.send("classes/class", 403, _xsrf=token[1], action="add", names=name)
    assert name not in hub.members("class")
    assert "may not change" in Person(hub.url, "profx").get("classes/secret", 403)


def test_nobody_approves_their_own_request(hub: JoiningHub) -> None:
    tutor = Person(hub.url, "tutor@example.edu")
    tutor.post("join/class", action="ask")
    page = tutor.get("classes/class")
    assert "somebody else decides it" in page
    assert 'aria-label="Select tutor@example.edu"' not in page
    tutor.post("classes/class", action="approve-all")
    tutor.post("classes/class", action="add", names="tutor@example.edu")
    assert "tutor@example.edu" not in hub.members("class")
    tutor.post("join/class", action="withdraw")


def test_a_right_that_is_lost_is_lost_at_once(hub: JoiningHub) -> None:
    hub.api("POST", "/users", usernames=["deputy"], ok=(409,))
    hub.api("POST", "/groups/teachers/users", users=["deputy"])
    deputy = Person(hub.url, "deputy")
    deputy.get("classes/class")
    hub.api("DELETE", "/groups/teachers/users", users=["deputy"])
    # The service may still know the right for some seconds. The Hub does not.
    token = re.search(r'name="_xsrf" value="([^"]+)"', deputy.open(f"{SERVICE}join/class").text)
    assert token
    hub.api("POST", "/users", usernames=["victim"], ok=(409,))
    answer = deputy.session.post(
        f"{hub.url}{SERVICE}classes/class",
        data={"_xsrf": token[1], "action": "add", "names": "victim"},
        headers={"Sec-Fetch-Mode": "navigate"},
        timeout=60,
    )
    assert answer.status_code in (200, 403)
    assert "victim" not in hub.members("class")


def test_who_joins_in_another_way_waits_no_more(hub: JoiningHub, student: Person) -> None:
    name = name_of(student)
    student.post("join/class", action="ask")
    hub.api("POST", "/groups/class/users", users=[name])
    wait(lambda: "waits for a decision" not in student.get("join/class"), 10)
    assert "was approved" in student.get("join/class") or "member of" in student.get("join/class")


def test_a_list_of_names_is_added_quickly_and_each_failure_is_named(
    hub: JoiningHub, profx: Person
) -> None:
    names = [f"bulk-{number:03}" for number in range(300)]
    hub.api("POST", "/users", usernames=names)
    wrong = [f"nobody-{number}" for number in range(5)]
    listed = [*names[:100], wrong[0], *names[100:250], *wrong[1:], *names[250:]]
    began = time.monotonic()
    page = profx.post_job("classes/bulk", action="add", names="\n".join(listed))
    took = time.monotonic() - began
    assert sorted(hub.members("bulk")) == names
    for name in wrong:
        assert f"<strong>{name}</strong>: JupyterHub knows no such user" in page.text
    print(f"300 names in {took:.1f} s")
    assert took < 20

    first = profx.get("classes/bulk")
    assert "bulk-000" in first
    assert "bulk-100" not in first.split('id="history"')[0].split('id="members"')[1]
    assert "Page 1 of 3" in first
    assert "bulk-250" in profx.get("classes/bulk?page=2")
    found = profx.get("classes/bulk?search=LK-123").split('id="members"')[1]
    assert "1 found" in found
    assert "bulk-123" in found

    removed = profx.post("classes/bulk", action="remove", user="bulk-123")
    assert "Removed: bulk-123" in removed.text
    assert "bulk-123" not in hub.members("bulk")
    assert "Undo" in removed.text
    profx.post("classes/bulk", action="restore", user="bulk-123")
    assert "bulk-123" in hub.members("bulk")


def test_many_requests_are_few_mails(hub: JoiningHub, mail: MailServer, profx: Person) -> None:
    people = [Person(hub.url, f"crowd-{number}") for number in range(12)]
    for person in people:
        person.post("join/crowd", action="ask")
    wait(
        lambda: (
            sum(
                m.get_body(("plain",)).get_content().count("\n- crowd-")
                for m in mail.to("crowd@example.edu")
            )
            == 12
        ),
        20,
        hub.log,
    )
    assert len(mail.to("crowd@example.edu")) <= 4
    profx.post_job("classes/crowd", action="approve-all")
    assert len(hub.members("crowd")) == 12


def test_a_mail_is_sent_after_the_mail_server_has_failed(
    hub: JoiningHub, mail: MailServer, student: Person
) -> None:
    name = name_of(student)
    mail.problem = "451 try later"
    try:
        time.sleep(2.1)
        student.post("join/strict", action="ask", reason="x")
        student.post("join/class", action="ask")
        wait(lambda: hub.log_lines("mail_delayed"), 15, hub.log)
        page = student.get("join/class")
        assert "waits to be sent" in page
        assert "have been sent" not in page
    finally:
        mail.problem = ""
    wait(lambda: [m for m in mail.to("desk@example.edu") if name in m.as_string()], 60, hub.log)


def test_pages_load_nothing_from_elsewhere_and_have_no_token(
    hub: JoiningHub, student: Person, profx: Person
) -> None:
    for person, page in ((student, "join/class"), (profx, "classes/class"), (profx, "")):
        answer = person.open(SERVICE + page)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "form-action 'self'" in policy
        tokens = [
            value
            for cookie in person.session.cookies
            if cookie.name.startswith("service-") and (value := cookie.value)
        ]
        assert tokens
        assert not any(token in answer.text for token in tokens)
        assert answer.headers["Cache-Control"] == "no-store"
