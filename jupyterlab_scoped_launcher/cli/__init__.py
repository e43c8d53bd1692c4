"""The command ``scoped-launcher``.

Exit codes of every command: 0 done, 1 the policy (or a scope) has errors, 2 wrong usage,
3 something outside failed (a file, the Hub), 130 interrupted.
"""

from __future__ import annotations

import os
import sys

__all__ = ["main"]


def main() -> None:
    """Run ``scoped-launcher`` with the process's arguments and exit.

    ``batch`` starts without importing click, because other tools start it often. No error reaches
    the user as a traceback.
    """
    try:
        if sys.argv[1:] == ["batch"]:
            from .batch import answer_lines

            code = answer_lines(sys.stdin.buffer, sys.stdout.buffer)
        else:
            from .app import run

            code = run()
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        # The process that reads the output has ended, as in `… | head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        print(f"scoped-launcher: {type(error).__name__}: {error}", file=sys.stderr)
        code = 3
    sys.exit(code)
