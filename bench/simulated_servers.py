"""Many users' servers as the Hub service sees them: the real subscription, without the rest.

usage: python simulated_servers.py ORIGIN TOKENS

TOKENS is a file with a line ``owner token`` for each. Prints three numbers five times a second: how
many are told, how many changes were told since the last line of standard input, and how many
seconds after the first of them the last one came.
"""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import sys
import time
from pathlib import Path
from urllib.parse import quote

from jupyterlab_scoped_launcher.policy_store import PolicyStore
from jupyterlab_scoped_launcher.server import changes
from jupyterlab_scoped_launcher.server.told_facts import ToldFacts

SPREAD_S = 20.0
"""At first, all subscribe within so long, as after the start of the service."""

log = logging.getLogger("simulated")
log.setLevel(logging.ERROR)
arrivals: list[float] = []


class Told(ToldFacts):
    """Notes when something is told."""

    def tell(self, facts: object) -> bool:
        self._told_at = time.monotonic()
        arrivals.append(self._told_at)
        self._current_until = float("inf")
        self._facts = facts
        return False


class Subscription(changes.ChangeSubscription):
    """Takes facts of any owner, since all owners are in one process here."""

    def _take(self, event: changes.ServerEvent) -> None:
        os.environ["JUPYTERHUB_USER"] = self.owner
        super()._take(event)


async def main() -> None:
    origin, file = sys.argv[1:]
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    policies = PolicyStore(None, log)
    subscriptions = []
    pairs = [line.split() for line in Path(file).read_text().splitlines()]
    for number, (owner, token) in enumerate(pairs):
        server = quote(f"{owner}/", safe="")
        url = f"{origin}/services/scoped-launcher/api/changes?server={server}"
        subscription = Subscription(url, token, Told(), policies, lambda: None, log)
        subscription.owner = owner
        subscription._follow_policy = asyncio.Event().wait  # one file for all would be enough
        asyncio.get_running_loop().call_later(number / len(pairs) * SPREAD_S, subscription.start)
        subscriptions.append(subscription)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )

    async def reset() -> None:
        while await reader.readline():
            arrivals.clear()
        os._exit(0)

    asyncio.ensure_future(reset())  # noqa: RUF006
    while True:
        connected = sum(subscription._is_connected for subscription in subscriptions)
        spread = arrivals[-1] - arrivals[0] if arrivals else 0.0
        print(connected, len(arrivals), f"{spread:.4f}", flush=True)
        await asyncio.sleep(0.2)


if __name__ == "__main__":
    asyncio.run(main())
