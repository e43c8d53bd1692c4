"""A server extension that exports notebooks, in formats that depend on who asks."""

from __future__ import annotations

from typing import Any

from jupyter_server.utils import url_path_join

from .handlers import ExportHandler, FormatsHandler


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "notebook_exporter"}]


def _load_jupyter_server_extension(server: Any) -> None:
    base_url = server.web_app.settings["base_url"]
    routes = [
        (url_path_join(base_url, "notebook-exporter/formats"), FormatsHandler),
        (url_path_join(base_url, r"notebook-exporter/export/(\w+)/(.+\.ipynb)"), ExportHandler),
    ]
    server.web_app.add_handlers(".*$", routes)
