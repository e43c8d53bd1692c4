"""Configuration of the Hub of `test_one_answer.py`."""

import json
import os
import sys

from jupyterlab_scoped_launcher.hub import configure

known = json.loads(os.environ["TEST_HUB"])
load_subconfig(known["common"])

c = get_config()
c.JupyterHub.load_roles += [
    {"name": "user", "scopes": ["self", "access:servers!server=host/shared"]},
]

RECORD = "import os, sys; print(os.environ.get('JUPYTER_PATH', ''), file=open(sys.argv[1], 'w'))"
"""A server's program: writes down which kernels the Hub's hook allows, and ends."""


async def record_search_path(spawner):
    if spawner.name == "hook":
        file = os.path.join(known["recorded"], spawner.user.name)
        spawner.cmd = [sys.executable, "-c", RECORD, file]


c.Spawner.pre_spawn_hook = record_search_path

configure(c, known["policy"])
