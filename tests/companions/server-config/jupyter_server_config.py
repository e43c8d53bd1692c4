"""For every server of the trials: services, named as people name them."""

import sys
from pathlib import Path

c = get_config()
icon = str(Path(__file__).resolve().parents[3] / "examples/class-hub/services/class1234-tools.svg")
serve = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "{port}"]


def entry(title, **launcher):
    return {
        "command": serve,
        "timeout": 20,
        "new_browser_tab": False,
        "launcher_entry": {"title": title, **launcher},
    }


c.ServerProxy.servers = {
    "class 1 & co": entry("Class & co", category="Class", icon_path=icon),
    "class.ümlaut": entry("Übung <b>1</b>", category="Notebook", icon_path=icon),
    "class:colon": entry("Class colon", category="Console", icon_path=icon),
    "free": entry("Free for all", category="Übungen 'n' <i>more</i>", icon_path=icon),
    "no-card": entry("No card", enabled=False),
}

c.LauncherShortcuts.shortcuts = {
    "class": {"title": "Class shortcut", "target": "{base_url}class:colon/", "icon_path": icon},
    "free": {"title": "Free shortcut", "target": "{base_url}free/", "icon_path": icon},
}
