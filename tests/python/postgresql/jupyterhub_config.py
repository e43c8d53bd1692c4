"""Configuration of the Hub whose database is PostgreSQL (`test_postgresql.py`)."""

import json
import os

from jupyterlab_scoped_launcher.hub import configure

known = json.loads(os.environ["TEST_HUB"])
load_subconfig(known["common"])

c = get_config()
# Without `+psycopg2`, SQLAlchemy 2.1 looks for psycopg 3.
c.JupyterHub.db_url = known["db_url"].replace("postgresql:", "postgresql+psycopg2:", 1)
c.JupyterHub.load_groups = {"class": {"users": []}, "teachers": {"users": ["profx"]}}
configure(
    c,
    known["policy"],
    service={"database": known["database"], "options": ("--interval", "1")},
)
