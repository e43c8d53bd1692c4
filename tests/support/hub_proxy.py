"""A real HTTP server that forwards requests to a Hub's API, and can answer with faults instead."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FORWARDED_HEADERS = {"content-type", "x-jupyterhub-version", "location", "date", "retry-after"}


class HubProxy(ThreadingHTTPServer):
    """Forwards every request to ``target``, or lets ``fault`` answer those for ``fault_path``."""

    daemon_threads = True

    def __init__(self, target: str, fault_path: str = "/") -> None:
        super().__init__(("127.0.0.1", 0), ProxiedRequest)
        self.target = target
        self.fault_path = fault_path  # what a path must contain
        self.fault: Callable[[ProxiedRequest], Any] | None = None
        self.asked: list[str] = []  # the paths of GET requests, in order
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def api_url(self) -> str:
        return f"{self.url}/hub/api"

    @contextmanager
    def with_fault(self, fault: Callable[[ProxiedRequest], Any]) -> Iterator[None]:
        """Let ``fault`` answer while the block runs."""
        self.fault = fault
        try:
            yield
        finally:
            self.fault = None

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that went away: some are killed, some left waiting on purpose."""


class ProxiedRequest(BaseHTTPRequestHandler):
    """One request to the Hub."""

    server: HubProxy
    protocol_version = "HTTP/1.1"

    def any_method(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not self.is_change:
            self.server.asked.append(self.path)
        fault = self.server.fault
        if fault is not None and self.server.fault_path in self.path:
            fault(self)
        else:
            self.forward()

    do_GET = do_POST = do_PATCH = do_DELETE = any_method

    @property
    def is_change(self) -> bool:
        return self.command != "GET"

    @property
    def is_users(self) -> bool:
        """Whether a list of users is asked for."""
        return self.path.startswith("/hub/api/users?")

    def forward(self) -> None:
        self.answer(*self.ask())

    def ask(self) -> tuple[int, bytes, dict[str, str]]:
        """Ask the Hub, and return its status, body and headers."""
        request = urllib.request.Request(
            self.server.target + self.path,
            data=self.body or None,
            headers={k: v for k, v in self.headers.items() if k.lower() != "host"},
            method=self.command,
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read(), dict(answer.headers)
        except urllib.error.HTTPError as error:
            return error.code, error.read(), dict(error.headers)

    def answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response_only(status)
        if headers is None:
            headers = {"Content-Type": "application/json"}
        for name, value in headers.items():
            if name.lower() in FORWARDED_HEADERS:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass
