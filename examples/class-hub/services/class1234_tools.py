"""class1234-tools: finds the first syntax error of a Python program, or the names that it uses.

usage: class1234_tools.py SOCKET

A small web application in the user's own server, behind jupyter-server-proxy. It listens on a Unix
socket, stores nothing, and parses programs without running them.
"""

from __future__ import annotations

import ast
import asyncio
import builtins
import contextlib
import sys
from typing import NamedTuple

from tornado import httpserver, netutil, web

PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Class 1234 tools</title></head>
<body>
<h1>Class 1234 tools: does it parse?</h1>
<form>
  <p><label for="code">Your Python program</label></p>
  <p><textarea id="code" name="code" rows="12" cols="80">{{ code }}</textarea></p>
  <p><button>Check</button></p>
</form>
<div role="status">
{% if code %}
  <p>{{ report.sentence }}</p>
  {% if report.names %}<p>Names it uses: {{ ", ".join(report.names) }}</p>{% end %}
{% end %}
</div>
</body>
</html>
"""


class Report(NamedTuple):
    """What the page says about a program."""

    sentence: str
    names: list[str]


def check(code: str) -> Report:
    """Parses `code` and reports its first syntax error, or the names that it uses."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        where = f"Line {line}: " if line else ""
        return Report(f"{where}{getattr(error, 'msg', error)}.", [])
    except (RecursionError, MemoryError):
        return Report("That is nested too deeply to be parsed.", [])
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return Report("It parses.", sorted(names - set(dir(builtins))))


class Page(web.RequestHandler):
    """The page: the form, and the report on the program that was sent with it."""

    def get(self) -> None:
        code = self.get_query_argument("code", "", strip=False)
        page = web.template.Template(PAGE)
        self.finish(page.generate(code=code, report=check(code)))


async def main(socket_path: str) -> None:
    server = httpserver.HTTPServer(web.Application([(r"/", Page)]))
    server.add_socket(netutil.bind_unix_socket(socket_path, mode=0o600))
    await asyncio.Event().wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(sys.argv[1]))
