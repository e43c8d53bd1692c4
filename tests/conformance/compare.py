"""One question to both, and whether the answers agree."""

from __future__ import annotations

import json
from typing import Any

from jupyterlab_scoped_launcher import _core

from . import reference

Json = dict[str, Any]


def ask(asked: Json) -> Json:
    """The engine's answer."""
    answered: Json = json.loads(_core.batch(json.dumps(asked)))
    return answered


def differences(asked: Json, world: reference.World | None) -> tuple[Json, Json] | None:
    """The Hub's and the engine's answer, if they do not agree."""
    hub = reference.comparable(reference.answer(asked, world))
    engine = reference.comparable(ask(asked))
    return None if hub == engine else (hub, engine)
