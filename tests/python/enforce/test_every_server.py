"""A real Hub with wrapspawner, JupyterLab as a service, and a server that is not Jupyter."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hubs import EXTENSION, Hub, Visitor, free_ports, free_urls

pytest.importorskip("wrapspawner")
pytestmark = pytest.mark.xdist_group("every server")

POLICY = """
version: 1
refresh: 1s
kernels: {{Class1234_Semester02: {kernels}}}
custom_scopes: {{"custom:desk:use": {{description: Use the help desk}}}}
rules:
  - {{id: kernel, match: {{kernel: "Class1234_*"}}, show_when: {{group: class}}}}
  - {{id: gpu, match: {{profile: gpu}}, show_when: {{group: class}}}}
  - {{id: desk, match: {{command: "desk:*"}}, show_when: {{scope: "custom:desk:use"}}}}
  - id: dashboards
    match: {{server: "*/dash-*"}}
    show_when: {{scope: "access:servers!server={{owner}}/{{name}}"}}
"""
CLASS_KERNEL = "class1234_semester02"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, class_kernels: Path) -> Iterator[Hub]:
    folder = tmp_path_factory.mktemp("every-server")
    (folder / "policy.yaml").write_text(POLICY.format(kernels=class_kernels))
    hub = Hub(
        folder,
        Path(__file__).with_name("wrapspawner_config.py"),
        policy=str(folder / "policy.yaml"),
        files_port=free_ports(1)[0],
        formgrader_url=free_urls(1)[0],
        environment={
            "JUPYTER_CONFIG_PATH": EXTENSION,
            "JUPYTER_PATH": os.environ.get("JUPYTER_PATH", "/opt/site"),
            "JUPYTERHUB_SINGLEUSER_APP": "jupyter_server.serverapp.ServerApp",
        },
    )
    with hub as running:
        running.start_servers("member/", profile="gpu")
        running.start_servers("other/", profile="small")
        yield running


def kernels(visitor: Visitor) -> set[str]:
    return set(visitor.get("api/kernelspecs").json()["kernelspecs"])


def test_servers_of_profiles_follow_the_policy(hub):
    assert CLASS_KERNEL in kernels(hub.log_in("member").enter("member/"))
    assert CLASS_KERNEL not in kernels(hub.log_in("other").enter("other/"))


def test_a_profile_that_is_refused_is_not_started_and_not_in_the_form(hub):
    hub.start_servers("member/second", profile="gpu")
    hub.api("POST", "/users/other/servers/b", ok=(403,), profile="gpu")
    hub.wait(lambda: "The server profile 'gpu' is not available to you" in hub.log())
    assert not hub.is_ready("other/b")
    form = hub.log_in("other").open("/hub/spawn/other/b").text
    assert 'value="small"' in form
    assert 'value="gpu"' not in form
    assert 'value="gpu"' in hub.log_in("member").open("/hub/spawn/member/b").text


def test_without_a_profile_the_first_allowed_one_is_started(hub):
    hub.start_servers("other/plain")
    assert "kernelspecs" in hub.log_in("other").enter("other/plain").get("api/kernelspecs").json()


def test_a_program_that_is_not_jupyter_starts_as_before(hub):
    hub.start_servers("member/files", profile="files")
    page = hub.log_in("member").session.get(f"{hub.url}/user/member/files/", timeout=30)
    assert page.status_code == 404  # of http.server, which has no such file
    assert "http.server" not in hub.log().partition("Traceback")[2]


def test_jupyter_as_a_service_follows_the_policy_for_each_visitor(hub):
    browser = hub.log_in("member")
    grader = Visitor(browser.session, f"{hub.url}/services/formgrader")

    def is_let_in() -> bool:  # on a busy machine the service starts later than the Hub
        browser.open("/services/formgrader/files/nothing-here")
        return grader.get("scoped-launcher/context").status_code == 200

    hub.wait(is_let_in, 60)
    context = grader.context()
    assert context["user"] == "member"
    assert context["groups"] == ["class"]
    assert context["policy"]["state"] == "ok"
    assert CLASS_KERNEL in kernels(grader)
    hub.user("auditor")
    page = hub.log_in("auditor").open("/services/formgrader/files/nothing-here")
    assert page.status_code == 403


def test_a_shared_server_has_a_card_where_users_may_share_theirs(hub):
    """The role `user` has `shares!user`, so every server may become a shared one."""
    hub.start_servers("member/dash-1", profile="small")
    hub.share("member/dash-1", "other")
    visitor = hub.log_in("other").enter("other/")
    hub.wait(lambda: visitor.context()["shares"] == ["member/dash-1"], 10)
    assert hub.log_in("other").enter("member/dash-1").get("api/status").status_code == 200


def test_the_context_says_which_scopes_this_server_does_not_learn(hub):
    (warning,) = hub.log_in("other").enter("other/").context()["warnings"]
    assert "custom:desk:use" in warning
    assert "or may be shared" in warning
