"""How requests to the Hub fail."""

from __future__ import annotations

SUMMARIES = {
    "hub-timeout": "JupyterHub did not answer in time.",
    "hub-unreachable": "JupyterHub cannot be reached.",
    "hub-error": "JupyterHub answered with an error.",
    "malformed-response": "JupyterHub's answer cannot be understood.",
    "not-authenticated": "JupyterHub does not accept this session any more. "
    "Reload the page to log in again.",
}
"""For each error code of this module, a sentence for visitors."""


class HubError(Exception):
    """A request to the Hub did not succeed.

    The text is for a log: it may name addresses, and never has a token. ``code`` is one of the
    error codes in `SUMMARIES`. ``status`` is the HTTP status of the answer, if there was one.
    """

    def __init__(self, message: str, code: str = "hub-error", status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status

    @property
    def summary(self) -> str:
        """Return a sentence for visitors, which names nothing inside the deployment."""
        return SUMMARIES[self.code]


class HubUnavailable(HubError):
    """There is no usable answer. It is unknown whether a change was made. Try again later."""

    def __init__(
        self,
        message: str,
        code: str = "hub-error",
        status: int | None = None,
        retry_after_s: float = 0.0,
    ) -> None:
        super().__init__(message, code, status)
        self.retry_after_s = retry_after_s


class TokenRejected(HubUnavailable):
    """The Hub answered 401 or 403.

    This may be temporary: a Hub that cannot read its database answers 403 "Missing or invalid
    credentials" to everybody (seen with 6.1.1). So it is no reason to think that something is gone.
    """


class HubRefused(HubError):
    """The Hub understood the request and refused it (4xx). Nothing was changed."""


class HubIncompatible(HubError):
    """The Hub is too old, or the token lacks scopes. Somebody must change that."""


def malformed_response(what: str, fault: str) -> HubUnavailable:
    """Return the error for an answer that no JupyterHub gives."""
    return HubUnavailable(f"{what} {fault}", "malformed-response")
