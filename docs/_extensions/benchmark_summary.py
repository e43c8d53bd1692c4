"""Writes the most important benchmarks, from bench/results.json (`make bench`), as Markdown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parents[2] / "bench" / "results.json"

OURS, THEIRS = "this engine", "indexed JavaScript"


def benchmark_summary() -> str:
    """Return a table: each size of a launcher, the engine, and JavaScript beside it."""
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    lines = [
        "From the server's answer to a decision on each card, in Chromium:",
        "",
        f"| launcher | {OURS} | {THEIRS} |",
        "|---|---|---|",
    ]
    for load in results["workloads"]:
        times = load["chromium"]["times"]
        size = f"{load['cards']:,} cards, {load['rules']:,} rules"
        lines.append(f"| {size} | {_time(times[OURS])} | {_time(times[THEIRS])} |")
    size = results["sizes"][OURS]
    raw, brotli = (round(size[kind] / 1000) for kind in ("raw", "brotli"))
    lines += ["", f"The WebAssembly has {raw} KB, or {brotli} KB with brotli."]
    lines.append(f"Measured on {results['date']}.")
    return "\n".join(lines)


def _time(times: dict[str, Any]) -> str:
    milliseconds = float(f"{times['cold']['ms']:.2g}")  # two digits
    return f"{milliseconds:g} ms"
