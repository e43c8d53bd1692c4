"""The policy's summary, written into JupyterLab's page.

With it, the launcher shows the cards that the policy does not govern from its first rendering, and
the governed ones wait for the visitor's context. The summary says which cards are governed, not who
may see them. It is the same for all visitors.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..context import current_time
from .labextension import is_labextension_usable, with_labextension, without_labextension

if TYPE_CHECKING:
    from .services import Services

MAX_SUMMARY_CHARS = 64 * 1024
"""A longer summary would make the page slow. Without one, all cards wait for the context."""

PAGE_CONFIG_KEY = "scopedLauncherPolicySummary"

PageConfigHook = Callable[[Any, dict[str, Any]], dict[str, Any]]


def page_config_hook(services: Services, configured: PageConfigHook | None) -> PageConfigHook:
    """Return a ``page_config_hook`` that calls ``configured``, then adds the summary.

    While a policy is in use, the page loads the labextension although its user has disabled it. A
    JupyterLab that is too old does not load it, and gets no summary.
    """
    is_usable = is_labextension_usable()  # takes some ms: not for each page

    def add_policy_summary(handler: Any, page_config: dict[str, Any]) -> dict[str, Any]:
        if configured is not None:
            page_config = configured(handler, page_config)
        if not is_usable:
            return without_labextension(page_config)
        try:
            page_config[PAGE_CONFIG_KEY] = policy_summary(services)
        except Exception:
            # JupyterLab works without a summary. It does not start without its page.
            services.log.exception("scoped-launcher: the page has no summary of the policy")
            page_config[PAGE_CONFIG_KEY] = ""
        if services.is_governing(services.policies.current()):
            return with_labextension(page_config, handler, services.log)
        return page_config

    return add_policy_summary


def policy_summary(services: Services) -> str:
    """Return ``{now, policy}`` as JSON text, as in the context; empty text if it is too long."""
    state = services.policies.current()
    policy: dict[str, Any] = {"state": state.state, "on_invalid": services.settings.on_invalid}
    if state.policy is not None:
        policy["document"] = json.loads(state.policy.summary())
    text = json.dumps({"now": current_time(), "policy": policy})
    return text if len(text) <= MAX_SUMMARY_CHARS else ""
