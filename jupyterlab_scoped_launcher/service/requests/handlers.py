"""Where a user's server asks what its owner has asked for."""

from __future__ import annotations

from ...hub_api import HubError
from ..api_handler import ApiHandler
from ..changes.authentication import NotAllowed, identify
from ..database import DatabaseError


class RequestsHandler(ApiHandler):
    """``GET api/requests?server=OWNER/NAME``, with the server's own token."""

    async def get(self) -> None:
        """Answer ``{"requests": {GROUP: {"state", "asked_at", "answer"}}}``: the owner's last
        request for each group. ``asked_at`` is in seconds since 1970."""
        server = self.get_query_argument("server", "")
        token = self.server_token()
        if not token:
            return
        requests = self.service.requests
        try:
            identity = await identify(requests.client, token, server)
            found = requests.store.latest_by_group(identity.owner)
        except NotAllowed:
            self.fail(403, "This token may not ask for this server.")
            return
        except HubError:
            self.fail(503, "The Hub cannot confirm this token right now.", 5)
            return
        except DatabaseError:
            self.fail(503, "The database of the service cannot be used.", 30)
            return
        self.finish(
            {
                "requests": {
                    request.group: {
                        "state": request.state,
                        "asked_at": request.asked_at.timestamp(),
                        "answer": request.answer,
                    }
                    for request in found
                }
            }
        )
