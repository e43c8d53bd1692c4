"""Where the Hub tells changes, and where users' servers subscribe."""

from __future__ import annotations

import hmac
import json
import socket

from ...hub_api import HubError
from ..api_handler import ApiHandler
from .authentication import NotAllowed
from .subscribers import Subscriber

SEND_BUFFER_BYTES = 32 * 1024
"""The system's buffer for each subscriber, which reads a few hundred bytes at a time."""


class HubChangesHandler(ApiHandler):
    """``POST api/hub-changes``: the Hub tells what it has changed."""

    def post(self) -> None:
        """Take the changes, and answer what the Hub should tell, too."""
        key, sent = self.service.settings.hub_key, self.credentials("bearer")
        if not key or not hmac.compare_digest(key.encode(), sent.encode()):
            self.fail(403, "Only the Hub tells changes.")
            return
        if not self.service.is_running:
            self.fail(503, "Another service runs.")
            return
        try:
            answer = self.service.changes.take(json.loads(self.request.body))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            self.service.log_event("changes_malformed", problem=str(error))
            self.fail(400, "The changes are not as the Hub writes them.")
            return
        self.finish(answer)


class ChangesHandler(ApiHandler):
    """``GET api/changes?server=OWNER/NAME``: Server-Sent Events for one user's server.

    The request has the server's own token. Events are ``facts`` (the owner's, whole) and
    ``current`` (the last facts that this server has read are still so).
    """

    async def get(self) -> None:
        """Write events until the connection ends."""
        server = self.get_query_argument("server", "")
        token = self.server_token()
        if not token:
            return
        if not self.service.is_running:
            self.fail(503, "Another service runs.", 10)
            return
        changes = self.service.changes
        try:
            identity, facts = await changes.identify(token, server)
        except NotAllowed as refused:
            self.service.log_event("subscription_refused", server=server, reason=str(refused))
            self.fail(403, "This token may not subscribe for this server.")
            return
        except HubError as error:
            self.service.log_event("subscription_failed", server=server, problem=str(error))
            self.fail(503, "The Hub cannot confirm this token right now.", 5)
            return
        self._limit_send_buffer()
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("X-Accel-Buffering", "no")
        self._subscriber = Subscriber(identity, self._write_text)
        if self._is_closed:
            return
        await changes.serve(self._subscriber, facts, self.request.headers.get("Last-Event-ID", ""))

    _is_closed = False
    _subscriber: Subscriber | None = None

    async def _write_text(self, text: str) -> None:
        self.write(text)
        await self.flush()

    def on_connection_close(self) -> None:
        """End with the connection."""
        self._is_closed = True
        if self._subscriber is not None:
            self._subscriber.end()

    def _limit_send_buffer(self) -> None:
        stream = getattr(self.request.connection, "stream", None)
        connection = getattr(stream, "socket", None)
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
