"""The routes: which formats a visitor may use, and an exported notebook."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import nbformat
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.utils import ensure_async
from nbconvert.exporters import get_exporter
from tornado import web

from jupyterlab_scoped_launcher import Card, may, requires_card

FORMATS = ("html", "markdown", "script")


def card_of(handler: JupyterHandler, export_format: str, *_: str) -> Card:
    """Return the card of an export: a rule matches its command, and its format by ``args``."""
    return Card(
        "command",
        "notebook-exporter:export",
        title="Export notebook",
        args={"format": export_format},
    )


class FormatsHandler(APIHandler):
    """``GET notebook-exporter/formats``: the formats, and why the visitor may not use some."""

    @web.authenticated
    async def get(self) -> None:
        """Answer ``{format: null, or why not}``."""
        answer: dict[str, Any] = {}
        for name in FORMATS:
            decision = await may(self, card_of(self, name))
            answer[name] = None if decision else decision.message or decision.explanation
        self.finish(json.dumps(answer))


class ExportHandler(JupyterHandler):
    """``GET notebook-exporter/export/FORMAT/PATH``: a notebook in another format."""

    auth_resource = "contents"

    @web.authenticated
    @authorized
    @requires_card(card_of)
    async def get(self, export_format: str, path: str) -> None:
        """Answer the exported notebook."""
        if export_format not in FORMATS:
            raise web.HTTPError(404)
        model = await ensure_async(self.contents_manager.get(path, type="notebook"))
        notebook = nbformat.from_dict(model["content"])
        exporter = get_exporter(export_format)()
        body, _ = await asyncio.to_thread(exporter.from_notebook_node, notebook)
        self.set_header("Content-Type", f"{exporter.output_mimetype}; charset=UTF-8")
        self.set_header("Content-Security-Policy", "sandbox")  # a notebook may have scripts
        self.finish(body)
