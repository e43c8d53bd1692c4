"""Serves the pages."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlparse

from jupyterhub.services.auth import HubOAuthCallbackHandler
from tornado.httpserver import HTTPServer
from tornado.web import Application

from ...changes import CHANGES_PATH, HUB_CHANGES_PATH, REQUESTS_PATH
from ..changes.handlers import ChangesHandler, HubChangesHandler
from ..requests.handlers import RequestsHandler
from .base import PageHandler, limit_auth_cache
from .classes import ClassHandler
from .grants import GrantsPageHandler
from .health import HealthHandler, MetricsHandler, StatusHandler
from .home import HomeHandler
from .join import JoinHandler

if TYPE_CHECKING:
    from ..app import Service

TEMPLATES = Path(__file__).parent / "templates"


class StyleHandler(PageHandler):
    """The style of the pages."""

    def get(self) -> None:
        """Answer the style sheet."""
        self.set_header("Content-Type", "text/css; charset=utf-8")
        self.finish((TEMPLATES / "style.css").read_bytes())


def listen(service: Service, url: str, prefix: str) -> HTTPServer:
    """Serve the pages under ``prefix`` on the address of ``url`` (both from the Hub)."""
    limit_auth_cache()
    options = {"service": service}
    application = Application(
        [
            (prefix, HomeHandler, options),
            (f"{prefix}grants", GrantsPageHandler, options),
            (f"{prefix}join/([^/]+)", JoinHandler, options),
            (f"{prefix}classes/([^/]+)", ClassHandler, options),
            (f"{prefix}oauth_callback", HubOAuthCallbackHandler),
            (f"{prefix}style.css", StyleHandler, options),
            (f"{prefix}health", HealthHandler, options),
            (f"{prefix}metrics", MetricsHandler, options),
            (f"{prefix}api/status", StatusHandler, options),
            (prefix + CHANGES_PATH, ChangesHandler, options),
            (prefix + HUB_CHANGES_PATH, HubChangesHandler, options),
            (prefix + REQUESTS_PATH, RequestsHandler, options),
        ],
        cookie_secret=secrets.token_bytes(32),
        template_path=str(TEMPLATES),
        log_function=lambda _: None,  # the Hub's proxy logs requests; a callback's URL has a code
    )
    address = urlparse(url)
    return application.listen(address.port or 80, address.hostname or "127.0.0.1")
