"""The server extension ``ScopedLauncher``: its configuration and its routes.

Enabled by installing the package. Configured on the command line
(``jupyter lab --ScopedLauncher.policy_file=policy.yaml``), in Jupyter's configuration files, or by
the environment (``SCOPED_LAUNCHER_POLICY``).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.extension.application import ExtensionApp
from traitlets import CUnicode, Enum, Unicode, default

if TYPE_CHECKING:
    from .facts import HubFacts
    from .policy_store import PolicyStore


class ScopedLauncher(ExtensionApp):  # type: ignore[misc,unused-ignore]
    """Serves the launcher policy and the visitor's facts to JupyterLab."""

    name = "jupyterlab_scoped_launcher"
    description = "Shows and hides JupyterLab launcher cards by JupyterHub scopes and groups."

    policy_file = Unicode(
        help="""The launcher policy, a YAML or JSON file.

        A relative path starts where the server starts. Without it the environment variable
        SCOPED_LAUNCHER_POLICY names the file; without both, nothing is governed.
        """,
    ).tag(config=True)

    refresh = CUnicode(
        help="""How old a visible launcher's facts may get, for example "15s".

        Overrides the policy's `refresh`.
        """,
    ).tag(config=True)

    max_stale = CUnicode(
        help="""How long the last good facts are used while the Hub is away, for example "10m".

        Overrides the policy's `max_stale`.
        """,
    ).tag(config=True)

    on_invalid = Enum(
        ["hide_all", "show"],
        default_value="hide_all",
        help="""What the launcher does when the server starts with a policy that cannot be used.

        "hide_all": it shows no card at all. "show": it shows every card, as without a policy.
        In both cases a notification says so. A policy that becomes bad later changes nothing:
        the last good one stays in use.
        """,
    ).tag(config=True)

    policies: PolicyStore
    hub_facts: HubFacts | None = None

    @default("policy_file")
    def _policy_file_of_environment(self) -> str:
        return os.environ.get("SCOPED_LAUNCHER_POLICY", "")

    def initialize_settings(self) -> None:
        """Read the policy, so that the log says at start what is wrong with it."""
        from .outline import outlining
        from .policy_store import PolicyStore

        path = Path(self.policy_file).expanduser().absolute() if self.policy_file else None
        self.policies = PolicyStore(path, self.log, refresh=self.refresh, max_stale=self.max_stale)
        if self.policies.current().state == "missing":
            self.log.warning(
                "scoped-launcher: no policy file is configured, so every launcher card is shown."
                " Name one with --ScopedLauncher.policy_file=… or SCOPED_LAUNCHER_POLICY."
            )

        hook = self.settings.get("page_config_hook")
        self.settings["page_config_hook"] = outlining(self, hook)

    def initialize_handlers(self) -> None:
        """Add the routes."""
        from .handlers import ContextHandler, PolicyHandler

        self.handlers.extend(
            [
                (r"/scoped-launcher/context", ContextHandler),
                (r"/scoped-launcher/policy", PolicyHandler),
            ]
        )

    def facts_of_hub(self, hub_auth: Any) -> HubFacts:
        """Return the reader of facts at the Hub that ``hub_auth`` (a ``HubAuth``) speaks with."""
        if self.hub_facts is None:
            from jupyterhub.utils import make_ssl_context  # type: ignore[import-untyped,unused-ignore]

            from .facts import HubClient, HubFacts

            tls = make_ssl_context(hub_auth.keyfile, hub_auth.certfile, cafile=hub_auth.client_ca)
            self.hub_facts = HubFacts(HubClient(hub_auth.api_url, tls), self.log)
        return self.hub_facts

    async def stop_extension(self) -> None:
        """Close the connections to the Hub."""
        if self.hub_facts is not None:
            self.hub_facts.close()
