"""The language in which a visitor is answered."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ..translations import (
    MAX_LANGUAGE_CHARS,
    Translation,
    accepted_languages,
    translation,
)

if TYPE_CHECKING:
    from jupyter_server.base.handlers import JupyterHandler

SYSTEM_LANGUAGE = "default"
"""JupyterLab's setting for the language of the machine that the server runs on."""


def request_translation(handler: JupyterHandler) -> Translation:
    """Return the texts in the language of JupyterLab's settings, or else of the browser.

    The policy's own texts are taken in the first language that the browser accepts, and this
    package's in the first for which there is a catalogue.
    """
    if configured := _configured_language(handler):
        return translation(configured)
    accepted = accepted_languages(handler.request.headers.get("Accept-Language", ""))
    return translation(*accepted)


def _configured_language(handler: JupyterHandler) -> str | None:
    """Return the language that this server's JupyterLab is set to; None if that is the default.

    JupyterLab's settings belong to the server: its visitors see the same language in the page.
    """
    if find_spec("jupyterlab_server") is None:
        return None
    from jupyterlab_server import LabServerApp
    from jupyterlab_server.settings_utils import get_settings
    from jupyterlab_server.translation_utils import L10N_SCHEMA_NAME

    server: Any = handler.serverapp
    extensions = server.extension_manager.extension_apps
    for app in (app for apps in extensions.values() for app in apps):
        if not isinstance(app, LabServerApp):
            continue
        try:
            found: dict[str, Any] = get_settings(
                app.app_settings_dir,
                app.schemas_dir,
                app.user_settings_dir,
                schema_name=L10N_SCHEMA_NAME,
                labextensions_path=[*app.extra_labextensions_path, *app.labextensions_path],
            )[0]
            default = found["schema"].get("properties", {}).get("locale", {}).get("default")
            language = found["settings"].get("locale", default)
        except Exception:  # files that anybody may have written; JupyterLab reports them
            handler.log.debug("scoped-launcher: JupyterLab's language is unknown", exc_info=True)
            continue
        if isinstance(language, str) and language not in ("", SYSTEM_LANGUAGE):
            return language[:MAX_LANGUAGE_CHARS]
    return None
