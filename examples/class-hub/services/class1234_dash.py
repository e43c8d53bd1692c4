"""A dashboard of class 1234: what a named server `dash-…` of the instructor runs.

The Hub starts it instead of JupyterLab. Its owner and the users it is shared with can open it. It
shows how many questions each student has asked on the workbench, and cannot change anything.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
from collections import Counter
from pathlib import Path
from urllib.parse import urlparse

from jupyterhub.services.auth import HubOAuthCallbackHandler, HubOAuthenticated
from jupyterhub.utils import url_path_join
from tornado import web

PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Class 1234 dashboard</title></head>
<body>
<h1>Class 1234 dashboard</h1>
<p>You are {{ user }}.</p>
<table>
<caption>Questions on the workbench</caption>
<tr><th scope="col">Student</th><th scope="col">Questions</th></tr>
{% for name, count in counts %}<tr><td>{{ name }}</td><td>{{ count }}</td></tr>
{% end %}
</table>
</body>
</html>
"""


class Dashboard(HubOAuthenticated, web.RequestHandler):
    """The page, for users who may open this server."""

    def initialize(self, file: Path) -> None:
        self.file = file

    @web.authenticated
    def get(self) -> None:
        questions = json.loads(self.file.read_text()) if self.file.exists() else []
        counts = Counter(question["user"] for question in questions)
        page = web.template.Template(PAGE)
        user = self.get_current_user()["name"]
        self.finish(page.generate(user=user, counts=counts.most_common()))


async def main() -> None:
    prefix = os.environ["JUPYTERHUB_SERVICE_PREFIX"]
    application = web.Application(
        [
            (prefix, Dashboard, {"file": Path(os.environ["CLASS1234_WEB_FILE"])}),
            (url_path_join(prefix, "oauth_callback"), HubOAuthCallbackHandler),
        ],
        cookie_secret=secrets.token_bytes(32),
    )
    url = urlparse(os.environ["JUPYTERHUB_SERVICE_URL"])
    application.listen(url.port, url.hostname)
    await asyncio.Event().wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
