"""Tells the Hub service of changes, from a thread of its own.

The Hub's requests do not wait for it. What cannot be sent is kept and sent later, up to a limit.
Beyond that it is lost, and the service is told so: it then reads the Hub's lists.
"""

from __future__ import annotations

import http.client
import json
import logging
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

from .traitlets_config import hub_log

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..changes import Change

MAX_WAITING = 20_000
"""Changes that are kept while the service does not take them."""

MAX_BATCH = 2_000
"""Changes in one request."""

IDLE_S = 5.0
"""How often the service is asked what it wants, without changes."""

TIMEOUT_S = 5.0

MAX_RETRY_S = 5.0


class ChangeSender:
    """Sends changes to ``url`` in order, with ``key`` as the proof that they are the Hub's.

    ``answer`` is called, in the sender's thread, with what the service answers.
    """

    def __init__(
        self, url: str, key: str, answer: Callable[[dict[str, Any]], None] = lambda _: None
    ) -> None:
        self._address = urlsplit(url)
        self._key = key
        self._answer = answer
        self._run = uuid4().hex
        self._waiting: deque[Change] = deque()
        self._first = 0  # the number of the first change that waits
        self._losses = 0  # so often changes were lost
        self._told_losses = 0
        self._wakened = threading.Condition()
        self._is_stopped = False
        self._failure = ""
        self._connection: http.client.HTTPConnection | None = None
        self._thread = threading.Thread(
            target=self._send_forever, name="scoped-launcher-changes", daemon=True
        )

    def start(self) -> None:
        """Start the thread. It ends with the process."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        with self._wakened:
            self._is_stopped = True
            self._wakened.notify()

    def put(self, changes: list[Change]) -> None:
        """Send these changes soon. Returns at once."""
        with self._wakened:
            self._waiting.extend(changes)
            while len(self._waiting) > MAX_WAITING:
                self._waiting.popleft()
                self._first += 1
                self._losses += 1
            self._wakened.notify()

    def lose(self) -> None:
        """Tell the service soon that a change was lost."""
        with self._wakened:
            self._losses += 1
            self._wakened.notify()

    def _send_forever(self) -> None:
        retry_s = 0.0
        while True:
            with self._wakened:
                if not (self._waiting or self._losses > self._told_losses or self._is_stopped):
                    self._wakened.wait(IDLE_S)
                if self._is_stopped:
                    return
                first, losses = self._first, self._losses
                batch = [self._waiting[n] for n in range(min(len(self._waiting), MAX_BATCH))]
            body = {
                "run": self._run,
                "first": first,
                "lost": losses > self._told_losses,
                "changes": batch,
            }
            try:
                answer = self._post(body)
            except Exception as error:  # whatever it is, the Hub must not notice
                self._note_failure(error)
                retry_s = min(max(retry_s * 2, 0.1), MAX_RETRY_S)
                time.sleep(retry_s)
                continue
            retry_s = 0.0
            self._failure = ""
            with self._wakened:
                sent = max(first + len(batch) - self._first, 0)  # some may be lost meanwhile
                for _ in range(sent):
                    self._waiting.popleft()
                self._first += sent
                self._told_losses = losses
            self._answer(answer)

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Send one request. Raises whatever goes wrong."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection(
                self._address.hostname or "127.0.0.1", self._address.port, timeout=TIMEOUT_S
            )
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        try:
            self._connection.request("POST", self._address.path, json.dumps(body), headers)
            answer = self._connection.getresponse()
            content = answer.read()
        except Exception:
            self._connection.close()
            self._connection = None
            raise
        if answer.status != 200:
            raise OSError(f"the service answered {answer.status}")
        found = json.loads(content)
        if not isinstance(found, dict):
            raise ValueError("the service answered no object")
        return found

    def _note_failure(self, error: Exception) -> None:
        """Log the first of several equal failures; users' servers poll meanwhile.

        A service that does not listen is being started, and no reason to warn.
        """
        if self._failure != str(error):
            self._failure = str(error)
            level = logging.INFO if isinstance(error, ConnectionError) else logging.WARNING
            hub_log().log(level, "scoped-launcher: the service does not take changes: %s", error)
