"""What JupyterHub does with a spawner before a server starts, without a Hub."""

from __future__ import annotations

import asyncio
from typing import Any

from jupyterhub import orm
from jupyterhub.objects import Hub
from jupyterhub.user import User
from traitlets.config import Config


def new_spawner(
    c: Config, owner: orm.User, spawner_class: type, name: str = "", **options: Any
) -> Any:
    """Return the spawner of a server as JupyterHub makes it; ``options`` are those of the form."""
    user = User(owner, {"config": c, "hub": Hub(), "authenticator": None})
    if name and name not in user.orm_spawners:
        owner._orm_spawners.append(orm.Spawner(name=name))
    spawner = user._new_spawner(name, spawner_class=spawner_class)
    spawner.api_token = "secret"
    spawner.user_options = options
    return spawner


def pod(c: Config, owner: orm.User, **options: Any) -> Any:
    """Return the pod that KubeSpawner would start for the user, with these options of the form."""

    async def prepare() -> Any:
        from jupyterhub.utils import maybe_future
        from kubespawner import KubeSpawner

        spawner = new_spawner(c, owner, KubeSpawner, **options)
        await spawner._get_oauth_client_allowed_scopes()
        await spawner.apply_group_overrides()
        await maybe_future(spawner.run_pre_spawn_hook())
        await spawner.load_user_options()
        return await spawner.get_pod_manifest()

    return asyncio.run(prepare())
