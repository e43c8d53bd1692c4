"""Runs the project's checks and tests by stage, and prints at the end how many passed.

usage: python scripts/run_tests.py [STAGE …]          (no stage: all of them)

Every step runs, even if one before it failed. The last line has the sums of the numbers that the
test runners print. A check without numbers, such as a linter, counts as one. Exits with 1 if a step
failed.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / "target" / "test-logs"
CASE_COUNTS = ROOT / "target" / "case-counts"


class Counts(NamedTuple):
    """How many tests passed, failed and were skipped."""

    passed: int
    failed: int
    skipped: int = 0


class Step(NamedTuple):
    """One command, and how to read its numbers from its output (None: it counts as one check)."""

    stage: str
    name: str
    command: str
    read: Callable[[str], Counts] | None = None


def cargo_counts(output: str) -> Counts:
    """Adds up the `test result:` lines of libtest, one for each test program."""
    results = re.findall(
        r"^test result: .*? (\d+) passed; (\d+) failed; (\d+) ignored", output, re.M
    )
    return Counts(*(sum(int(row[i]) for row in results) for i in range(3)))


def pytest_counts(output: str) -> Counts:
    """Reads pytest's last summary line."""
    summaries = re.findall(r"^=+ (.*) in [\d.]+s.*=+$", output, re.M)
    numbers = {
        word: int(n) for n, word in re.findall(r"(\d+) (\w+)", summaries[-1] if summaries else "")
    }
    failed = sum(numbers.get(word, 0) for word in ("failed", "error", "errors", "xpassed"))
    return Counts(numbers.get("passed", 0), failed, numbers.get("skipped", 0))


def node_counts(output: str) -> Counts:
    """Reads the totals of node's test runner (spec reporter)."""
    totals = dict(re.findall(r"^(?:#|ℹ) (pass|fail|cancelled|skipped) (\d+)$", output, re.M))
    number = {key: int(value) for key, value in totals.items()}
    failed = number.get("fail", 0) + number.get("cancelled", 0)
    return Counts(number.get("pass", 0), failed, number.get("skipped", 0))


def jest_counts(output: str) -> Counts:
    """Reads jest's `Tests:` line."""
    lines = re.findall(r"^Tests: +(.*)$", output, re.M)
    numbers = {word: int(n) for n, word in re.findall(r"(\d+) (\w+)", lines[-1] if lines else "")}
    return Counts(numbers.get("passed", 0), numbers.get("failed", 0), numbers.get("skipped", 0))


HUB_TESTS = (
    "tests/python/changes/test_{grants,listener,roles,server,stream}.py",
    "tests/python/enforce/test_{configure,every_server,hub,internal_ssl,kernels,kubespawner}.py",
    "tests/python/enforce/test_{managed_groups,proxies,reach,spawners,tokens,unsafe_settings}.py",
    "tests/python/joining/test_requests.py",
    "tests/python/service/test_{sessions,sharing}.py",
    "tests/python/test_{cli_hub,context,hub_api,routes_hub}.py",
    "tests/upstream/test_{glob_filters,group_shares}.py",
)
"""The tests that depend on the version of JupyterHub."""

TWO_PROCESSES = "-n 2 --dist loadgroup"
"""These tests wait more than they compute."""

STEPS = [
    Step("lint", "rustfmt", "cargo fmt --all --check"),
    Step("lint", "clippy", "cargo clippy --workspace --all-targets -- -D warnings"),
    Step(
        "lint",
        "clippy for WebAssembly",
        "node scripts/page-cases.mjs && cargo clippy -p scoped-launcher-web --tests"
        " --target wasm32-unknown-unknown -- -D warnings",
    ),
    Step(
        "lint",
        "circles of Rust imports, long files",
        "cargo test -p scoped-launcher-core --test modules",
        cargo_counts,
    ),
    Step("lint", "ruff", "ruff check ."),
    Step("lint", "ruff format", "ruff format --check ."),
    Step("lint", "mypy", "mypy"),
    Step("lint", "direction of Python imports", "lint-imports --no-cache"),
    Step("lint", "eslint, prettier, stylelint, types, imports", "npm run --silent lint:check"),
    Step("lint", "language catalogues", "python scripts/check_translations.py"),
    Step("lint", "workflows, issue forms, citation", "bash scripts/check-repository.sh"),
    Step("lint", "licences of npm and Python packages", "python scripts/check_licences.py"),
    Step("rust", "Rust tests", "cargo test", cargo_counts),
    Step(
        "rust",
        "instructions of a fixed workload",
        "node scripts/check-instructions.mjs",
    ),
    Step("wasm", "size of the WebAssembly file", "npm run --silent size"),
    Step("wasm", "WebAssembly tests in Chromium", "npm run --silent test:wasm", cargo_counts),
    Step("typescript", "TypeScript tests", "npm run --silent test", jest_counts),
    Step(
        "python",
        "Python tests",
        f"pytest {TWO_PROCESSES} tests/python tests/conformance tests/upstream",
        pytest_counts,
    ),
    Step(
        "hub5",
        "Python tests with JupyterHub 5.5",
        f".venv-hub5/bin/pytest {TWO_PROCESSES} {' '.join(HUB_TESTS)}",
        pytest_counts,
    ),
    Step(
        "docs",
        "documentation site, without warnings",
        "sphinx-build --write-all --fresh-env --nitpicky --fail-on-warning --keep-going --quiet"
        " -d target/docs/doctrees docs target/docs/html",
    ),
    Step("docs", "links of the site", "python scripts/check_site.py target/docs/html"),
    Step("packaging", "tests of the wheel and the sdist", "pytest tests/packaging", pytest_counts),
    Step(
        "browser",
        "browser tests with a real Hub and Chromium",
        "node --test --test-concurrency=1 --test-reporter=spec tests/browser/",
        node_counts,
    ),
]


def run(step: Step) -> Counts:
    """Runs one step, prints its output and writes it to a log; returns its numbers."""
    print(f"\n==> {step.stage}: {step.name}\n    {step.command}", flush=True)
    started = time.monotonic()
    lines = []
    process = subprocess.Popen(
        ["bash", "-c", step.command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    assert process.stdout is not None  # noqa: S101
    try:
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
        ok = process.wait() == 0
    finally:
        if process.poll() is None:
            # SIGINT, not SIGKILL: the test runners then stop the servers that they have started.
            process.send_signal(signal.SIGINT)
            process.communicate()
    output = "".join(lines)
    (LOGS / f"{step.stage}-{re.sub(r'[^a-z]+', '-', step.name.lower())}.log").write_text(output)
    counts = step.read(output) if step.read else Counts(int(ok), int(not ok))
    if (not ok and not counts.failed) or (ok and not counts.passed):
        # It failed outside a test, or it ran no test.
        counts = counts._replace(failed=counts.failed + 1)
    print(
        f"    {'ok' if not counts.failed else 'FAILED'} in {time.monotonic() - started:.0f} s",
        flush=True,
    )
    return counts


def compare_case_counts() -> Counts:
    """Checks that Rust, WebAssembly and Python have run the same number of cases of tests/cases."""
    print("\n==> cases: the same number in Rust, WebAssembly and Python", flush=True)
    counts = {
        engine: (CASE_COUNTS / engine).read_text().strip()
        if (CASE_COUNTS / engine).is_file()
        else "no"
        for engine in ("rust", "wasm", "python")
    }
    same = len(set(counts.values())) == 1 and counts["rust"].isdigit()
    print("    " + ", ".join(f"{engine}: {count} cases" for engine, count in counts.items()))
    return Counts(int(same), int(not same))


def main(stages: list[str]) -> int:
    """Runs the given stages (all, if none is given) and returns the exit code."""
    known = dict.fromkeys(step.stage for step in STEPS)
    if unknown := [stage for stage in stages if stage not in known]:
        print(
            f"unknown stage {', '.join(unknown)}: choose from {', '.join(known)}", file=sys.stderr
        )
        return 2
    signal.signal(signal.SIGTERM, lambda signum, _: sys.exit(128 + signum))
    LOGS.mkdir(parents=True, exist_ok=True)
    chosen = [step for step in STEPS if not stages or step.stage in stages]
    if not stages:
        shutil.rmtree(CASE_COUNTS, ignore_errors=True)
    results = [(step.name, run(step)) for step in chosen]
    if not stages:
        results.append(("same number of shared cases", compare_case_counts()))

    print("\n==> Summary")
    for name, counts in results:
        print(f"    {'FAILED' if counts.failed else 'ok':6}  {counts.passed:6} passed  {name}")
    total = Counts(*map(sum, zip(*(counts for _, counts in results), strict=True)))
    skipped = f", {total.skipped} skipped" if total.skipped else ""
    print(f"\n{total.passed} passed, {total.failed} failed{skipped}")
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
