"""class1234-web: the question board of class 1234, a service that the Hub starts.

Users with the scope access:services!service=class1234-web can log in with the Hub's OAuth. The
questions are in the file that CLASS1234_WEB_FILE names.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
from pathlib import Path
from urllib.parse import urlparse

from jupyterhub.services.auth import HubOAuthCallbackHandler, HubOAuthenticated
from jupyterhub.utils import url_path_join
from tornado import web

MAX_QUESTION_LENGTH = 500
MAX_QUESTIONS = 100

PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Class 1234 workbench</title></head>
<body>
<h1>Class 1234 workbench</h1>
<p>You are {{ user }}.</p>
<form method="post">
  {% raw xsrf_form_html() %}
  <p><label for="question">Ask the class</label></p>
  <p><input id="question" name="question" size="80" maxlength="{{ longest }}" required>
  <button>Ask</button></p>
</form>
<h2>Questions</h2>
<ul>
{% for entry in questions %}<li><b>{{ entry["user"] }}</b>: {{ entry["question"] }}</li>
{% end %}
</ul>
</body>
</html>
"""


class Board(HubOAuthenticated, web.RequestHandler):
    """Shows the questions and accepts new ones, for users who may open this service."""

    def initialize(self, file: Path) -> None:
        self.file = file

    @web.authenticated
    def get(self) -> None:
        page = web.template.Template(PAGE)
        self.finish(
            page.generate(
                user=self.get_current_user()["name"],
                questions=self.questions(),
                longest=MAX_QUESTION_LENGTH,
                xsrf_form_html=self.xsrf_form_html,
            )
        )

    @web.authenticated
    def post(self) -> None:
        question = self.get_body_argument("question", "")[:MAX_QUESTION_LENGTH]
        if not question:
            raise web.HTTPError(400, "Write a question first")
        entry = {"user": self.get_current_user()["name"], "question": question}
        kept = [*self.questions(), entry][-MAX_QUESTIONS:]
        self.file.write_text(json.dumps(kept))
        self.redirect(self.request.path)

    def questions(self) -> list[dict[str, str]]:
        return json.loads(self.file.read_text()) if self.file.exists() else []


async def main() -> None:
    prefix = os.environ["JUPYTERHUB_SERVICE_PREFIX"]
    application = web.Application(
        [
            (prefix, Board, {"file": Path(os.environ["CLASS1234_WEB_FILE"])}),
            (url_path_join(prefix, "oauth_callback"), HubOAuthCallbackHandler),
        ],
        cookie_secret=secrets.token_bytes(32),
        xsrf_cookies=True,
    )
    url = urlparse(os.environ["JUPYTERHUB_SERVICE_URL"])
    application.listen(url.port, url.hostname)
    await asyncio.Event().wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):  # how the Hub stops its services
        asyncio.run(main())
