"""Finds servers to which `configure` cannot give the policy."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import getmro
from typing import TYPE_CHECKING, Any

from ..variables import POLICY_VARIABLE
from .code_names import uses_name
from .server_settings import POLICY_ARGUMENT, takes_policy_argument
from .services import services_without_policy
from .traitlets_config import configured_value, sections_with

if TYPE_CHECKING:
    from traitlets.config import Config


def unreached_servers(c: Config, spawner_class: type, *, by_argument: bool) -> list[str]:
    """Return a sentence for the admin for each kind of server that does not get the policy.

    ``spawner_class`` is the Hub's. ``by_argument``: servers should get it as an argument.
    """
    classes = [spawner_class, *_profile_classes(c)]
    return [
        *services_without_policy(c),
        *(sentence for cls in classes for sentence in _unreached_by(cls)),
        *(sentence for cls in classes if by_argument for sentence in _without_argument(c, cls)),
    ]


def _unreached_by(cls: type) -> Iterator[str]:
    """Yield what is wrong with a spawner class of which this must not be assumed to be known.

    Its code is searched for the two methods that every spawner should call. A class that starts
    servers by other spawners calls neither itself.
    """
    from jupyterhub.spawner import Spawner

    methods = {
        name: value
        for base in reversed(getmro(cls))
        if issubclass(base, Spawner) and base is not Spawner
        for name, value in vars(base).items()
    }
    asks_for_environment = any(
        uses_name(method, "get_env") for name, method in methods.items() if name != "get_env"
    )
    if not asks_for_environment and not hasattr(cls, "construct_child"):
        yield (
            f"{_name(cls)} never calls its get_env(), so its servers do not have the policy. Set"
            f" {POLICY_VARIABLE} in their image, or call get_env() in its start()."
        )
    hook = methods.get("run_pre_spawn_hook")
    if hook and not any(uses_name(hook, name) for name in ("pre_spawn_hook", hook.__name__)):
        yield (
            f"{_name(cls)}.run_pre_spawn_hook does not run c.Spawner.pre_spawn_hook, so its servers"
            " do not have the policy. Call super().run_pre_spawn_hook() in it."
        )


def _without_argument(c: Config, cls: Any) -> Iterator[str]:
    """Yield a sentence if servers of this spawner class get the policy by their environment only.

    Each profile and each group may set another ``cmd``, which is not looked at here.
    """
    if hasattr(cls, "construct_child"):
        return
    sections = dict(sections_with(c, "cmd"))
    section = next((base.__name__ for base in getmro(cls) if base.__name__ in sections), None)
    if section is not None:
        command = configured_value(sections[section], "cmd", [])
        place = f"c.{section}.cmd"
    else:
        command, place = cls.class_traits()["cmd"].default(), f"the default of {_name(cls)}.cmd"
    command = [command] if isinstance(command, str) else list(command or ())
    if not takes_policy_argument(command):
        what = f"{command!r} is not known as a Jupyter server" if command else "it is the image's"
        yield (
            f"{place}: {what}, so it does not get the argument {POLICY_ARGUMENT}…, and a file in a"
            f" user's home can override the variable {POLICY_VARIABLE}. Set cmd to"
            " ['jupyterhub-singleuser'] if that is what it runs."
        )


def _profile_classes(c: Config) -> list[type]:
    """Return the spawner classes of wrapspawner's profiles, without those that do not import."""
    from traitlets.utils.importstring import import_item

    classes = []
    for trait in ("profiles", "default_profiles"):
        for _, section in sections_with(c, trait):
            for _, _, cls, *_ in configured_value(section, trait, []):
                try:
                    classes.append(import_item(cls) if isinstance(cls, str) else cls)
                except ImportError:
                    continue  # the spawn of this profile fails, with an error of wrapspawner
    return list(dict.fromkeys(classes))


def _name(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"
