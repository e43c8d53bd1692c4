"""Decides when mails about requests are due: one at once, and then at most one each five minutes.

500 requests in ten minutes are three mails.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from ..database import DatabaseError
from ..log import LastingProblem, LogEvent
from ..requests.offers import Offer
from ..requests.part import JoinRequests
from ..requests.store import Request
from .messages import Messages
from .outbox import Outbox
from .settings import MailSettings, mail_address

LOOK_S = 1.0
"""How often the open requests are looked at."""


class Notices:
    """Writes mails to those who decide, and to those who have asked.

    ``approvers`` returns the names of users who may decide about a group, as far as they are known.
    """

    def __init__(
        self,
        settings: MailSettings,
        messages: Messages,
        outbox: Outbox,
        requests: JoinRequests,
        approvers: Callable[[str], list[str]],
        log_event: LogEvent,
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._messages = messages
        self._outbox = outbox
        self._requests = requests
        self._approvers = approvers
        self._log_event = log_event
        self._now = now
        self._without_recipients: set[str] = set()

    def tell_end(self, request: Request) -> None:
        """Tell the person who has asked what came of it, if their address is known.

        Raises `DatabaseError`.
        """
        address = self._settings.address_of(request.user)
        if address is not None:
            self._outbox.put(self._messages.ended(request, address))

    async def run_forever(self) -> None:
        """Tell those who decide, until cancelled."""
        failure = LastingProblem(self._log_event, "mail_failed")
        while True:
            try:
                self.tell_due()
                failure.end()
            except DatabaseError as error:
                failure.begin(error)
            await asyncio.sleep(LOOK_S)

    def tell_due(self) -> None:
        """Write the mails that are due. Raises `DatabaseError`."""
        store, now = self._requests.store, self._now()
        waiting = store.groups_not_told()
        offers = self._requests.offers() if waiting else {}
        for group in waiting:
            last = store.last_told_at(group)
            if last is not None and now - last < timedelta(seconds=self._settings.digest_s):
                continue
            offer = offers.get(group) or Offer(group)
            recipients = self._recipients(offer)
            requests = store.not_told(group)
            with store.transaction():
                mail = (
                    self._outbox.put(self._messages.asked(offer, requests, recipients))
                    if recipients
                    else None
                )
                store.set_told(requests, now, mail)

    def _recipients(self, offer: Offer) -> list[str]:
        """Return the addresses of the contacts, and of the approvers whose addresses are known."""
        found = [mail_address(contact) for contact in offer.contacts]
        found += [self._settings.address_of(user) for user in self._approvers(offer.group)]
        recipients = list(dict.fromkeys(address for address in found if address))
        if not recipients and offer.group not in self._without_recipients:
            self._without_recipients.add(offer.group)
            self._log_event("mail_has_no_recipient", group=offer.group)
        return recipients
