"""Whether JupyterLab's page loads this package's labextension.

It must not in a JupyterLab that is too old. And it must while a policy is in use, although users
may disable extensions for themselves: JupyterLab reads their choice from their home, also where
JupyterHub's ``Spawner.disable_user_config`` is set, and enforces no lock on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata
from typing import TYPE_CHECKING, Any

from packaging.version import Version

if TYPE_CHECKING:
    from logging import Logger

LABEXTENSION = "jupyterlab-scoped-launcher"

DISABLED = "disabledExtensions"
"""The key of the page's configuration."""

FIRST_USABLE = Version("4.0.0")
"""In JupyterLab 3 the labextension would leave the launcher without any card."""

FIRST_SUPPORTED = Version("4.4.0")


def lab_version() -> Version | None:
    """Return the version of the installed JupyterLab; None if there is none."""
    try:
        return Version(metadata.version("jupyterlab"))
    except metadata.PackageNotFoundError:
        return None


def is_labextension_usable() -> bool:
    """Return whether the page may load the labextension."""
    version = lab_version()
    return version is None or version >= FIRST_USABLE


def report_unsupported(log: Logger) -> None:
    """Log that the installed JupyterLab is not supported, if that is so."""
    version = lab_version()
    if version is None or version >= FIRST_SUPPORTED:
        return
    if version >= FIRST_USABLE:
        log.warning(
            "scoped-launcher: JupyterLab %s is not supported: install %s or later. The launcher"
            " may not follow the policy.",
            version,
            FIRST_SUPPORTED,
        )
        return
    log.error(
        "scoped-launcher: JupyterLab %s is not supported: install %s or later. Its page does not"
        " load the labextension, so its launcher shows every card but those of kernels that the"
        " visitor may not use. The server still refuses what the policy refuses.",
        version,
        FIRST_SUPPORTED,
    )


def without_labextension(page_config: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration of JupyterLab's page without this package's labextension."""
    extensions = [
        extension
        for extension in page_config.get("federated_extensions", [])
        if extension.get("name") != LABEXTENSION
    ]
    return {**page_config, "federated_extensions": extensions}


def with_labextension(page_config: dict[str, Any], handler: Any, log: Logger) -> dict[str, Any]:
    """Return the configuration of the page of ``handler`` with the labextension enabled.

    What an admin has disabled stays so: in ``sys.prefix``, for the whole system, or in the
    directory of the application (a ``LabServerApp``).
    """
    disabled = page_config.get(DISABLED, [])
    ours = set(filter(_is_ours, disabled))
    if not ours or any(map(_is_ours, _disabled_by_admins(handler.extensionapp))):
        return page_config
    log.info("scoped-launcher: the page loads %s, which its user has disabled", sorted(ours))
    return {**page_config, DISABLED: [name for name in disabled if name not in ours]}


def _is_ours(name: Any) -> bool:
    """Return whether this is the name of the labextension, or of one of its plugins."""
    return isinstance(name, str) and name.partition(":")[0] == LABEXTENSION


def _disabled_by_admins(app: Any) -> Iterator[str]:
    """Yield the names of extensions that are disabled otherwise than in the user's home."""
    from jupyter_server.services.config.manager import ConfigManager
    from jupyterlab_server.config import get_static_page_config

    system = get_static_page_config(level="sys_prefix", include_higher_levels=True)
    manager: Any = ConfigManager(read_config_path=[app.app_settings_dir])
    for configured in (system, manager.get("page_config")):
        names = configured.get(DISABLED, {})
        is_list = isinstance(names, list)
        yield from names if is_list else (name for name, is_off in names.items() if is_off)
