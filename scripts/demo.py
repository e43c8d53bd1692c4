"""Starts the class example on a real JupyterHub, and stops it on Ctrl-C.

usage: python scripts/demo.py [--state FOLDER] [--port PORT] [--config FILE]

The state (database, homes, password) is in FOLDER, by default .demo. A second run continues with
the state of the first. With DEMO_CHECK=1 in the environment, it checks that a student can log in
and gets a JupyterLab, stops, and exits with 0 if that worked.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import IO

import psutil
import requests
from mail_catcher import MailCatcher

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "class-hub"
START_SECONDS = 120
STOP_SECONDS = 20
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

WELCOME = """
The class example is running: {url}

  user      password            who
  profx     {password}  instructor of PythonForMorons101
  mmuster   {password}  student, not in the class yet
  eextern   {password}  in no group

What to try:
  1. Log in as mmuster, in a private window: her launcher has no card of class 1234.
     "Why can't I see a card?" opens a panel that says why, with "Ask to join".
  2. Ask to join, with a reason. The mail to profx is here: {mails}
  3. Log in as profx in another window, follow the link in the mail, and approve the request.
  4. Within a second the kernel, the tools and the workbench of class 1234 are in mmuster's open
     launcher, without a reload. Remove her on the same page, and they disappear.
  5. As profx, open Home, make a server named dash-1 and start it: the class has a card for it.

The Hub's log is {log}. Ctrl-C stops everything.
"""


def free_port(wanted: int) -> int:
    """Returns `wanted` if it is free on this machine, else another free port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def password(state: Path) -> str:
    """Returns the password, generated once: other users of this machine must not know it."""
    file = state / "password"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(12))
    return file.read_text()


class Hub:
    """The running Hub, with everything that it started."""

    def __init__(self, state: Path, port: int, config: Path, log: IO[str], smtp: str) -> None:
        self.url = f"http://127.0.0.1:{port}/"
        self.password = password(state)
        tools = [ROOT / ".venv" / "bin", ROOT / "node_modules" / ".bin"]
        environment = {
            **os.environ,
            "PATH": os.pathsep.join([*map(str, tools), os.environ["PATH"]]),
            "CLASS_HUB_STATE": str(state),
            "CLASS_HUB_PORT": str(port),
            "CLASS_HUB_PASSWORD": self.password,
            "CLASS_HUB_SMTP": smtp,
        }
        self.process = psutil.Popen(
            ["jupyterhub", "-f", str(config)],
            cwd=state,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Only this program gets Ctrl-C; stop() then ends the Hub and its children.
            start_new_session=True,
        )

    def wait_until_up(self) -> bool:
        """Waits for the login page; returns False if the Hub ended or did not answer in time."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if requests.get(f"{self.url}hub/login", timeout=5).ok:
                    return True
            except requests.ConnectionError:
                pass
            time.sleep(0.3)
        return False

    def stop(self) -> None:
        """Ends the Hub, its proxy, its services and all users' servers and kernels."""
        if self.process.poll() is not None:
            return
        started = self.process.children(recursive=True)
        self.process.terminate()
        _, alive = psutil.wait_procs([self.process, *started], timeout=STOP_SECONDS)
        for process in alive:
            process.kill()
        psutil.wait_procs(alive, timeout=5)


def check(hub: Hub) -> bool:
    """Logs in as mmuster, and requests her JupyterLab and its launcher's context."""
    session = requests.Session()
    session.get(f"{hub.url}hub/login", timeout=10)
    form = {
        "username": "mmuster",
        "password": hub.password,
        "_xsrf": session.cookies.get("_xsrf", path="/hub/"),
    }
    session.post(f"{hub.url}hub/login", data=form, timeout=30)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        page = session.get(f"{hub.url}hub/user/mmuster/lab", timeout=30)
        if page.ok and "jupyter-config-data" in page.text:
            context = session.get(f"{hub.url}user/mmuster/scoped-launcher/context", timeout=30)
            print(f"mmuster's JupyterLab runs; her context answers {context.status_code}")
            return context.ok and context.json()["user"] == "mmuster"
        time.sleep(0.5)
    print(f"mmuster's JupyterLab did not start within {START_SECONDS} s")
    return False


def stop_on(signum: int, _frame: FrameType | None) -> None:
    """Raises SystemExit on a signal, so that `finally` blocks run."""
    raise SystemExit(0 if signum == signal.SIGINT else 128 + signum)


def main() -> int:
    parser = argparse.ArgumentParser(description="Start the class example on a real JupyterHub.")
    parser.add_argument("--state", type=Path, default=ROOT / ".demo")
    parser.add_argument(
        "--port", type=int, default=8000, help="if it is in use, another one is used"
    )
    parser.add_argument(
        "--config",
        type=Path,
        default=EXAMPLE / "jupyterhub_config.py",
        help="configuration of the Hub that includes the example's",
    )
    options = parser.parse_args()
    state = options.state.resolve()
    state.mkdir(mode=0o700, parents=True, exist_ok=True)

    lock = (state / "lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"error: the example is running already with the state in {state}", file=sys.stderr)
        return 1

    for signum in STOP_SIGNALS:
        signal.signal(signum, stop_on)
    log_file = state / "hub.log"
    print("==> Starting the Hub", flush=True)
    mails = MailCatcher()
    mails.start()
    with log_file.open("w") as log:
        hub = Hub(state, free_port(options.port), options.config.resolve(), log, mails.smtp)
        try:
            if not hub.wait_until_up():
                print(f"error: the Hub did not start; {log_file} ends with", file=sys.stderr)
                print("\n".join(log_file.read_text().splitlines()[-20:]), file=sys.stderr)
                return 1
            welcome = WELCOME.format(
                url=hub.url, password=hub.password, mails=mails.url, log=log_file
            )
            print(welcome, flush=True)
            if os.environ.get("DEMO_CHECK"):
                return 0 if check(hub) else 1
            hub.process.wait()
            print(f"error: the Hub has ended by itself; see {log_file}", file=sys.stderr)
            return 1
        finally:
            for signum in STOP_SIGNALS:
                signal.signal(signum, signal.SIG_IGN)
            with contextlib.suppress(OSError):  # the terminal may be closed
                print("==> Stopping the Hub and all that it started", flush=True)
            hub.stop()
            mails.stop()


if __name__ == "__main__":
    sys.exit(main())
