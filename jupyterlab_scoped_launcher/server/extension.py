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

from ..variables import KERNEL_PATH_VARIABLE, POLICY_VARIABLE

if TYPE_CHECKING:
    from .changes import ChangeSubscription
    from .explanations import Explanations
    from .guards import Guards
    from .preview import Preview
    from .server_cards import ServerCards
    from .services import Services


class ScopedLauncher(ExtensionApp):  # type: ignore[misc,unused-ignore]
    """Serves the launcher policy and the visitor's context to JupyterLab."""

    name = "jupyterlab_scoped_launcher"
    description = "Shows and hides JupyterLab launcher cards by JupyterHub scopes and groups."

    policy_file = Unicode(
        help="""The launcher policy: a YAML or JSON file in UTF-8, of at most 4 MiB.

        A relative path starts where the server starts. Without this setting, the environment
        variable SCOPED_LAUNCHER_POLICY names the file. Without both, every card is shown.
        """,
    ).tag(config=True)

    refresh = CUnicode(
        help="""How old the context of a visible launcher may get: "15s".

        At least "1s". Overrides the policy's `refresh`, which is "15s" unless the policy has one.
        """,
    ).tag(config=True)

    max_stale = CUnicode(
        help="""How long the last good context is used while the Hub cannot be reached: "10m".

        Overrides the policy's `max_stale`, which is "10m" unless the policy has one.
        """,
    ).tag(config=True)

    on_invalid = Enum(
        ["hide_all", "show"],
        default_value="hide_all",
        help="""What the launcher does when the server starts with a policy that cannot be used.

        "hide_all": it shows no card at all, and says so. "show": it shows every card, as without a
        policy, and says so to admins. If the policy file becomes invalid later, the last good
        policy stays in use.
        """,
    ).tag(config=True)

    audit_decisions = Bool(
        help="""Whether to emit an event also for each use that a guard allows.

        Each refused use is always an event. docs/reference/events-and-metrics.md has the keys.
        """,
    ).tag(config=True)

    local_groups = Bool(
        help="""Whether the context without a JupyterHub has the Unix groups of the local user.

        They count for a policy with `no_hub: decide`. Otherwise the local user is in no group.
        """,
    ).tag(config=True)

    services: Services
    server_cards: ServerCards
    explanations: Explanations
    preview: Preview
    guards: Guards | None = None
    changes: ChangeSubscription | None = None

    @default("policy_file")
    def _policy_file_from_environment(self) -> str:
        return os.environ.get(POLICY_VARIABLE, "")

    def initialize_settings(self) -> None:
        """Read the policy, which logs its errors at start, and install the guards."""
        _extend_search_path()
        from ..policy_store import PolicyStore
        from .explanations import Explanations
        from .guards import install_guards
        from .hub_service import OwnerRequests, hub_service
        from .kernelspecs import KernelspecInventory
        from .labextension import report_unsupported
        from .page_config import page_config_hook
        from .preview import Preview
        from .proxy_entries import ProxyEntries
        from .server_cards import ServerCards
        from .services import Services, Settings
        from .told_facts import ToldFacts

        path = Path(self.policy_file).expanduser().absolute() if self.policy_file else None
        told = ToldFacts()
        policies = PolicyStore(
            path,
            self.log,
            refresh=self.refresh,
            max_stale=self.max_stale,
            hub_roles=lambda: told.policy_roles,
        )
        settings = Settings(self.on_invalid, self.audit_decisions, self.local_groups)
        self.services = Services(policies, settings, self.log, told)
        if policies.current().state == "missing":
            self.log.warning(
                "scoped-launcher: no policy file is configured, so every launcher card is shown."
                " Name one with --ScopedLauncher.policy_file=… or SCOPED_LAUNCHER_POLICY."
            )
        report_unsupported(self.log)
        server: Any = self.serverapp
        inventory = KernelspecInventory(server.kernel_spec_manager, policies)
        entries = ProxyEntries(server.web_app)
        self.server_cards = ServerCards(self.services, inventory, entries)
        self.explanations = Explanations(self.services, self.server_cards, inventory)
        self.preview = Preview(self.services, server.event_logger)
        self.requests = OwnerRequests(hub_service(), self.log)
        try:
            self.guards = install_guards(server, self.services, inventory, entries)
        except Exception:
            # Jupyter Server would continue without this extension, and so without its guards.
            self.log.critical("scoped-launcher: this server cannot be guarded", exc_info=True)
            if policies.current().state != "missing":
                self.exit(1)

        self._follow_changes(server)
        configured = self.settings.get("page_config_hook")
        self.settings["page_config_hook"] = page_config_hook(self.services, configured)

    def _follow_changes(self, server: Any) -> None:
        """Subscribe to the Hub service, if the Hub has one that this server can reach."""
        from .changes import ChangeSubscription, PageEvents, subscription_url

        url = subscription_url()
        if not url:
            return
        events = PageEvents(server.event_logger)

        def on_change() -> None:
            events.tell()
            if self.guards is not None:
                self.guards.monitor.check_now()

        self.changes = ChangeSubscription(
            url,
            os.environ["JUPYTERHUB_API_TOKEN"],
            self.services.told,
            self.services.policies,
            on_change,
            self.log,
        )
        server.io_loop.add_callback(self.changes.start)

    def initialize_handlers(self) -> None:
        """Add the routes."""
        from .explain_handlers import EXPLAIN_ROUTES
        from .handlers import ROUTES

        needed = {
            "services": self.services,
            "server_cards": self.server_cards,
            "explanations": self.explanations,
            "preview": self.preview,
            "requests": self.requests,
        }
        routes = (*ROUTES, *EXPLAIN_ROUTES)
        self.handlers.extend((pattern, handler, needed) for pattern, handler in routes)

    async def stop_extension(self) -> None:
        """Stop the monitor and the subscription, and close the connections to the Hub."""
        if self.changes is not None:
            self.changes.stop()
        if self.guards is not None:
            self.guards.monitor.stop()
        self.requests.close()
        self.services.close()


def _extend_search_path() -> None:
    """Put the directories that the Hub has named before this server's own ``JUPYTER_PATH``.

    Jupyter reads it when kernels are listed, and terminals and kernels inherit it.
    """
    if directories := os.environ.pop(KERNEL_PATH_VARIABLE, ""):
        own = os.environ.get("JUPYTER_PATH", "")
        os.environ["JUPYTER_PATH"] = f"{directories}:{own}" if own else directories
