"""Configuration of every user's server: proxied services, and refusals as events in a file."""

import json
import logging
import os
import sys

known = json.loads(os.environ["TEST_SERVICES"])
ports = known["ports"]

c = get_config()
c.ServerProxy.servers = {
    # started on demand, on a port that nobody knows before
    "class-tools": {"command": [sys.executable, known["program"], "{port}"], "timeout": 30},
    # running already, on a port that everybody can guess
    "class-fixed": {"port": ports["class-fixed"]},
    "class-raw": {"port": ports["class-fixed"], "raw_socket_proxy": True},
    "open-tools": {"port": ports["open-tools"]},
}
# What is not tested takes time to start.
c.ServerApp.jpserver_extensions = {"jupyterlab": False, "jupyter_lsp": False}
c.EventLogger.handlers = [logging.FileHandler(os.path.expanduser("~/events.jsonl"))]
