"""Measures the grants service against a simulated Hub (`make grants-scale`).

usage: python scale.py [USERS SERVERS]…

For each size: what the first pass takes, when everything is to be shared, and what a pass takes
when nothing changed, in time, memory of the process and requests to the Hub. Without arguments:
2,500 users with 250 servers, and doubled three times.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
SIZES = [(2_500, 250), (5_000, 500), (10_000, 1_000), (20_000, 2_000)]


def policy_for(users: int) -> str:
    """One grant for each group, of its own servers."""
    grants = [
        {"id": f"g{n}", "to": {"groups": [f"g{n}"]}, "servers": f"*/dash-g{n}-*"}
        for n in range(max(users // 50, 1))
    ]
    return json.dumps({"version": 1, "grants": grants})


async def passes(port: str, users: int, records: Path) -> dict[str, dict[str, float]]:
    """Make a first pass (and those that finish its work), and one with nothing to do."""
    from jupyterlab_scoped_launcher._core import Policy
    from jupyterlab_scoped_launcher.grants.hub_client import HubClient
    from jupyterlab_scoped_launcher.grants.reconcile import Reconciler
    from jupyterlab_scoped_launcher.grants.records import Records

    hub = HubClient(f"http://127.0.0.1:{port}/hub/api", "token", hub_share=1.0)
    held = Records(records)
    reconciler = Reconciler(hub, held, lambda *_, **__: None, budget_s=3600)
    policy = Policy(policy_for(users), "policy.json")
    found = {}
    for name in ("first", "steady"):
        report = await reconciler.run(policy)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/counts") as answer:
            counts = json.load(answer)
        found[name] = {
            "seconds": report.seconds,
            "plan_seconds": report.plan_seconds,
            "requests": report.requests,
            "created": report.created,
            "left": report.left,
            "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            **{f"{what}_requests": count for what, count in counts.items()},
        }
    found["steady"]["shares"] = held.count().get("held", 0)
    return found


def measure(users: int, servers: int) -> dict[str, dict[str, float]]:
    """Measure one size, in processes of its own."""
    hub = subprocess.Popen(
        [sys.executable, HERE / "simulated_hub.py", str(users), str(servers)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert hub.stdout is not None
        port = hub.stdout.readline().strip()
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, __file__, "--pass", port, str(users), f"{folder}/r.sqlite"],
                stdout=subprocess.PIPE,
                check=True,
            )
        return json.loads(done.stdout)
    finally:
        hub.kill()
        hub.wait()


def main() -> None:
    if sys.argv[1:2] == ["--pass"]:
        port, users, records = sys.argv[2:5]
        print(json.dumps(asyncio.run(passes(port, int(users), Path(records)))))
        return
    numbers = [int(number) for number in sys.argv[1:]]
    print("users servers shares | first s, requests | steady s, plan s, requests, memory MB")
    for users, servers in list(zip(numbers[::2], numbers[1::2], strict=True)) or SIZES:
        found = measure(users, servers)
        first, steady = found["first"], found["steady"]
        print(
            f"{users:5} {servers:7} {steady['shares']:6} | {first['seconds']:7.1f} "
            f"{first['requests']:8} | {steady['seconds']:8.2f} {steady['plan_seconds']:6.2f} "
            f"{steady['requests']:8} {steady['memory_mb']:9.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
