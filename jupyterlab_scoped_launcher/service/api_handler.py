"""What the routes for programs have in common."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tornado.web import RequestHandler

if TYPE_CHECKING:
    from .app import Service


class ApiHandler(RequestHandler):
    """What programs ask: no cookies, no pages, no caches."""

    def initialize(self, service: Service) -> None:
        """Take the service that answers."""
        self.service = service

    def set_default_headers(self) -> None:
        """Say that no cache may keep an answer."""
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")

    def fail(self, status: int, message: str, retry_after_s: float = 0.0) -> None:
        """Answer an error as JSON."""
        self.set_status(status)
        if retry_after_s:
            self.set_header("Retry-After", str(round(retry_after_s)))
        self.finish(json.dumps({"message": message}))

    def credentials(self, scheme: str) -> str:
        """Return what the request sends as its authorization by ``scheme``."""
        kind, _, value = self.request.headers.get("Authorization", "").partition(" ")
        return value.strip() if kind.lower() == scheme else ""

    def server_token(self) -> str:
        """Return the token of a user's server; "" if there is none, which is then answered."""
        token = self.credentials("token") or self.credentials("bearer")
        if not token:
            self.fail(403, "Send “Authorization: token …” with the server's own token.")
        return token
