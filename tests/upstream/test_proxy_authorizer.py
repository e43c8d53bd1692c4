"""docs/upstream/proxy-authorizer.md: jupyter-server-proxy asks no authorizer."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
import websocket
from hubs import Visitor

MENDED = "mended: see docs/upstream/proxy-authorizer.md, and docs/explanation/security.md"

ECHO = """
import asyncio
from tornado import httpserver, netutil, web, websocket

class Echo(websocket.WebSocketHandler):
    async def on_message(self, message):
        await self.write_message(message)

async def main():
    sockets = netutil.bind_sockets(0, "127.0.0.1")
    httpserver.HTTPServer(web.Application([("/", Echo)])).add_sockets(sockets)
    print(sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""
"""A service that nobody has named to jupyter-server-proxy; prints its port."""


@pytest.fixture(scope="module")
def owner(start: Callable[[str], AbstractContextManager[Visitor]]) -> Iterator[Visitor]:
    with start("proxy-authorizer.md") as visitor:
        yield visitor


@pytest.fixture(scope="module")
def echo_port() -> Iterator[int]:
    command = [sys.executable, "-c", ECHO]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.kill()


def test_the_authorizer_denies_what_jupyter_server_answers(owner: Visitor) -> None:
    assert owner.get("api/contents").status_code == 403


def test_a_proxied_service_answers(owner: Visitor) -> None:
    assert owner.get("files/").status_code == 200, MENDED


def test_any_port_answers(owner: Visitor, echo_port: int) -> None:
    # 400 is the service's own answer: "Can "Upgrade" only to "WebSocket"".
    answer = owner.get(f"proxy/{echo_port}/")
    assert (answer.status_code, "WebSocket" in answer.text) == (400, True), MENDED


def test_a_websocket_opens(owner: Visitor, echo_port: int) -> None:
    base = owner.base.replace("http://", "ws://")
    token = owner.session.headers["Authorization"]
    try:
        connection = websocket.create_connection(
            f"{base}/proxy/{echo_port}/", header={"Authorization": token}, timeout=30
        )
    except websocket.WebSocketBadStatusException as error:
        pytest.fail(f"{MENDED}: {error}")
    connection.send("hello")
    assert connection.recv() == "hello"
    connection.close()


def test_who_is_not_logged_in_gets_nothing(owner: Visitor) -> None:
    import requests

    stranger = Visitor(requests.Session(), owner.base)
    assert stranger.get("files/").status_code in (302, 403)
