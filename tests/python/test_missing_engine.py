"""A server whose engine cannot be loaded: ``on_invalid`` counts, and the guards are installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

SERVER = """
import asyncio, json, sys

sys.modules["jupyterlab_scoped_launcher._core"] = None  # makes its import fail

from jupyter_server.serverapp import ServerApp

server = ServerApp.instance()
server.initialize(
    ["--ServerApp.port=0", "--ServerApp.allow_root=True", "--ServerApp.jpserver_extensions="
     '{"jupyterlab_scoped_launcher": True}', *sys.argv[1:]],
    new_httpserver=False,
)
(launcher,) = server.extension_manager.extension_apps["jupyterlab_scoped_launcher"]
routes = [pattern for pattern, *_ in launcher.handlers]
print(json.dumps({
    "kernels": sorted(server.kernel_spec_manager.find_kernel_specs()),
    "routes": [route for route in routes if "scoped-launcher" in str(route)],
}))
"""
"""Prints which kernels are offered to nobody in particular, and the extension's routes."""


@pytest.mark.parametrize(("on_invalid", "kernels"), [("hide_all", []), ("show", ["python3"])])
def test_on_invalid_counts(tmp_path, on_invalid, kernels):
    policy = tmp_path / "policy.yaml"
    policy.write_text("version: 1\n")
    folders = {
        f"JUPYTER_{name}_DIR": str(tmp_path / name.lower())
        for name in ("CONFIG", "DATA", "RUNTIME")
    }
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            SERVER,
            f"--ScopedLauncher.policy_file={policy}",
            f"--ScopedLauncher.on_invalid={on_invalid}",
        ],
        env={
            **{key: value for key, value in os.environ.items() if key != "JUPYTERHUB_API_URL"},
            **folders,
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    offered = json.loads(done.stdout)
    assert offered["kernels"] == kernels
    assert len(offered["routes"]) == 8
    assert done.stderr.count("the engine cannot be loaded") == 1
