"""A mail server on 127.0.0.1 that sends nothing on: it shows the mails that it takes on a web page.

usage: python scripts/mail_catcher.py

It prints two lines, the mail server's address and the page's URL, and runs until it is stopped.
"""

from __future__ import annotations

import html
import re
import signal
import socket
import sys
import threading
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Mails</title>
<style>
body {{ max-width: 48rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui }}
article {{ border: 1px solid; padding: 0 1rem; margin: 1rem 0 }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere }}
iframe {{ width: 100%; height: 15rem; border: 0; background: white; color-scheme: light }}
</style>
<h1>Mails ({count})</h1>
<p>Nobody gets them: this is a demonstration. Reload the page for new ones.</p>
{mails}
</html>
"""

MAIL = """<article>
<h2>{subject}</h2>
<p>From {sender} to {recipients}</p>
<iframe sandbox="allow-popups allow-popups-to-escape-sandbox" title="The mail as HTML"
srcdoc="&lt;base target=_blank&gt;{html}"></iframe>
<details><summary>The mail as text</summary><pre>{text}</pre></details>
</article>
"""


class MailCatcher:
    """Takes mails at ``smtp`` (``host:port``), and shows them at ``url``, the newest first."""

    def __init__(self) -> None:
        self._mails: list[str] = []
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self._smtp = Controller(self, hostname="127.0.0.1", port=port)
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.smtp = f"127.0.0.1:{port}"
        self.url = f"http://127.0.0.1:{self._http.server_port}/"

    def start(self) -> None:
        """Listens, in threads of its own."""
        self._smtp.start()
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Ends both servers."""
        self._smtp.stop()
        self._http.shutdown()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Takes a mail, as aiosmtpd calls it."""
        mail: Any = message_from_bytes(envelope.content, policy=policy.default)
        as_text, as_html = mail.get_body(("plain",)), mail.get_body(("html",))
        self._mails.insert(
            0,
            MAIL.format(
                subject=html.escape(str(mail["Subject"])),
                sender=html.escape(str(mail["From"])),
                recipients=html.escape(", ".join(envelope.rcpt_tos)),
                text=_with_links(as_text.get_content() if as_text else ""),
                html=html.escape(as_html.get_content() if as_html else ""),
            ),
        )
        return "250 OK"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        mails = self._mails

        class Page(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page = PAGE.format(count=len(mails), mails="".join(mails)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *_: Any) -> None:
                """Logs nothing."""

        return Page


def _with_links(text: str) -> str:
    """Returns the text as HTML, its web addresses as links."""
    words = [
        f'<a href="{html.escape(word)}">{html.escape(word)}</a>'
        if word.startswith(("http://", "https://"))
        else html.escape(word)
        for word in re.split(r"(\s+)", text)
    ]
    return "".join(words)


def main() -> int:
    catcher = MailCatcher()
    catcher.start()
    print(catcher.smtp, catcher.url, sep="\n", flush=True)
    try:
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    finally:
        catcher.stop()
    return 0


if __name__ == "__main__":
    # Before threads start, so that none of them takes the signals.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    sys.exit(main())
