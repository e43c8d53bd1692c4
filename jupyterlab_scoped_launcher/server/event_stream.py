"""Reads Server-Sent Events from an HTTP server until the connection ends.

Tornado's HTTP clients cannot end a request that they have sent. So this uses its connection itself,
which notices a silent network, too.
"""

from __future__ import annotations

import asyncio
import codecs
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from tornado.http1connection import HTTP1Connection, HTTP1ConnectionParameters
from tornado.httputil import HTTPHeaders, HTTPMessageDelegate, RequestStartLine, ResponseStartLine
from tornado.iostream import IOStream, StreamClosedError
from tornado.tcpclient import TCPClient

CONNECT_TIMEOUT_S = 10.0

MAX_EVENT_CHARS = 4 * 1024 * 1024
"""A longer event ends the connection."""

MAX_STREAM_BYTES = 1 << 40
"""Tornado limits a body; a stream has no length."""


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event of a stream."""

    name: str
    event_id: str
    data: str


class EventStreamError(Exception):
    """The stream cannot be read (any more). ``status`` is the HTTP status if it was no stream."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class EventParser:
    """Makes events of the text of a stream."""

    def __init__(self, on_event: Callable[[ServerEvent], None]) -> None:
        self._on_event = on_event
        self._rest = ""
        self._fields: dict[str, list[str]] = {}
        self._id = ""

    def feed(self, text: str) -> None:
        """Take the next piece of text. Raises `EventStreamError` if an event is too long."""
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._take_line(line.rstrip("\r"))
        if len(self._rest) > MAX_EVENT_CHARS:
            raise EventStreamError("an event is too long")

    def _take_line(self, line: str) -> None:
        if line.startswith(":"):
            return
        if line:
            key, _, value = line.partition(":")
            self._fields.setdefault(key, []).append(value.removeprefix(" "))
            return
        fields, self._fields = self._fields, {}
        self._id = fields.get("id", [self._id])[-1]
        if "data" in fields:
            name = fields.get("event", ["message"])[-1]
            self._on_event(ServerEvent(name, self._id, "\n".join(fields["data"])))


async def read_events(
    url: str,
    headers: Mapping[str, str],
    on_event: Callable[[ServerEvent], None],
    *,
    silence_s: float,
) -> None:
    """Call ``on_event`` with each event of the stream at ``url``, until it ends.

    A stream that is silent for ``silence_s`` has ended: a network can fail without a notice. Raises
    `EventStreamError` for everything but an end by the server.
    """
    try:
        stream = await asyncio.wait_for(_connect(url), CONNECT_TIMEOUT_S)
    except (OSError, StreamClosedError, asyncio.TimeoutError) as error:
        raise EventStreamError(f"no connection: {error!r}") from None
    try:
        await _read(stream, url, headers, on_event, silence_s)
    except (OSError, StreamClosedError) as error:
        raise EventStreamError(f"the connection failed: {error!r}") from None
    finally:
        stream.close()


async def _connect(url: str) -> IOStream:
    parts = urlsplit(url)
    is_tls = parts.scheme == "https"
    return await TCPClient().connect(
        parts.hostname or "127.0.0.1",
        parts.port or (443 if is_tls else 80),
        ssl_options=ssl.create_default_context() if is_tls else None,
    )


async def _read(
    stream: IOStream,
    url: str,
    headers: Mapping[str, str],
    on_event: Callable[[ServerEvent], None],
    silence_s: float,
) -> None:
    parts = urlsplit(url)
    connection = HTTP1Connection(
        stream, True, HTTP1ConnectionParameters(max_body_size=MAX_STREAM_BYTES)
    )
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    all_headers = HTTPHeaders({"Host": parts.netloc, "Accept": "text/event-stream", **headers})
    await connection.write_headers(RequestStartLine("GET", target, "HTTP/1.1"), all_headers)
    connection.finish()
    delegate = _Delegate(on_event)
    reading = asyncio.ensure_future(connection.read_response(delegate))
    try:
        while not reading.done():
            heard = delegate.heard
            await asyncio.wait([reading], timeout=silence_s)
            if not reading.done() and delegate.heard == heard:
                raise EventStreamError(f"silent for {silence_s:g} s")
        await reading
    finally:
        stream.close()
        reading.cancel()
    if delegate.error is not None:
        raise delegate.error
    if not delegate.is_complete:
        raise EventStreamError("the connection ended")


class _Delegate(HTTPMessageDelegate):
    """Takes the answer piece by piece."""

    def __init__(self, on_event: Callable[[ServerEvent], None]) -> None:
        self.heard = 0
        self.error: EventStreamError | None = None
        self.is_complete = False
        self._parser = EventParser(on_event)
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def headers_received(self, start_line: object, headers: HTTPHeaders) -> None:
        self.heard += 1
        status = start_line.code if isinstance(start_line, ResponseStartLine) else 0
        if status != 200:
            self.error = EventStreamError(f"answered {status}", status)
        elif not headers.get("Content-Type", "").startswith("text/event-stream"):
            self.error = EventStreamError("answered no stream", status)

    def data_received(self, chunk: bytes) -> None:
        self.heard += 1
        if self.error is None:
            try:
                self._parser.feed(self._decoder.decode(chunk))
            except EventStreamError as error:
                self.error = error

    def finish(self) -> None:
        self.is_complete = True
