"""Kernels in the server: each promise of docs/explanation/security.md, tried on a real Hub."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import requests

CLASS_KERNEL = "Class1234_Semester02"
LISTED = CLASS_KERNEL.lower()

# What a Jupyter server or a kernelspec manager might take for the class kernel. Jupyter compares
# names in lower case, and U+212A (KELVIN SIGN) is "k" in lower case.
OTHER_SPELLINGS = [
    LISTED,
    CLASS_KERNEL.upper(),
    "cLASS1234_sEMESTER02",
]
NO_SUCH_KERNEL = [
    f"{LISTED}/",
    f" {LISTED}",
    f"{LISTED}\0",
    f"./{LISTED}",
    f"../kernels/{LISTED}",
    "class1234%5Fsemester02",
    "class1234_semester０２",
    "ⓒlass1234_semester02",
]


def test_a_member_lists_gets_and_starts_the_kernel(allowed, kernel_cleanup):
    assert LISTED in allowed.kernels()
    assert allowed.get(f"api/kernelspecs/{CLASS_KERNEL}").json()["spec"]["language"] == "python"
    assert allowed.start_kernel(CLASS_KERNEL).status_code == 201


def test_others_are_not_shown_the_kernel(refused_visitor):
    assert refused_visitor.kernels() == {"python3"}
    answer = refused_visitor.get(f"api/kernelspecs/{CLASS_KERNEL}")
    assert answer.status_code == 403
    assert refused_visitor.get(f"kernelspecs/{LISTED}/logo-64x64.png").status_code == 403


@pytest.mark.parametrize("name", OTHER_SPELLINGS)
def test_others_start_it_by_no_spelling(refused_visitor, name):
    answer = refused_visitor.start_kernel(name)
    assert answer.status_code == 403
    assert LISTED in answer.json()["message"]
    assert refused_visitor.open_session({"name": name}).status_code == 403


@pytest.mark.parametrize("name", NO_SUCH_KERNEL)
def test_what_is_not_its_name_starts_nothing(visitors, name):
    assert visitors["non-member"].start_kernel(name).status_code >= 400
    assert visitors["non-member"].open_session({"name": name}).status_code >= 400
    assert visitors["non-member"].get("api/kernels").json() == []


def test_the_refusal_has_the_reason_and_the_contact(visitors):
    message = visitors["non-member"].start_kernel(CLASS_KERNEL).json()["message"]
    assert "PythonForMorons101" in message
    assert message.endswith("Ask profx@example.edu. (kernel:class1234_semester02)")
    assert "Traceback" not in message


def test_a_session_is_not_moved_to_it(refused_visitor, kernel_cleanup):
    session = refused_visitor.open_session({"name": "python3"}).json()
    path = f"api/sessions/{session['id']}"
    change = {"kernel": {"name": CLASS_KERNEL}}
    answer = refused_visitor.request("PATCH", path, json=change)
    assert answer.status_code == 403
    assert refused_visitor.get(path).json()["kernel"]["name"] == "python3"


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"])
def test_other_methods_start_nothing(visitors, method):
    visitor = visitors["non-member"]
    for path in ("api/kernels", "api/sessions"):
        visitor.request(method, path, json={"name": CLASS_KERNEL, "kernel": {"name": CLASS_KERNEL}})
    assert visitor.get("api/kernels").json() == []


@pytest.mark.parametrize(
    "body",
    [
        '{"name": "python3", "name": "Class1234_Semester02"}',
        '{"name": "Class1234_Semester02", "kernel_id": "00000000-0000-0000-0000-000000000000"}',
        '{"name": "\\u0043lass1234_Semester02"}',
        '{"name": "Class1234_Semester02", "path": "../.."}',
    ],
)
def test_odd_bodies_start_nothing(visitors, body):
    visitor = visitors["non-member"]
    answer = visitor.request("POST", "api/kernels", data=body)
    assert answer.status_code == 403
    assert visitor.get("api/kernels").json() == []


@pytest.mark.parametrize("body", ["[]", '"Class1234_Semester02"', '{"name": ["x"]}', "{", "nul\0"])
def test_empty_bodies_start_nothing(visitors, body):
    visitor = visitors["non-member"]
    for path in ("api/kernels", "api/sessions"):
        answer = visitor.request("POST", path, data=body)
        assert answer.status_code >= 400
        assert "Traceback" not in answer.text
    assert visitor.get("api/kernels").json() == []


def test_visitors_whom_the_hub_refuses_get_nothing(stranger):
    assert stranger.get("api/kernelspecs").status_code == 403
    assert stranger.start_kernel("python3").status_code == 403
    assert stranger.start_kernel(CLASS_KERNEL).status_code == 403
    assert stranger.open_session({"name": CLASS_KERNEL}).status_code == 403


def test_an_added_member_starts_it_without_a_restart(class_hub, newcomer, kernel_cleanup):
    assert newcomer.start_kernel(CLASS_KERNEL).status_code == 403
    class_hub.add("outsider")
    class_hub.known_soon(lambda: LISTED in newcomer.kernels())
    assert newcomer.start_kernel(CLASS_KERNEL).status_code == 201


def test_a_removed_member_is_refused_a_new_one_and_keeps_what_runs(
    class_hub, newcomer, kernel_cleanup
):
    class_hub.add("outsider")
    class_hub.known_soon(lambda: LISTED in newcomer.kernels())
    kernel = newcomer.start_kernel(CLASS_KERNEL).json()["id"]
    class_hub.remove("outsider")
    class_hub.known_soon(lambda: LISTED not in newcomer.kernels())
    assert newcomer.start_kernel(CLASS_KERNEL).status_code == 403
    assert newcomer.post(f"api/kernels/{kernel}/restart").status_code == 403
    # her work is in its memory: she may go on with it, interrupt it and end it
    assert newcomer.handshake(f"api/kernels/{kernel}/channels") == 101
    assert newcomer.post(f"api/kernels/{kernel}/interrupt").status_code == 204
    assert newcomer.request("DELETE", f"api/kernels/{kernel}").status_code == 204


def test_a_shared_servers_visitor_does_not_use_the_owners_running_kernel(visitors, kernel_cleanup):
    owner = visitors["owner of a shared server"]
    outsider = visitors["shared-server visitor, non-member"]
    kernel = owner.start_kernel(CLASS_KERNEL).json()["id"]
    assert outsider.handshake(f"api/kernels/{kernel}/channels") == 403
    assert outsider.post(f"api/kernels/{kernel}/restart").status_code == 403
    assert outsider.open_session({"id": kernel}).status_code == 403
    assert outsider.open_session({"id": kernel, "kernel_id": "x"}).status_code == 403
    assert outsider.post("api/kernels", {"kernel_id": kernel, "name": "python3"}).status_code == 403
    session = outsider.open_session({"name": "python3"}).json()["id"]
    moved = outsider.request("PATCH", f"api/sessions/{session}", json={"kernel": {"id": kernel}})
    assert moved.status_code == 403
    assert (
        visitors["shared-server visitor, member"].handshake(f"api/kernels/{kernel}/channels") == 101
    )


def test_a_visitors_open_kernel_connection_ends_with_the_membership(
    class_hub, visitors, newcomer, kernel_cleanup
):
    owner = visitors["owner of a shared server"]
    outsider = visitors["shared-server visitor, non-member"]
    kernel = owner.start_kernel(CLASS_KERNEL).json()["id"]
    class_hub.add("outsider")
    class_hub.known_soon(lambda: outsider.handshake(f"api/kernels/{kernel}/channels") == 101)
    visiting = outsider.connect(f"api/kernels/{kernel}/channels")
    owning = owner.connect(f"api/kernels/{kernel}/channels")
    class_hub.remove("outsider")
    assert outsider.close_code(visiting) == 1000  # JupyterLab connects again after others
    owning.ping()
    assert owning.connected
    owning.close()


def test_a_new_terminal_follows_the_policy(visitors):
    owner = visitors["owner of a shared server"]
    visitor = visitors["shared-server visitor, member"]  # the policy: terminals are the owner's
    assert visitor.post("api/terminals").status_code == 403
    terminal = owner.post("api/terminals").json()["name"]
    assert visitor.handshake(f"terminals/websocket/{terminal}") == 403
    assert owner.handshake(f"terminals/websocket/{terminal}") == 101
    owner.request("DELETE", f"api/terminals/{terminal}")


def test_at_spawn_only_members_get_the_search_path(class_hub, class_kernels):
    """What each server's process has in its environment, by the Hub's hook."""
    paths = {}
    for user in ("student", "outsider", "former"):
        pid = class_hub.model_of(f"{user}/")["state"]["pid"]
        with open(f"/proc/{pid}/environ", "rb") as file:
            pairs = (item.partition(b"=") for item in file.read().split(b"\0"))
            environment = {key.decode(): value.decode() for key, _, value in pairs}
        paths[user] = environment.get("JUPYTER_PATH", "")
        assert environment["EARLIER_HOOK"] == "ran"
    assert str(class_kernels) in paths["student"].split(os.pathsep)
    assert str(class_kernels) in paths["former"].split(os.pathsep)  # was a member then
    assert str(class_kernels) not in paths["outsider"]


def test_a_failing_hook_refuses_the_spawn_with_a_sentence(class_hub):
    """Hers cannot be prepared: an earlier hook has broken the spawner."""
    class_hub.add("unlucky")
    session = class_hub.visit("unlucky", "unlucky/").session
    session.get(f"{class_hub.url}/hub/spawn/unlucky", timeout=60)
    page = session.get(f"{class_hub.url}/hub/user/unlucky/", timeout=60).text
    assert "Your server was not started" in page
    assert "Traceback" not in page


def test_refusals_are_events_without_secrets(visitors, class_hub):
    visitors["non-member"].start_kernel(CLASS_KERNEL)
    path = class_hub.folder / "home" / "outsider" / "events.jsonl"
    events = [json.loads(line) for line in path.read_text().splitlines()]
    # Jupyter Server writes events of its own.
    event = [one for one in events if one["__schema__"].endswith("/events/decision/v1")][-1]
    wanted = {"outcome": "denied", "action": "start", "kind": "kernel", "name": LISTED}
    assert wanted.items() <= event.items()
    assert event["user"] == "outsider"
    assert event["rule"] == "class1234"
    for cookie in visitors["non-member"].session.cookies:
        assert cookie.value not in path.read_text()


@pytest.fixture
def service(visitors, class_hub):
    """A service of the Hub at the member's server, which it may enter; it is in no group."""
    headers = {"Authorization": f"token {class_hub.known['token']}"}
    url = f"{visitors['member'].base}/api"
    return lambda method, route, **request: requests.request(
        method, f"{url}/{route}", headers=headers, timeout=30, **request
    )


def test_a_service_of_the_hub_is_decided_as_itself(service, class_hub):
    assert set(service("GET", "kernelspecs").json()["kernelspecs"]) == {"python3"}
    assert service("POST", "kernels", json={"name": CLASS_KERNEL}).status_code == 403
    path = class_hub.folder / "home" / "student" / "events.jsonl"
    event = json.loads(path.read_text().splitlines()[-1])
    assert (event["user"], event["service"], event["rule"]) == ("", "tests", "class1234")
    assert class_hub.known["token"] not in path.read_text() + class_hub.log()


def test_a_service_of_the_hub_can_be_allowed(service, class_hub, kernel_cleanup):
    def starts() -> bool:
        return service("POST", "kernels", json={"name": CLASS_KERNEL}).status_code == 201

    path = Path(class_hub.known["policy"])
    text = path.read_text()
    group = "{group: PythonForMorons101}"
    path.write_text(
        text.replace(f"show_when: {group}", f"show_when: {{any: [{group}, {{service: te*}}]}}")
    )
    try:
        class_hub.known_soon(starts)
        assert LISTED in service("GET", "kernelspecs").json()["kernelspecs"]
    finally:
        path.write_text(text)
    class_hub.known_soon(lambda: not starts())


def test_metrics_are_on_the_servers_endpoint(visitors):
    visitors["non-member"].start_kernel(CLASS_KERNEL)
    metrics = visitors["non-member"].get("metrics").text
    assert 'scoped_launcher_denials_total{kind="kernel"' in metrics
    assert "scoped_launcher_context_age_seconds" in metrics
    assert "outsider" not in [
        line for line in metrics.splitlines() if line.startswith("scoped_launcher")
    ]


def test_visitors_tokens_have_the_least_scopes(visitors):
    """What the Hub lets a server do in a visitor's name; the context shows it."""
    scopes = {
        name: set(visitors[name].get("scoped-launcher/context").json()["scopes"])
        for name in ("member", "non-member", "shared-server visitor, member")
    }
    identity = {"read:users:name", "read:users:groups"}
    # The student holds custom:desk:use by a role of the Hub's. A rule asks for it, so that her own
    # server must see it; profx could read it from her token at his server, so that one does not.
    assert "custom:desk:use" in scopes["member"]
    for name, user, server in (
        ("member", "student", "student/"),
        ("non-member", "outsider", "outsider/"),
        ("shared-server visitor, member", "student", "profx/dash-1"),
    ):
        least = {f"{scope}!user={user}" for scope in identity}
        least.add(f"access:servers!server={server}")
        assert scopes[name] - {"custom:desk:use"} == least
    assert "custom:desk:use" not in scopes["shared-server visitor, member"]
