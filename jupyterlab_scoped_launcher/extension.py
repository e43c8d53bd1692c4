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
from traitlets import Bool, CUnicode, Enum, Unicode, default

if TYPE_CHECKING:
    from jupyter_server.base.handlers import JupyterHandler

    from .facts import HubFacts, Reading
    from .guards.live import LiveConnections
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

    audit_decisions = Bool(
        help="""Whether to emit an event also for what a guard has allowed.

        What is refused is always an event, of the schema in docs/security.md.
        """,
    ).tag(config=True)

    policies: PolicyStore
    live_connections: LiveConnections | None = None
    hub_facts: HubFacts | None = None

    @default("policy_file")
    def _policy_file_of_environment(self) -> str:
        return os.environ.get("SCOPED_LAUNCHER_POLICY", "")

    def initialize_settings(self) -> None:
        """Read the policy, so that the log says at start what is wrong with it, and guard by it."""
        from .guards import install
        from .outline import outlining
        from .policy_store import PolicyStore

        path = Path(self.policy_file).expanduser().absolute() if self.policy_file else None
        self.policies = PolicyStore(path, self.log, refresh=self.refresh, max_stale=self.max_stale)
        if self.policies.current().state == "missing":
            self.log.warning(
                "scoped-launcher: no policy file is configured, so every launcher card is shown."
                " Name one with --ScopedLauncher.policy_file=… or SCOPED_LAUNCHER_POLICY."
            )
        try:
            install(self)
        except Exception:
            # Jupyter Server would go on without this extension, and so without its guards.
            self.log.critical("scoped-launcher: this server cannot be guarded", exc_info=True)
            if self.policies.current().state != "missing":
                self.exit(1)

        hook = self.settings.get("page_config_hook")
        self.settings["page_config_hook"] = outlining(self, hook)

    def initialize_handlers(self) -> None:
        """Add the routes."""
        from .handlers import ContextHandler, IconHandler, PolicyHandler, UngovernedHandler

        self.handlers.extend(
            [
                (r"/scoped-launcher/context", ContextHandler),
                (r"/scoped-launcher/icons/([^/]+)", IconHandler),
                (r"/scoped-launcher/policy", PolicyHandler),
                (r"/scoped-launcher/ungoverned", UngovernedHandler),
            ]
        )

    async def read_facts(self, handler: JupyterHandler, max_age_s: float = 0.0) -> Reading:
        """Return the facts of the visitor who makes the request of ``handler``.

        They are read again when older than ``max_age_s`` (in seconds). Raises `FactsError`.
        """
        from .facts import NotIdentified, local_reading

        hub_auth = _hub_auth(handler)
        if hub_auth is None:
            return local_reading()
        token = hub_auth.get_token(handler)
        if not token:
            raise NotIdentified
        max_stale_s = self.policies.max_stale_s(self.policies.current().policy)
        return await self.facts_of_hub(hub_auth).read(token, max_stale_s, max_age_s)

    def known_facts(self, handler: JupyterHandler, max_age_s: float) -> Reading | None:
        """Return those facts if they are known, at most ``max_age_s`` old; asks nobody."""
        from .facts import FactsError, local_reading

        try:
            hub_auth = _hub_auth(handler)
        except FactsError:
            return None
        if hub_auth is None:
            return local_reading()
        token = hub_auth.get_token(handler)
        return self.facts_of_hub(hub_auth).known(token, max_age_s) if token else None

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
        if self.live_connections is not None:
            self.live_connections.stop()
        if self.hub_facts is not None:
            self.hub_facts.close()


def _hub_auth(handler: JupyterHandler) -> Any:
    """Return the ``HubAuth`` that let this visitor in; None without a Hub. Raises `FactsError`."""
    from .facts import FactsError

    hub_auth = getattr(handler.identity_provider, "hub_auth", None)  # the default mode
    hub_auth = hub_auth or handler.settings.get("hub_auth")  # JUPYTERHUB_SINGLEUSER_EXTENSION=0
    if hub_auth is None and "JUPYTERHUB_API_URL" in os.environ:
        raise FactsError(
            "no-hub-login",
            "This server was started under JupyterHub but does not log in with it,"
            " so it cannot know who you are.",
        )
    return hub_auth
