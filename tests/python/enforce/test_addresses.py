"""Proxied services by other ways than jupyter-server-proxy's own names and ports."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from jupyter_server_proxy.handlers import ProxyHandler
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClosedError, websocket_connect

pytest_plugins = ["pytest_jupyter.jupyter_server"]

POLICY = {
    "version": 1,
    "rules": [
        {"id": "class", "match": {"proxy": "class-*"}, "show_when": {"group": "x"}},
    ],
}


class Dashboards(ProxyHandler):
    """As other packages make one (dask-labextension): leads to the address in its path."""

    async def http_get(self, address: str, path: str) -> Any:
        return await self.proxy(*address.split(":"), path)

    async def open(self, address: str, path: str) -> Any:
        return await self.proxy_open(*address.split(":"), path)


@pytest.fixture(params=["hide", "show"])
def no_hub(request: pytest.FixtureRequest) -> str:
    """Whether the visitor is refused what is governed."""
    return str(request.param)


@pytest.fixture
def jp_argv(tmp_path: Path, no_hub: str) -> list[str]:
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps({**POLICY, "no_hub": no_hub}))
    return [f"--ScopedLauncher.policy_file={policy}"]


@pytest.fixture
def jp_server_config(service_ports: dict[str, int]) -> dict[str, Any]:
    extensions = {"jupyterlab_scoped_launcher": True, "jupyter_server_proxy": True}
    return {
        "ServerApp": {"jpserver_extensions": extensions},
        "ServerProxy": {
            "servers": {name: {"port": port} for name, port in service_ports.items()},
            "host_allowlist": lambda handler, host: True,
        },
    }


@pytest.fixture
def address(http_server_client: Any, jp_http_port: int, jp_base_url: str) -> str:
    """Where the server of ``http_server_client`` answers."""
    return f"127.0.0.1:{jp_http_port}{jp_base_url}"


@pytest.fixture
def status(jp_serverapp: Any, address: str, jp_auth_header: dict[str, str]):
    """Ask the server for a path as it is written, and return the status."""

    async def ask(path: str) -> int:
        request = HTTPRequest(f"http://{address}{path}", headers=jp_auth_header, request_timeout=10)
        try:
            return int((await AsyncHTTPClient().fetch(request)).code)
        except HTTPClientError as error:
            return int(error.code)

    return ask


@pytest.fixture
def port(service_ports: dict[str, int]) -> int:
    return service_ports["class-fixed"]


HOSTS_THAT_ARE_MORE = [
    "localhost%3A{port}%2F%3F",
    "localhost%3A{port}%2Fq%23",
    "localhost%3A{port}%2F",
    "localhost%3A{port}%5C",
    "x%40localhost%3A{port}%2F",
    "localhost%3A{port}%3F",
    "localhost%3A{port}%20",
    "%0Alocalhost%3A{port}%23",
    "%3A%3A1",
    "%5Bx%5D%3A{port}%2F%5B%3A%3A1%5D",
]


@pytest.mark.parametrize("host", HOSTS_THAT_ARE_MORE)
async def test_a_host_that_is_more_than_a_host_is_refused(status, host, port):
    for way in ("proxy", "proxy/absolute"):
        assert await status(f"{way}/{host.format(port=port)}:1/x") == 400


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1", "%C2%B2", "%5B%3A%3A1%5D"])
async def test_other_hosts_are_decided_by_port(status, host, port, no_hub):
    """Also those that look like a number, and those in brackets; not all of them exist."""
    answer = await status(f"proxy/{host}:{port}/x")
    assert (answer == 403) == (no_hub == "hide")
    assert answer == 200 or host.startswith("%") or no_hub == "hide"


async def test_a_port_of_too_many_digits_is_refused(status):
    assert await status(f"proxy/{'9' * 5000}/") == 400


@pytest.fixture
def dashboards(jp_serverapp: Any, jp_base_url: str) -> None:
    route = rf"{jp_base_url}dashboards/([^/]+)(/.*)"
    jp_serverapp.web_app.add_handlers(".*", [(route, Dashboards)])


@pytest.mark.parametrize("spelling", ["localhost:{0}", "localhost:0{0}", "localhost:{1}"])
async def test_handlers_of_other_packages_are_decided_by_their_address(
    dashboards, status, service_ports, no_hub, spelling
):
    def way(name: str) -> str:
        port = service_ports[name]
        return f"dashboards/{spelling.format(port, port + 65536)}/x"

    assert await status(way("class-fixed")) == (200 if no_hub == "show" else 403)
    assert await status(way("open-tools")) == 200


async def test_websockets_of_other_packages_are_decided_too(
    dashboards, address, jp_auth_header, port, no_hub
):
    url = f"ws://{address}dashboards/localhost:{port}/ws"
    connection = await websocket_connect(HTTPRequest(url, headers=jp_auth_header))
    answer = None
    with suppress(WebSocketClosedError):
        await connection.write_message("hello")
        answer = await asyncio.wait_for(connection.read_message(), 10)
    assert answer == ("hello" if no_hub == "show" else None)


class TestTwoEntriesOfOneName:
    @pytest.fixture
    def jp_argv(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jp_argv: list[str]):
        """Let an installed package bring an entry that is configured too, on another port."""
        package = tmp_path / "packages"
        about = package / "twin-1.0.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: twin\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(
            "[jupyter_serverproxy_servers]\nclass-fixed = twin:entry\n"
        )
        (package / "twin.py").write_text("def entry():\n    return {'port': 1}\n")
        monkeypatch.syspath_prepend(package)
        return jp_argv

    async def test_are_both_decided_by_port(self, status, port, no_hub):
        for way in (f"proxy/{port}/", "proxy/1/"):
            assert (await status(way) == 403) == (no_hub == "hide")
