"""What a policy cannot have from an older JupyterHub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..hub_api import (
    MINIMUM_HUB_VERSION,
    SAFE_SHARES_HUB_VERSION,
    TOKEN_SCOPES_HUB_VERSION,
    gives_token_scopes,
    has_safe_shares,
    is_supported,
)

if TYPE_CHECKING:
    from logging import Logger

    from .._core import Policy


def require_hub_version(policy: Policy, log: Logger) -> None:
    """End the start of a Hub that is too old for the policy, and warn of what it does not check.

    Raises SystemExit with a text for the admin.
    """
    from jupyterhub import __version__

    if not is_supported(__version__):
        raise SystemExit(
            f"scoped-launcher: JupyterHub {__version__} is too old: install"
            f" {MINIMUM_HUB_VERSION} or newer."
        )
    if has_safe_shares(__version__):
        return
    advice = f"install JupyterHub {SAFE_SHARES_HUB_VERSION} or newer"
    if policy.needs_shares:
        raise SystemExit(
            f"scoped-launcher: JupyterHub {__version__} is too old for a policy that uses shares of"
            " servers, which it does not check as it should. To use `grants`, cards of `servers`,"
            f" or scopes such as access:servers!server=OWNER/NAME in conditions, {advice}."
        )
    log.warning(
        "scoped-launcher: JupyterHub %s does not check shares of servers as it should. The policy"
        " needs no shares, but people may create some: %s.",
        __version__,
        advice,
    )


def require_token_scopes(option: str) -> None:
    """Raise SystemExit unless this Hub can give each server other token scopes."""
    from jupyterhub import __version__

    if not gives_token_scopes(__version__):
        raise SystemExit(
            f"scoped-launcher: `{option}` needs JupyterHub {TOKEN_SCOPES_HUB_VERSION} or newer;"
            f" this is {__version__}."
        )


def grantable_token_scopes(asked: list[str], log: Logger) -> tuple[list[str], list[str]]:
    """Return those of the scopes for visitors' tokens that this Hub can give, and the others.

    Which scopes a token gets depends on the server, and an older Hub cannot tell servers apart.
    """
    from jupyterhub import __version__

    if not asked or gives_token_scopes(__version__):
        return asked, []
    log.warning(
        "scoped-launcher: JupyterHub %s cannot give visitors' tokens the scopes %s, for which the"
        " policy asks: cards that need one of them are hidden. Install JupyterHub %s or newer, or"
        " give the scopes by the policy's roles.",
        __version__,
        ", ".join(asked),
        TOKEN_SCOPES_HUB_VERSION,
    )
    return [], asked
