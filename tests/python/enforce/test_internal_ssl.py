"""A real Hub with ``internal_ssl``: each client of the Hub has the Hub's TLS settings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import command_line
import pytest
from hubs import Hub

pytestmark = pytest.mark.xdist_group("internal ssl")

POLICY = """
version: 1
refresh: 1s
grants: [{id: dashboards, to: {groups: [class]}, servers: "*/dash-*"}]
cards: [{id: dashboards, title: Dashboards, servers: "*/dash-*"}]
"""


class InternalSslHub(Hub):
    """A Hub whose own API, and that of its proxy, are HTTPS with certificates of its own."""

    def __init__(self, folder: Path) -> None:
        policy = folder / "policy.yaml"
        policy.write_text(POLICY)
        config = Path(__file__).with_name("internal_ssl_config.py")
        self.certificates = folder / "internal-ssl"
        super().__init__(folder, config, policy=str(policy), certificates=str(self.certificates))
        for name in ("hub_url", "proxy_api_url"):
            self.known[name] = self.known[name].replace("http:", "https:")
        self.internal_api_url = f"{self.known['hub_url']}/hub/api"
        self.api_url = f"{self.url}/hub/api"  # a test is outside


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InternalSslHub]:
    with InternalSslHub(tmp_path_factory.mktemp("internal-ssl")) as running:
        running.start_servers("profx/dash-1", "member/")
        yield running


def test_the_grants_service_shares_and_the_server_knows_it(hub):
    visitor = hub.log_in("member").enter("member/")
    hub.wait(lambda: visitor.context()["shares"] == ["profx/dash-1"])
    context = visitor.context()
    assert context["groups"] == ["class"]
    assert context["warnings"] == []
    assert hub.log_in("member").enter("profx/dash-1").get("api/status").status_code == 200
    assert "CERTIFICATE_VERIFY_FAILED" not in hub.log()


def test_the_page_of_the_service_opens(hub):
    hub.user("manager")
    page = hub.log_in("manager").open("/services/scoped-launcher/grants")
    assert page.status_code == 200
    assert "dashboards" in page.text


@pytest.mark.parametrize("inside", [True, False])
def test_the_command_line_reads_the_hub(hub, tmp_path, inside):
    """From inside by the Hub's own address, from outside by the public one."""
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "version: 1\nrules: [{id: r, match: {kernel: x}, show_when: {group: class}}]\n"
    )
    folder = hub.certificates
    environment = {
        "JUPYTERHUB_API_TOKEN": hub.known["token"],
        "JUPYTERHUB_API_URL": hub.internal_api_url,
        "JUPYTERHUB_SSL_KEYFILE": str(folder / "hub-internal/hub-internal.key"),
        "JUPYTERHUB_SSL_CERTFILE": str(folder / "hub-internal/hub-internal.crt"),
        "JUPYTERHUB_SSL_CLIENT_CA": str(folder / "hub-ca_trust.crt"),
    }
    url = hub.internal_api_url if inside else hub.url
    done = command_line.run("check", policy, "--hub", url, "--strict", **environment)
    assert done.returncode == 0, done.stdout + done.stderr
