"""JupyterHub's REST API, for the server, the Hub's services and the command line.

`HubClient` sends the requests. `HubError` and its subclasses are how they fail. `opened_by` says
which share opens a server. The required version of the Hub and the scopes of tokens are here too.
"""

from .client import (
    MAX_ANSWER_BYTES,
    MAX_SHARE_PAGES,
    PAGE_SIZE,
    REQUEST_TIMEOUT_S,
    HubClient,
    Page,
    SharedServers,
    quote_segment,
    require_full,
)
from .errors import (
    HubError,
    HubIncompatible,
    HubRefused,
    HubUnavailable,
    TokenRejected,
    malformed_response,
)
from .models import access_scope, name_of, opened_by, required_field
from .requirements import (
    CHANGES_SCOPES,
    GRANTS_SCOPES,
    LIST_OWN_SHARES,
    MINIMUM_HUB_VERSION,
    PREVIEW_SCOPES,
    READ_SHARES_SCOPE,
    SAFE_SHARES_HUB_VERSION,
    TOKEN_SCOPES_HUB_VERSION,
    gives_token_scopes,
    has_safe_shares,
    is_supported,
    may_share_server,
)
from .tls import TlsFiles

__all__ = [
    "CHANGES_SCOPES",
    "GRANTS_SCOPES",
    "LIST_OWN_SHARES",
    "MAX_ANSWER_BYTES",
    "MAX_SHARE_PAGES",
    "MINIMUM_HUB_VERSION",
    "PAGE_SIZE",
    "PREVIEW_SCOPES",
    "READ_SHARES_SCOPE",
    "REQUEST_TIMEOUT_S",
    "SAFE_SHARES_HUB_VERSION",
    "TOKEN_SCOPES_HUB_VERSION",
    "HubClient",
    "HubError",
    "HubIncompatible",
    "HubRefused",
    "HubUnavailable",
    "Page",
    "SharedServers",
    "TlsFiles",
    "TokenRejected",
    "access_scope",
    "gives_token_scopes",
    "has_safe_shares",
    "is_supported",
    "malformed_response",
    "may_share_server",
    "name_of",
    "opened_by",
    "quote_segment",
    "require_full",
    "required_field",
]
