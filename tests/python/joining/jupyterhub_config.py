"""Configuration of the Hub at which people ask to join groups (`conftest.py`)."""

import json
import os

from jupyterlab_scoped_launcher.hub import configure

known = json.loads(os.environ["TEST_HUB"])
load_subconfig(known["common"])

c = get_config()
c.Authenticator.admin_users = {"root"}
c.JupyterHub.load_groups = {
    **{name: {"users": []} for name in ("class", "strict", "crowd", "secret", "bulk", "large")},
    "teachers": {"users": ["profx"]},
}
c.JupyterHub.load_roles += [
    {
        "name": "teachers",
        "groups": ["teachers"],
        "scopes": [
            f"groups!group={name}" for name in ("class", "strict", "crowd", "bulk", "large")
        ],
    },
    # A member of staff who teaches one class, and asks to join another.
    {"name": "tutor", "users": ["tutor@example.edu"], "scopes": ["groups!group=class"]},
]

configure(
    c,
    known["policy"],
    service={
        "database": known["database"],
        "options": (
            *("--smtp", known["smtp"], "--smtp-security", "none", "--mail-from", "hub@example.edu"),
            *("--mail-users", "{user}@students.example.edu", "--mail-digest", "2"),
            *("--public-url", known["url"]),
        ),
    },
)
