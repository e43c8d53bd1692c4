"""What a person's launcher learns of their requests."""

from __future__ import annotations

from typing import Any

from .conftest import JoiningHub, Person

HIDDEN_KERNEL = {"id": "kernel:class_1", "kind": "kernel", "name": "class_1"}
OTHER = {"id": "command:other", "kind": "command", "name": "other"}


def test_requests_are_read_while_a_hidden_card_needs_them(hub: JoiningHub) -> None:
    hub.start_servers("launcher/")
    person = Person(hub.url, "launcher")
    person.post("join/class", action="ask")
    visitor = person.enter("launcher/")
    xsrf = next(c.value for c in visitor.session.cookies if c.name == "_xsrf" and "user" in c.path)

    def requests(**body: Any) -> Any:
        answer = visitor.request(
            "POST",
            "scoped-launcher/access",
            json={"cards": [HIDDEN_KERNEL, OTHER], **body},
            headers={"X-XSRFToken": xsrf},
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["requests"]

    assert requests()["class"]["state"] == "asked"
    hub.user("launcher", "class")
    # Nothing is hidden that this person could ask for.
    hub.wait(lambda: requests() == {})
