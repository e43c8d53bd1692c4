"""The client of a stream, against a real HTTP server that does what servers do when they fail."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest

from jupyterlab_scoped_launcher.server.event_stream import (
    EventParser,
    EventStreamError,
    ServerEvent,
    read_events,
)

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def chunk(text: str) -> bytes:
    data = text.encode()
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def read(answer: Answer, silence_s: float = 1.0) -> tuple[list[ServerEvent], str, int | None]:
    """Read from a server that answers so; return the events, the error and its status."""
    events: list[ServerEvent] = []

    async def run() -> tuple[str, int | None]:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            request = (await reader.readuntil(b"\r\n\r\n")).decode()
            assert request.startswith("GET /events?server=ann%2F HTTP/1.1\r\n")
            assert "Authorization: token secret" in request
            await answer(reader, writer)

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        try:
            await asyncio.wait_for(
                read_events(
                    f"http://127.0.0.1:{port}/events?server=ann%2F",
                    {"Authorization": "token secret"},
                    events.append,
                    silence_s=silence_s,
                ),
                20,
            )
        except EventStreamError as error:
            return str(error), error.status
        finally:
            server.close()
        return "", None

    return events, *asyncio.run(run())


def test_events_come_as_they_are_sent():
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED + chunk("retry: 1000\n\n: heartbeat\n\nid: 1\nevent: facts\nda"))
        await writer.drain()
        await asyncio.sleep(0.1)
        writer.write(chunk('ta: {"groups": ["ü"]}\n\nid: 2\r\ndata: a\r\ndata: b\r\n\r\n'))
        writer.write(chunk("event: nothing\n\n") + b"0\r\n\r\n")
        writer.close()

    events, problem, _ = read(answer)
    assert events == [
        ServerEvent("facts", "1", '{"groups": ["ü"]}'),
        ServerEvent("message", "2", "a\nb"),
    ]
    assert problem == ""


def test_a_stream_of_an_http_1_0_proxy():
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"Connection: close\r\n\r\ndata: x\n\n")
        await writer.drain()
        writer.close()

    events, _, _ = read(answer)
    assert events == [ServerEvent("message", "", "x")]


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", 403),
        (b"HTTP/1.1 503 No\r\nContent-Length: 3\r\n\r\nbad", 503),
        (b"HTTP/1.1 302 Found\r\nLocation: /hub/login\r\nContent-Length: 0\r\n\r\n", 302),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi", 200),
    ],
)
def test_what_is_no_stream(head, status):
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        await writer.drain()

    events, problem, found = read(answer)
    assert (events, found) == ([], status)
    assert problem


def test_a_network_that_fails_silently_is_noticed():
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED + chunk("data: x\n\n"))
        await writer.drain()
        await asyncio.sleep(15)

    events, problem, _ = read(answer, silence_s=0.3)
    assert len(events) == 1
    assert problem == "silent for 0.3 s"


def test_heartbeats_keep_a_stream():
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED)
        for _ in range(8):
            writer.write(chunk(":\n\n"))
            await writer.drain()
            await asyncio.sleep(0.2)
        writer.write(chunk("data: x\n\n") + b"0\r\n\r\n")
        await writer.drain()

    events, problem, _ = read(answer, silence_s=0.8)
    assert (len(events), problem) == (1, "")


@pytest.mark.parametrize("sent", [b"", CHUNKED, CHUNKED + b"ff\r\nid: 1\n", b"no HTTP\r\n\r\n"])
def test_a_connection_that_breaks(sent):
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        await writer.drain()
        writer.transport.abort() if sent else writer.close()

    events, problem, _ = read(answer)
    assert events == []
    assert problem


def test_an_endless_event_ends_the_stream():
    parser = EventParser(lambda _: None)
    parser.feed("data: " + "x" * 1_000_000)
    with pytest.raises(EventStreamError, match="too long"):
        parser.feed("x" * 4_000_000)


def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    async def run() -> None:
        with pytest.raises(EventStreamError, match="no connection"):
            await read_events(f"http://127.0.0.1:{port}/", {}, lambda _: None, silence_s=1)

    asyncio.run(run())
