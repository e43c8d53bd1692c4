"""Compares the records with a new list of the Hub's shares, and says who created which share.

The Hub keeps one share for a server and a user, however often it is asked for one, and does not say
who asked. ``created_at`` identifies a share, because nothing changes it afterwards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ...hub_api import access_scope
from .sharing_api import HubShare, OwnerShares
from .store import ShareRecord

EARLIEST = timedelta(seconds=60)
"""How much older than the Hub's clock at our request a share of ours may look."""

LATEST = timedelta(seconds=180)
"""How long after our request the Hub may still have created a share for it."""


@dataclass(frozen=True)
class RecordChanges:
    """Changes to the records: first write ``put``, then delete ``drop``.

    ``lost`` are those of ``put`` that the Hub no longer has. ``found`` are those that are ours
    again. ``revoked`` are those of ``drop`` whose end is now certain.
    """

    put: list[ShareRecord] = field(default_factory=list)
    drop: list[ShareRecord] = field(default_factory=list)
    lost: list[ShareRecord] = field(default_factory=list)
    found: list[ShareRecord] = field(default_factory=list)
    revoked: list[ShareRecord] = field(default_factory=list)


def sync_records(
    records: Iterable[ShareRecord],
    owner_shares: OwnerShares,
    find_gone: Callable[[str], ShareRecord | None],
) -> RecordChanges:
    """Compare the ``records`` of one owner's servers with the Hub's shares of them.

    ``find_gone`` returns the gone record of a share's ``created_at``, of any owner.
    """
    changes = RecordChanges()
    shares = {(share.server, share.user): share for share in owner_shares.shares}
    known_foreign = set()
    for record in records:
        share = shares.get((record.server, record.user))
        if share is None:
            _sync_without_share(record, owner_shares.asked_at, changes)
        elif record.state == "foreign":
            known_foreign.add((record.server, record.user, record.created_at))
        else:
            del shares[record.server, record.user]
            _sync_with_share(record, share, changes)
    lost = {record.created_at: record for record in changes.lost}
    created = Counter(share.created_at for share in shares.values())
    for share in shares.values():
        gone = lost.get(share.created_at) or find_gone(share.created_at)
        if gone is None or created[share.created_at] > 1:  # which of several is ours is unknown
            if (share.server, share.user, share.created_at) not in known_foreign:
                changes.put.append(_foreign_record(share, owner_shares.asked_at))
        else:
            # A user was renamed: the share continues under the new name.
            changes.drop.append(gone)
            back = replace(gone, server=share.server, user=share.user, state="held")
            changes.put.append(back)
            changes.found.append(back)
    return changes


def may_be_created_by(hub_time: datetime, share: HubShare) -> bool:
    """Return whether a request at ``hub_time`` can have created ``share``, by the Hub's clock."""
    return hub_time - EARLIEST <= share.created <= hub_time + LATEST


def _sync_without_share(record: ShareRecord, now: datetime, changes: RecordChanges) -> None:
    if record.state == "held":
        changes.put.append(replace(record, state="gone", changed_at=now))
        changes.lost.append(record)
    elif record.state == "revoking":
        changes.drop.append(record)
        changes.revoked.append(record)
    elif record.state in ("creating", "foreign"):
        changes.drop.append(record)


def _sync_with_share(record: ShareRecord, share: HubShare, changes: RecordChanges) -> None:
    if record.state == "creating":
        ours = may_be_created_by(record.changed_at, share)
    else:
        ours = record.created_at == share.created_at
    if not ours or not _has_only_access(share):
        changes.put.append(_foreign_record(share, record.changed_at))
    elif record.state != "held":
        changes.put.append(replace(record, state="held", created_at=share.created_at))
        changes.found.append(record)


def _has_only_access(share: HubShare) -> bool:
    """Return whether the share has only the scope that we give.

    If a person added a scope to it, it is theirs from then on.
    """
    return share.scopes == (access_scope(share.server),)


def _foreign_record(share: HubShare, now: datetime) -> ShareRecord:
    return ShareRecord(share.server, share.user, "", "foreign", share.created_at, now)
