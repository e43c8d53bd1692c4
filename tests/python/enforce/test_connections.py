"""Open connections: what monitoring them costs, and what closes them."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from pathlib import Path
from typing import Any

import pytest

from jupyterlab_scoped_launcher.server.audit import SCHEMA_ID

pytest_plugins = ["pytest_jupyter.jupyter_server"]

POLICY = {
    "version": 1,
    "no_hub": "show",
    "refresh": "1s",
    "rules": [
        {"id": "terminals", "match": {"command": "terminal:*"}, "show_when": {"group": "x"}},
    ],
}


@pytest.fixture
def open_terminal(jp_serverapp: Any, jp_fetch: Any, jp_ws_fetch: Any, jp_asyncio_loop: Any):
    """Open terminals' websockets; end the terminals afterwards."""

    async def connect() -> Any:
        answer = await jp_fetch("api", "terminals", method="POST", body="{}")
        name = json.loads(answer.body)["name"]
        return await jp_ws_fetch("terminals", "websocket", name)

    yield connect
    jp_asyncio_loop.run_until_complete(jp_serverapp.web_app.settings["terminal_manager"].kill_all())


async def closed(connection: Any, output: list[Any] | None = None) -> bool:
    """Whether the server closes the connection within some seconds; ``output``: what it sent."""

    async def to_the_end() -> None:
        while (message := await connection.read_message()) is not None:
            if output is not None:
                output.append(json.loads(message))

    try:
        await asyncio.wait_for(to_the_end(), 10)
    except TimeoutError:
        return False
    return True


async def processor_s(seconds: float) -> float:
    """Return for how long this process computes while it has ``seconds`` of nothing to do."""
    start = time.process_time()
    await asyncio.sleep(seconds)
    return time.process_time() - start


async def test_a_connection_ends_with_the_permission(open_terminal, policy):
    connection = await open_terminal()
    policy.write_text(json.dumps({**POLICY, "no_hub": "hide"}))
    assert await closed(connection)


@pytest.mark.parametrize(
    ("message", "contact", "reason"),
    [
        ("50% presence: %s", "https://a.example/ask%20us", None),
        ("ü" * 100, None, "ü" * 61),  # 123 bytes would end within a character
        ("x" + "ü" * 61, None, None),
        ("𝄞" * 40, None, "𝄞" * 30),
    ],
)
async def test_the_reason_is_the_policys_text_as_far_as_it_fits(
    open_terminal, policy, message, contact, reason
):
    rule = {**POLICY["rules"][0], "message": message}
    expected = reason or message
    if contact:
        rule["contact"] = contact
        expected = f"{message} {contact}"
    connection = await open_terminal()
    policy.write_text(json.dumps({**POLICY, "no_hub": "hide", "rules": [rule]}))
    assert await closed(connection)
    assert (connection.close_code, connection.close_reason) == (1000, expected)


async def test_a_terminal_is_left_with_the_whole_sentence(open_terminal, policy):
    rule = {
        **POLICY["rules"][0],
        "message": "The exam\n has begun\x1b[2J: " + "no terminals. " * 20,
        "contact": "mailto:profx@example.edu",
    }
    connection = await open_terminal()
    output = []
    policy.write_text(json.dumps({**POLICY, "no_hub": "hide", "rules": [rule]}))
    assert await closed(connection, output)
    kinds = [kind for kind, *_ in output]
    assert "disconnect" not in kinds  # JupyterLab would close the tab
    assert output[-1] == [
        "stdout",
        "\r\n\r\nThe exam\r\n has begun [2J: "
        + "no terminals. " * 20
        + " Ask profx@example.edu. (command:terminal:create-new)\r\n",
    ]
    assert connection.close_code == 1000


async def test_a_terminal_takes_no_more_input_and_goes_on_for_others(
    open_terminal, policy, jp_serverapp, jp_ws_fetch, tmp_path
):
    await open_terminal()
    manager = jp_serverapp.web_app.settings["terminal_manager"]
    (terminal,) = manager.terminals.values()
    (handler,) = terminal.clients
    policy.write_text(json.dumps({**POLICY, "no_hub": "hide"}))
    for _ in range(100):
        if not terminal.clients:
            break
        await asyncio.sleep(0.1)
    assert terminal.clients == []
    assert handler.terminal is None
    # A client that does not answer the close frame could type for some seconds more.
    handler.on_message(json.dumps(["stdin", f"touch {tmp_path}/typed\r"]))
    await asyncio.sleep(0.5)
    assert not (tmp_path / "typed").exists()
    assert terminal.ptyproc.isalive()


async def test_without_a_message_the_reason_is_the_decision(open_terminal, policy):
    connection = await open_terminal()
    policy.write_text(json.dumps({**POLICY, "no_hub": "hide"}))
    assert await closed(connection)
    assert connection.close_reason.startswith("Hidden: ")


class TestMonitoringCostsNothing:
    @pytest.fixture(params=["no policy", "refresh 0s"])
    def jp_argv(self, request: pytest.FixtureRequest, policy: Path, jp_argv: list[str]):
        policy.write_text(json.dumps({**POLICY, "refresh": "0s"}))
        return jp_argv if request.param == "refresh 0s" else []

    async def test_while_a_terminal_is_open(self, open_terminal):
        await open_terminal()
        await processor_s(0.5)  # the shell starts
        assert await processor_s(2) < 0.5


async def test_one_failure_does_not_end_the_monitoring(open_terminal, policy, jp_serverapp):
    def fails(schema_id: str, data: dict[str, Any]) -> dict[str, Any]:
        raise RuntimeError("what the deployment has added to its event log")

    jp_serverapp.event_logger.register_handler(logging.NullHandler())
    jp_serverapp.event_logger.add_modifier(schema_id=SCHEMA_ID, modifier=fails)
    connections = [await open_terminal(), await open_terminal()]
    policy.write_text(json.dumps({**POLICY, "no_hub": "hide"}))
    assert [await closed(connection) for connection in connections] == [True, True]
