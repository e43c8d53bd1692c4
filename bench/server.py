"""Measures what the extension with its guards costs a Jupyter server: time to start, and memory.

usage: python bench/server.py [ROUNDS]           (9 rounds by default; some 10 s each)

Each round starts three servers one after the other, with JupyterLab and jupyter-server-proxy:
without the extension, with it and no policy, with it and the class example's policy. Prints
medians.
"""

from __future__ import annotations

import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import requests

POLICY = Path(__file__).resolve().parents[1] / "examples/class-hub/policy.yaml"
NAME = "jupyterlab_scoped_launcher"
KINDS = {
    "without": [f"--ServerApp.jpserver_extensions={NAME}=False"],
    "no policy": [],
    "class example": [f"--ScopedLauncher.policy_file={POLICY}"],
}
ENGINE = f"""
import time, {NAME}
begun = time.perf_counter()
from {NAME} import _core
loaded = time.perf_counter()
_core.Policy(open({str(POLICY)!r}, "rb").read(), "policy.yaml")
print(loaded - begun, time.perf_counter() - loaded)
"""


def serve(arguments: list[str]) -> tuple[float, float]:
    """Return the seconds until a server answers, and its memory (USS) then, in MB."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--port={port}", f"--IdentityProvider.token={token}", *arguments]
    with tempfile.TemporaryDirectory() as home:
        environment = {key: os.environ[key] for key in os.environ if not key.startswith("JUPYTER")}
        begun = time.perf_counter()
        server = psutil.Popen(
            command,
            cwd=home,
            env={**environment, "HOME": home},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            while True:
                try:
                    # The kernelspecs: through the guards, where there are any.
                    url = f"http://127.0.0.1:{port}/api/kernelspecs?token={token}"
                    requests.get(url, timeout=10).raise_for_status()
                    return time.perf_counter() - begun, server.memory_full_info().uss / 1e6
                except requests.ConnectionError:
                    assert server.poll() is None, "the server has stopped"
                    time.sleep(0.005)
        finally:
            server.terminate()
            server.wait(20)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    measured: dict[str, list[tuple[float, float]]] = {kind: [] for kind in KINDS}
    for _ in range(rounds):
        for kind, arguments in KINDS.items():
            measured[kind].append(serve(arguments))
    for kind, results in measured.items():
        seconds, megabytes = (statistics.median(column) for column in zip(*results, strict=True))
        print(f"{kind:14} {seconds:6.3f} s {megabytes:7.1f} MB")
    # Not here: the checkout's package has no engine.
    command = [sys.executable, "-c", ENGINE]
    with tempfile.TemporaryDirectory() as folder:
        outputs = [subprocess.check_output(command, cwd=folder) for _ in range(21)]
    engine = [[float(part) for part in output.split()] for output in outputs]
    load, policy = (statistics.median(column) * 1000 for column in zip(*engine, strict=True))
    print(f"engine loaded in {load:.2f} ms, the class example's policy read in {policy:.2f} ms")


if __name__ == "__main__":
    main()
