"""The scope algebra beside jupyterhub's own, in one run: ``python bench/scopes.py``.

Both get the same raw scopes: of servers, users and groups, half of them with subscopes. Then:

expand  raw scopes to expanded ones, as texts (the Hub's cache of whole results passed by; that of
        single scopes stays)
index   expanded scopes to what a check reads (the Hub's ``parse_scopes``)
check   one ``has_scope`` on that: the Hub's as its handlers call it, where every question is in the
        function's cache already, and the plain function below that cache

Best of several runs each. Needs jupyterhub, and cargo for the engine.
"""

from __future__ import annotations

import json
import random
import subprocess
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jupyterhub import orm, scopes

ROOT = Path(__file__).resolve().parent.parent
SIZES = (10, 200, 20_000)
OWNER = "ann"


def case(size: int) -> dict[str, Any]:
    """Raw scopes of this number, and 1,000 scopes to ask for, of which about half are held."""
    rng = random.Random(size)

    def scope(n: int) -> str:
        base = rng.choice(["access:servers", "servers", "read:users", "groups"])
        if base == "groups":
            return f"groups!group=course{n}"
        return f"{base}!" + rng.choice([f"user=user{n}", f"server=user{n}/lab", f"group=course{n}"])

    held = ["self", *(scope(n) for n in range(size - 1))]
    asked = [rng.choice([*held[1:], scope(10**6)]) for _ in range(500)]
    asked += [scope(10**6 + n) for n in range(500)]
    return {"scopes": held, "owner": OWNER, "asked": asked}


def best_ns(run: Callable[[], object]) -> float:
    """The fastest of the runs that fit into a second, in nanoseconds."""
    best, started = float("inf"), time.perf_counter()
    while time.perf_counter() - started < 1:
        one = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - one)
    return best * 1e9


def hub(case: dict[str, Any]) -> dict[str, float]:
    """The Hub's times."""
    owner = orm.User(name=case["owner"])
    asked = case["asked"]
    below_cache = scopes.has_scope.__wrapped__
    expand, reduce = scopes.expand_scopes.__wrapped__, scopes.reduce_scopes
    parse = scopes.parse_scopes.__wrapped__
    expanded = expand(case["scopes"], owner)
    parsed = parse(expanded)

    def expand_afresh() -> object:
        scopes.reduce_scopes = uncached_reduce
        return sorted(expand(case["scopes"], owner))

    def uncached_reduce(expanded: Any) -> Any:
        return scopes.unparse_scopes.__wrapped__(parse(expanded))

    times = {
        "expand_ns": best_ns(expand_afresh),
        "index_ns": best_ns(lambda: parse(expanded)),
        "check_ns": best_ns(lambda: [scopes.has_scope(scope, parsed) for scope in asked]),
        "plain_check_ns": best_ns(lambda: [below_cache(scope, parsed) for scope in asked]),
        "held": sum(scopes.has_scope(scope, parsed) for scope in asked),
    }
    scopes.reduce_scopes = reduce
    return times | {name: times[name] / len(asked) for name in ("check_ns", "plain_check_ns")}


def engine(cases: list[dict[str, Any]]) -> list[dict[str, float]]:
    """The engine's times, one answer for each case."""
    command = "cargo run --quiet --release -p scoped-launcher-core --example time_scopes"
    run = subprocess.run(
        command.split(),
        input="\n".join(map(json.dumps, cases)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return [json.loads(line) for line in run.stdout.splitlines()]


def main() -> None:
    """Time both and print a table of ratios."""
    cases = [case(size) for size in SIZES]
    print(f"jupyterhub {version('jupyterhub')}'s scopes in Python beside the engine in Rust")
    print(f"{'scopes':>7}  {'what':<24}{'jupyterhub':>14}{'engine':>14}{'ratio':>9}")
    for size, theirs, ours in zip(SIZES, map(hub, cases), engine(cases), strict=True):
        assert theirs["held"] == ours["held"], "they disagree"
        for what, key in (
            ("expand", "expand_ns"),
            ("index", "index_ns"),
            ("check, as handlers do", "check_ns"),
            ("check, below the cache", "plain_check_ns"),
        ):
            mine = ours[key.removeprefix("plain_")]
            ratio = theirs[key] / mine
            print(
                f"{size:>7,}  {what:<24}{theirs[key] / 1e3:>11,.2f} µs{mine / 1e3:>11,.3f} µs"
                f"{ratio:>8,.1f}×"
            )


if __name__ == "__main__":
    main()
