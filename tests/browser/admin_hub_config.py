"""The Hub of the class example, with an admin who may see the launcher as any user."""

from functools import partial
from pathlib import Path

from jupyterlab_scoped_launcher import hub

configure = hub.configure
# The example calls it last, and nothing may change the configuration afterwards.
hub.configure = partial(configure, preview_users=True)
load_subconfig(str(Path(__file__).parents[2] / "examples" / "class-hub" / "jupyterhub_config.py"))
hub.configure = configure

c = get_config()
c.Authenticator.admin_users = {"admin"}
