"""`make demo` on a real Hub: it comes up, and stops all that it started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]


Demo = subprocess.Popen[str]


@pytest.fixture
def start() -> Iterator[Callable[..., Demo]]:
    """Starts demos, and sees to it that none outlives the test."""
    started = []

    def start_one(state: Path, **environment: str) -> Demo:
        demo = subprocess.Popen(
            [sys.executable, ROOT / "scripts" / "demo.py", "--state", state, "--port", "0"],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(demo)
        return demo

    yield start_one
    for demo in started:
        demo.terminate()
        demo.wait(timeout=60)


def left_over(state: Path) -> list[str]:
    """The processes that know of this state: its Hub, proxy, services, servers, kernels."""
    known = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), *process.environ().values()]
        except psutil.Error:
            continue
        if process.pid != os.getpid() and any(str(state) in word for word in words):
            known.append(" ".join(process.cmdline()))
    return known


def wait_for_welcome(demo: Demo) -> None:
    assert demo.stdout is not None
    for line in demo.stdout:
        if "Ctrl-C stops everything" in line:
            return
    raise AssertionError("the demo ended before it was up")


def test_it_comes_up_serves_a_student_and_stops(start: Callable[..., Demo], tmp_path: Path) -> None:
    demo = start(tmp_path, DEMO_CHECK="1")
    output, _ = demo.communicate(timeout=300)
    assert demo.returncode == 0, output + (tmp_path / "hub.log").read_text()[-5000:]
    assert "her context answers 200" in output
    assert not left_over(tmp_path)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_all_it_started(
    start: Callable[..., Demo], tmp_path: Path, stop: signal.Signals
) -> None:
    demo = start(tmp_path)
    wait_for_welcome(demo)
    assert len(left_over(tmp_path)) >= 4, "the demo, its Hub, proxy and service"
    demo.send_signal(stop)
    demo.communicate(timeout=60)
    assert demo.returncode == (0 if stop == signal.SIGINT else 128 + stop)
    assert not left_over(tmp_path)


def test_it_stops_all_when_nobody_reads_what_it_prints(
    start: Callable[..., Demo], tmp_path: Path
) -> None:
    demo = start(tmp_path)
    wait_for_welcome(demo)
    assert demo.stdout is not None
    demo.stdout.close()
    demo.terminate()
    demo.wait(timeout=60)
    assert not left_over(tmp_path)


def test_a_second_one_on_the_same_state_says_so(start: Callable[..., Demo], tmp_path: Path) -> None:
    first = start(tmp_path)
    wait_for_welcome(first)
    second = start(tmp_path)
    output, _ = second.communicate(timeout=60)
    assert second.returncode == 1
    assert "running already" in output
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=60)
    again = start(tmp_path)
    wait_for_welcome(again)
    again.send_signal(signal.SIGINT)
    again.communicate(timeout=60)
    assert again.returncode == 0


def test_only_its_user_reads_its_password(start: Callable[..., Demo], tmp_path: Path) -> None:
    state = tmp_path / "state"
    demo = start(state)
    wait_for_welcome(demo)
    demo.send_signal(signal.SIGINT)
    demo.communicate(timeout=60)
    assert (state / "password").stat().st_mode & 0o077 == 0
    assert state.stat().st_mode & 0o077 == 0
