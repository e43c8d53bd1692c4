"""What a fresh look at the Hub's shares says about the records: whose share is whose.

The Hub keeps one share for a server and a user, whoever asks for it and however often, and does
not say who made it. What we go by is ``created_at``, which nothing changes afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from .hub_client import Listing, Share
from .records import Row

EARLIEST = timedelta(seconds=60)
"""How much older than the Hub's clock at our request a share of ours may look."""

LATEST = timedelta(seconds=180)
"""How long after our request the Hub may still have made a share for it."""


@dataclass(frozen=True)
class Changes:
    """Changes to the records, ``put`` before ``drop``.

    ``lost`` are those of ``put`` that the Hub had and has no more, ``found`` those that are ours
    again, ``revoked`` those of ``drop`` whose end is now certain.
    """

    put: list[Row] = field(default_factory=list)
    drop: list[Row] = field(default_factory=list)
    lost: list[Row] = field(default_factory=list)
    found: list[Row] = field(default_factory=list)
    revoked: list[Row] = field(default_factory=list)


def settle(
    rows: Iterable[Row], listing: Listing, gone_since: Callable[[str], Row | None]
) -> Changes:
    """Compare the ``rows`` of one owner's servers with the Hub's ``listing`` of them.

    ``gone_since`` finds the gone row of a share's ``created_at``, of any owner.
    """
    changes = Changes()
    shares = {(share.server, share.user): share for share in listing.shares}
    known_strangers = set()
    for row in rows:
        share = shares.get((row.server, row.user))
        if share is None:
            _without_share(row, listing.asked_at, changes)
        elif row.state == "foreign":
            known_strangers.add((row.server, row.user, row.created_at))
        else:
            del shares[row.server, row.user]
            _with_share(row, share, changes)
    lost = {row.created_at: row for row in changes.lost}
    for share in shares.values():
        gone = lost.get(share.created_at) or gone_since(share.created_at)
        if gone is None:
            if (share.server, share.user, share.created_at) not in known_strangers:
                changes.put.append(_foreign(share, listing.asked_at))
        else:
            # A user was renamed: the share went on under the new name.
            changes.drop.append(gone)
            back = replace(gone, server=share.server, user=share.user, state="held")
            changes.put.append(back)
            changes.found.append(back)
    return changes


def made_at(hub_time: datetime, share: Share) -> bool:
    """Return whether a request at ``hub_time`` can have made ``share``, by the Hub's clock."""
    return hub_time - EARLIEST <= share.created <= hub_time + LATEST


def _without_share(row: Row, now: datetime, changes: Changes) -> None:
    if row.state == "held":
        changes.put.append(replace(row, state="gone", changed_at=now))
        changes.lost.append(row)
    elif row.state == "revoking":
        changes.drop.append(row)
        changes.revoked.append(row)
    elif row.state in ("creating", "foreign"):
        changes.drop.append(row)


def _with_share(row: Row, share: Share, changes: Changes) -> None:
    if row.state == "creating":
        ours = made_at(row.changed_at, share)
    else:
        ours = row.created_at == share.created_at
    if not ours or not _only_access(share):
        changes.put.append(_foreign(share, row.changed_at))
    elif row.state != "held":
        changes.put.append(replace(row, state="held", created_at=share.created_at))
        changes.found.append(row)


def _only_access(share: Share) -> bool:
    """Whether the share has just what we give; if a person added to it, it is theirs now."""
    return share.scopes == (f"access:servers!server={share.server}",)


def _foreign(share: Share, now: datetime) -> Row:
    return Row(share.server, share.user, "", "foreign", share.created_at, now)
