"""Measures the Hub service's changes on a real Hub, with simulated servers beside a real one.

usage: python bench/changes.py [SERVERS [ROUNDS]]        (default: 5000 servers, 50 rounds)

With 1,000 connected servers: how long after the Hub's answer a card is in a real launcher. With
SERVERS: memory of the service for each connection; how long until all have been told of a change;
the Hub's processor time while nothing changes, beside today's polling; and how long until all are
told again after the service was killed, with the Hub's latency meanwhile.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import requests

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/support"))

from service_hub import SERVICE, ServiceHub  # noqa: E402

POLICY = {
    "version": 1,
    "cards": [
        {
            "id": "live",
            "title": "Live card",
            "category": "Live",
            "page": "tree",
            "show_when": {"group": "class"},
        }
    ],
}
POLL_S, MANAGED_POLL_S, TODAY_S = 1800.0, 315.0, 15.75
"""How often an open launcher asks the Hub: while it is told, the same where an identity provider
manages the groups, and by polling (with jitter)."""

POLLING_SERVERS = 1000

DEFAULTS = (5000, 50)


@contextmanager
def hub_with_users(
    policy: dict[str, object], count: int, *, with_tokens: bool = True
) -> Iterator[ServiceHub]:
    """Start a Hub with the service and so many users, whose servers' tokens are in ``tokens``."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        create_users(folder, count, with_tokens=with_tokens)
        with ServiceHub(folder, ROOT / "bench/changes_config.py", json.dumps(policy)) as hub:
            yield hub


def create_users(folder: Path, count: int, *, with_tokens: bool) -> None:
    """Write users to the Hub's database, and their servers' tokens to the file ``tokens``."""
    from jupyterhub import orm, roles
    from sqlalchemy import text

    db = orm.new_session_factory(f"sqlite:///{folder / 'hub.sqlite'}")()
    db.execute(text("PRAGMA synchronous = OFF"))
    if db.query(orm.OAuthClient).first() is None:
        db.add(orm.OAuthClient(identifier="jupyterhub", description="JupyterHub"))
    for role in roles.get_default_roles():
        roles.create_role(db, role)
    users = [orm.User(name=f"user{number:05}") for number in range(count)]
    db.add_all(users)
    db.commit()
    role = orm.Role.find(db, "user")
    db.execute(
        orm.Base.metadata.tables["user_role_map"].insert(),
        [{"user_id": user.id, "role_id": role.id} for user in users],
    )
    db.commit()
    with (folder / "tokens").open("w") as tokens:
        for user in users if with_tokens else ():
            scopes = ["users:activity!user", f"access:servers!server={user.name}/"]
            tokens.write(f"{user.name} {user.new_api_token(scopes=scopes)}\n")
    db.close()


class Servers:
    """Simulated servers in a process of their own."""

    def __init__(self, origin: str, tokens: Path, count: int) -> None:
        self.count = count
        file = tokens.with_name(f"tokens-{count}")
        file.write_text("".join(tokens.read_text().splitlines(keepends=True)[:count]))
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "bench/simulated_servers.py"), origin, str(file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.connected, self.events, self.spread_s = 0, 0, 0.0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout:
            connected, events, spread = line.split()
            self.connected, self.events, self.spread_s = int(connected), int(events), float(spread)

    def reset(self) -> None:
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        time.sleep(0.5)

    def wait_for(self, count: int, seconds: float) -> float:
        """Wait until so many are connected; return how long that took."""
        began = time.monotonic()
        while self.connected < count:
            if time.monotonic() - began > seconds:
                raise TimeoutError(f"{self.connected} of {count} after {seconds} s")
            time.sleep(0.1)
        return time.monotonic() - began

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


class Asking:
    """Asks the Hub as launchers do: so many times a second, each time as another user."""

    def __init__(self, hub: ServiceHub, tokens: Path, a_second: float) -> None:
        self.latencies: list[float] = []
        self._hub, self._pause_s = hub, 1 / a_second
        self._tokens = [line.split()[1] for line in tokens.read_text().splitlines()]
        self._is_stopped = False
        self._threads = [
            threading.Thread(target=self._run, args=[n], daemon=True) for n in range(4)
        ]
        for thread in self._threads:
            thread.start()

    def _run(self, offset: int) -> None:
        session, number = requests.Session(), offset
        due = time.monotonic() + offset * self._pause_s
        while not self._is_stopped:
            time.sleep(max(0.0, due - time.monotonic()))
            due += self._pause_s * len(self._threads)
            began = time.monotonic()
            token = self._tokens[number % len(self._tokens)]
            number += len(self._threads)
            session.get(
                f"{self._hub.api_url}/user", headers={"Authorization": f"token {token}"}, timeout=60
            )
            self.latencies.append(time.monotonic() - began)

    def stop(self) -> list[float]:
        self._is_stopped = True
        for thread in self._threads:
            thread.join()
        return self.latencies


def quantile(values: list[float], part: float) -> float:
    return sorted(values)[min(int(len(values) * part), len(values) - 1)]


def processor_share(process: psutil.Process, seconds: float) -> float:
    """Return the part of a core that a process uses."""
    before = process.cpu_times()
    time.sleep(seconds)
    after = process.cpu_times()
    return (after.user + after.system - before.user - before.system) / seconds


def main() -> None:
    numbers = [int(number) for number in sys.argv[1:]]
    count, rounds = [*numbers, *DEFAULTS[len(numbers) :]]
    with hub_with_users(POLICY, max(count, POLLING_SERVERS)) as hub:
        measure(hub, count, rounds)


def measure(hub: ServiceHub, count: int, rounds: int) -> None:
    tokens = hub.folder / "tokens"
    origin = hub.service_url.removesuffix(SERVICE)
    hub.wait_for_service()
    memory_before = hub.service_process().memory_info().rss

    if rounds:
        hub.start_servers("mmuster/")
        few = Servers(origin, tokens, 1000)
        few.wait_for(1000, 120)
        known = {k: hub.known[k] for k in ("password", "token")}
        known |= {"url": f"{hub.url}/", "api_url": hub.api_url}
        done = subprocess.run(
            ["node", str(ROOT / "bench/live.mjs"), str(rounds)],
            env={**os.environ, "HUB": json.dumps(known)},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        times = json.loads(done.stdout)
        for name, values in times.items():
            print(
                f"Hub's answer -> card {name} in Chromium, 1,000 servers connected: "
                f"p50 {quantile(values, 0.5):.0f} ms, p99 {quantile(values, 0.99):.0f} ms "
                f"({len(values)} rounds)",
                flush=True,
            )
        few.stop()
        time.sleep(2)

    servers = Servers(origin, tokens, count)
    took = servers.wait_for(count, 300)
    time.sleep(5)
    memory = hub.service_process().memory_info().rss - memory_before
    print(
        f"{count} connections in {took:.0f} s:"
        f" {memory / count / 1024:.1f} KB of the service's memory each",
        flush=True,
    )
    spreads = []
    for number in range(5):
        servers.reset()
        role = {"name": "everybody", "groups": [f"class{number}"], "scopes": ["read:users!user"]}
        hub.policy.write_text(json.dumps({**POLICY, "roles": [role]}))
        deadline = time.monotonic() + 30
        while servers.events < count and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(1)
        spreads.append(servers.spread_s)
    print(
        f"one change to all {count}: the last has it {statistics.median(spreads):.2f} s after the"
        f" first (5 changes: {', '.join(f'{s:.2f}' for s in spreads)})",
        flush=True,
    )
    for poll_s, where in ((POLL_S, ""), (MANAGED_POLL_S, " where groups are managed")):
        asking = Asking(hub, tokens, count / poll_s)
        time.sleep(35)
        share = processor_share(hub.process, 120)
        service_share = processor_share(hub.service_process(), 20)
        latencies = asking.stop()
        print(
            f"{count} idle launchers that are told{where}: {share:.1%} of a core for the Hub,"
            f" {service_share:.1%} for the service;"
            f" p95 of the Hub's answers {quantile(latencies, 0.95) * 1000:.0f} ms",
            flush=True,
        )

    probe = Asking(hub, tokens, 10)
    process = hub.service_process()
    process.kill()
    began = time.monotonic()
    while servers.connected == count and time.monotonic() - began < 30:
        time.sleep(0.1)
    hub.wait_for_service()
    restarted = time.monotonic() - began
    servers.wait_for(count, 120)
    back = time.monotonic() - began
    latencies = probe.stop()
    print(
        f"service killed: started again by the Hub after {restarted:.0f} s, all {count} are told"
        f" again after {back:.0f} s; p95 of the Hub's answers meanwhile"
        f" {quantile(latencies, 0.95) * 1000:.0f} ms, p50 {quantile(latencies, 0.5) * 1000:.0f} ms",
        flush=True,
    )
    servers.stop()

    time.sleep(2)
    asking = Asking(hub, tokens, POLLING_SERVERS / TODAY_S)
    time.sleep(15)
    share = processor_share(hub.process, 60)
    latencies = asking.stop()
    print(
        f"{POLLING_SERVERS} idle launchers that poll every 15 s: {share:.1%} of a core for the Hub;"
        f" p95 {quantile(latencies, 0.95) * 1000:.0f} ms",
        flush=True,
    )


if __name__ == "__main__":
    main()
