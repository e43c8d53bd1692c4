"""The ``pre_spawn_hook`` of a policy: what a server gets, and whether its profile is refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from inspect import isawaitable
from typing import TYPE_CHECKING

from tornado import web

from .errors import spawn_error
from .profiles import require_offered_choices
from .server_settings import ServerSettings, ServiceAddress
from .tokens import withheld_scopes
from .traitlets_config import hub_log
from .wrapspawner_profiles import require_allowed_profile

if TYPE_CHECKING:
    from jupyterhub.spawner import Spawner

    from .decisions import OwnerDecisions

    Hook = Callable[[Spawner], Awaitable[None] | None]


class SpawnHook:
    """Adds a policy to the spawn of each server.

    ``server_policy`` is the policy file as servers see it, which they also get as an argument if
    ``by_argument``. ``token_scopes`` are the scopes that visitors' tokens get on servers that are
    not shared, and ``lacking_scopes`` those that they should get and that this Hub cannot give.
    ``service`` is where servers find the Hub service.
    """

    def __init__(
        self,
        decisions: OwnerDecisions,
        server_policy: str,
        *,
        by_argument: bool = False,
        token_scopes: Sequence[str] = (),
        lacking_scopes: Sequence[str] = (),
        service: ServiceAddress = ServiceAddress(),  # noqa: B008  (it cannot change)
    ) -> None:
        self._decisions = decisions
        self._server_policy = server_policy
        self._by_argument = by_argument
        self._token_scopes = tuple(token_scopes)
        self._lacking_scopes = tuple(lacking_scopes)
        self._service = service

    def wrapping(self, configured: Hook | None) -> Hook:
        """Return a ``pre_spawn_hook`` that calls ``configured`` (async or not), then `prepare`.

        If `prepare` fails, the spawn is refused with a sentence for the user. Exceptions of
        ``configured`` pass through unchanged.
        """

        async def pre_spawn_hook(spawner: Spawner) -> None:
            if configured is not None:
                result = configured(spawner)
                if isawaitable(result):
                    await result
            try:
                await self.prepare(spawner)
            except web.HTTPError:
                raise
            except Exception as error:
                hub_log().exception("scoped-launcher: %s is not started", spawner._log_name)
                raise spawn_error(
                    "Your server was not started, because your permissions could not be"
                    " determined. Please tell the administrators of this JupyterHub."
                ) from error

        return pre_spawn_hook

    async def prepare(self, spawner: Spawner) -> None:
        """Give the server that starts its settings, or raise an error that refuses its profile."""
        await require_offered_choices(spawner)
        require_allowed_profile(self._decisions, spawner)
        ServerSettings(
            self._server_policy,
            by_argument=self._by_argument,
            kernel_directories=tuple(self._decisions.kernel_directories(spawner)),
            service=self._service,
            withheld_scopes=(
                *self._lacking_scopes,
                *withheld_scopes(self._token_scopes, spawner),
            ),
        ).give_to(spawner)
