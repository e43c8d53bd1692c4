"""Measures the passes of the grants against a simulated Hub (`make grants-scale`).

usage: python scale.py [USERS SERVERS]…

First the engine's plan alone, for policies of 1, 10 and 100 grants. Then, for each size, whole
passes: the first one, when everything is to be shared; one when nothing changed; one when a member
and a server are new; and what is done when the Hub tells of such two. In time, the service's own
processor time, requests to the Hub, and memory. Without arguments: 2,500 users with 250 servers,
and doubled three times.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
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


def plan_seconds(users: int, servers: int, grants: int) -> tuple[float, int]:
    """Return what the engine takes to plan for a policy of so many grants, each on its part of the
    servers and for one group, when all is shared already; and how many shares that are."""
    from jupyterlab_scoped_launcher._core import Policy

    policy = {
        "version": 1,
        "grants": [
            {"id": f"n{n}", "to": {"groups": [f"g{n}"]}, "servers": f"*/dash-n{n}-*"}
            for n in range(grants)
        ],
    }
    engine = Policy(json.dumps(policy), "policy.json")
    models = [
        {"name": f"user{n}", "groups": [f"g{n % (users // 50)}"], "servers": {"": {}}}
        for n in range(users)
    ]
    for n in range(servers):
        models[n * 7 % users]["servers"][f"dash-n{n % grants}-{n}"] = {}
    text = json.dumps(models)
    shares = json.dumps(json.loads(engine.grants(text, "[]"))["create"])
    times = []
    for _ in range(5):
        began = time.perf_counter()
        changes = json.loads(engine.grants(text, shares))
        times.append(time.perf_counter() - began)
    assert changes == {"create": [], "revoke": []}
    return min(times), shares.count('"grant"')


async def passes(port: str, users: int, database: Path) -> dict[str, dict[str, float]]:
    """Make a first pass, one with nothing to do, one with news, and follow news that are told."""
    from jupyterlab_scoped_launcher._core import Policy
    from jupyterlab_scoped_launcher.service.database import Database
    from jupyterlab_scoped_launcher.service.grants.changer import PassResult
    from jupyterlab_scoped_launcher.service.grants.reconcile import Reconciler
    from jupyterlab_scoped_launcher.service.grants.sharing_api import SharingApi
    from jupyterlab_scoped_launcher.service.grants.store import ShareStore

    simulated = f"http://127.0.0.1:{port}"
    api = SharingApi(f"{simulated}/hub/api", "token", hub_share=1.0)
    store = ShareStore(Database(database))
    # No audit: how many owners it reads depends on how long ago the last pass was.
    reconciler = Reconciler(api, store, lambda *_, **__: None, budget_s=3600, audit_s=1e9)
    policy = Policy(policy_for(users), "policy.json")
    found = {}
    for name in ("first", "steady", "news", "told"):
        news = {}
        if name in ("news", "told"):
            with urllib.request.urlopen(f"{simulated}/news", data=b"") as answer:
                news = json.load(answer)
        began, requests, processor_began = time.monotonic(), api.request_count, time.process_time()
        if name == "told":
            result = PassResult()
            reconciler.quick.note(
                [
                    {"kind": "membership", "user": news["member"], "group": "g0", "held": True},
                    {"kind": "server", "server": news["server"], "exists": True, "running": True},
                ]
            )
            await reconciler.quick.run(policy, result)
            result.seconds = time.monotonic() - began
            result.requests = api.request_count - requests
        else:
            result = await reconciler.run(policy)
        with urllib.request.urlopen(f"{simulated}/counts") as answer:
            counts = json.load(answer)
        found[name] = {
            "seconds": result.seconds,
            "processor_seconds": time.process_time() - processor_began,
            "plan_seconds": result.plan_seconds,
            "requests": result.requests,
            "created": result.created,
            "remaining": result.remaining,
            "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "shares": store.count().get("held", 0),
            **{f"{what}_requests": count for what, count in counts.items()},
        }
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
        port, users, database = sys.argv[2:5]
        print(json.dumps(asyncio.run(passes(port, int(users), Path(database)))))
        return
    numbers = [int(number) for number in sys.argv[1:]]
    sizes = list(zip(numbers[::2], numbers[1::2], strict=True)) or SIZES
    print("users servers grants shares | plan s, µs/user")
    for grants in (1, 10, 100):
        for users, servers in sizes:
            seconds, shares = plan_seconds(users, servers, grants)
            print(
                f"{users:5} {servers:7} {grants:6} {shares:6} | {seconds:.3f} "
                f"{seconds * 1e6 / users:5.1f}",
                flush=True,
            )
    print("users servers pass   shares | seconds, own processor s, plan s, requests, created, MB")
    for users, servers in sizes:
        for name, found in measure(users, servers).items():
            print(
                f"{users:5} {servers:7} {name:6} {found['shares']:6} | {found['seconds']:7.2f} "
                f"{found['processor_seconds']:7.2f} {found['plan_seconds']:5.2f} "
                f"{found['requests']:7} {found['created']:6} {found['memory_mb']:5.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
