"""What the policy governs, written into JupyterLab's page.

With it, cards that the policy does not govern show with the first drawing of the launcher, and the
governed ones wait for the visitor's facts. The outline says which cards these are, not who may see
them; it is the same for all visitors.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._core import Policy
    from .extension import ScopedLauncher

MAX_OUTLINE_CHARS = 64 * 1024
"""A longer outline would make the page slow; without one, all cards wait for the facts."""

PageConfigHook = Callable[[Any, dict[str, Any]], dict[str, Any]]


def outlining(launcher: ScopedLauncher, inner: PageConfigHook | None) -> PageConfigHook:
    """Return a ``page_config_hook`` that does what ``inner`` does, and adds the outline."""

    def add_outline(handler: Any, page_config: dict[str, Any]) -> dict[str, Any]:
        if inner is not None:
            page_config = inner(handler, page_config)
        try:
            page_config["scopedLauncherOutline"] = page_outline(launcher)
        except Exception:
            # The page does without an outline; without the page there is no JupyterLab.
            launcher.log.exception("scoped-launcher: the page has no outline of the policy")
            page_config["scopedLauncherOutline"] = ""
        return page_config

    return add_outline


def page_outline(launcher: ScopedLauncher) -> str:
    """Return JSON text, ``{now, policy}`` as in the context, or nothing if it would be too long."""
    state = launcher.policies.current()
    policy: dict[str, Any] = {"state": state.state, "on_invalid": launcher.on_invalid}
    if state.policy is not None:
        policy["document"] = outline_of(state.policy)
    text = json.dumps({"now": now(), "policy": policy})
    return text if len(text) <= MAX_OUTLINE_CHARS else ""


def outline_of(policy: Policy) -> dict[str, Any]:
    """Return the document without its conditions: what says which cards are governed, and when."""
    document = json.loads(policy.document())
    kept = {key: document[key] for key in ("version", "default", "tags") if key in document}
    kept["rules"] = [
        {key: rule[key] for key in ("id", "match", "from", "until") if key in rule}
        for rule in document.get("rules", ())
    ]
    return kept


def now() -> str:
    """The server's clock, RFC 3339 in UTC."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
