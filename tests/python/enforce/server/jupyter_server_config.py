"""Configuration of every user's server: proxied services, and refusals as events in a file."""

import json
import logging
import os
import sys
from importlib.util import find_spec

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
sys.path.append(os.path.dirname(__file__))
c.ServerApp.jpserver_extensions.update(  # JupyterHub 5.0 has put its own in there already
    {
        "own_handlers": True,
        "voila.server_extension": find_spec("voila") is not None,  # some environments have none
        # What is not tested takes time to start.
        "jupyterlab": False,
        "jupyter_lsp": False,
    }
)
c.EventLogger.handlers = [logging.FileHandler(os.path.expanduser("~/events.jsonl"))]
