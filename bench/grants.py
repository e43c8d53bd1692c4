"""Measures how soon a new member may open a shared server, on a real Hub with many users.

usage: python bench/grants.py [USERS [ROUNDS]]        (default: 20,000 users, 30 rounds)

The members were never active, so that the Hub does not list them among its recently active users.
Each round adds one by the Hub's API, and waits until the Hub lists the share. The service has its
default options. A second series removes them again, one by one.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable

from changes import ServiceHub, hub_with_users, quantile

POLICY = {
    "version": 1,
    "grants": [{"id": "class", "to": {"groups": ["class"]}, "servers": "*/dash-*"}],
}
DEFAULTS = (20_000, 30)


def main() -> None:
    numbers = [int(number) for number in sys.argv[1:]]
    users, rounds = [*numbers, *DEFAULTS[len(numbers) :]]
    with hub_with_users(POLICY, users, with_tokens=False) as hub:
        measure(hub, users, rounds)


def measure(hub: ServiceHub, users: int, rounds: int) -> None:
    def is_ready() -> bool:
        found = hub.health()
        return bool(
            found and found["changes"]["hub_is_heard"] and found["grants"]["status"] == "ok"
        )

    hub.start_servers("profx/dash-1", tiny=True)
    began = time.monotonic()
    hub.wait(is_ready, 1800)
    print(f"{users} users: the service is ready after {time.monotonic() - began:.0f} s", flush=True)
    names = [f"user{number:05}" for number in range(0, users, users // rounds)][:rounds]
    for what, method, is_shared in (("gets", "POST", True), ("loses", "DELETE", False)):
        times = [change(hub, method, name, is_shared) for name in names]
        print(
            f"Hub's answer -> a member {what} the share: p50 {statistics.median(times):.0f} ms,"
            f" p95 {quantile(times, 0.95):.0f} ms, longest {max(times):.0f} ms ({rounds} rounds);"
            f" load {os.getloadavg()[0]:.1f}",
            flush=True,
        )


def change(hub: ServiceHub, method: str, name: str, is_shared: bool) -> float:
    """Add or remove a member; return the milliseconds until the Hub has (or has not) the share."""
    hub.api(method, "/groups/class/users", users=[name])
    began = time.monotonic()
    wait_quickly(lambda: (name in shared_with(hub)) == is_shared)
    return (time.monotonic() - began) * 1000


def shared_with(hub: ServiceHub) -> set[str]:
    """Return the users with whom the server is shared."""
    found = hub.api("GET", "/shares/profx/dash-1?limit=200", ok=(404,)).get("items", [])
    return {item["user"]["name"] for item in found if item["user"]}


def wait_quickly(holds: Callable[[], bool], seconds: float = 180.0) -> None:
    """Wait until something holds, asking often."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s")
        time.sleep(0.02)


if __name__ == "__main__":
    main()
