"""For every user's server: the web service class1234-tools (in an image: below /etc/jupyter)."""

import sys
from pathlib import Path

c = get_config()
example = Path(__file__).resolve().parent.parent

c.ServerProxy.servers = {
    "class1234-tools": {
        "command": [
            sys.executable,
            str(example / "services" / "class1234_tools.py"),
            "{unix_socket}",
        ],
        "unix_socket": True,
        "new_browser_tab": False,
        "launcher_entry": {
            "title": "Class 1234 tools",
            # JupyterLab draws an icon_path in its own categories only.
            "category": "Class 1234",
            "icon_path": str(example / "services" / "class1234-tools.svg"),
        },
    },
}
