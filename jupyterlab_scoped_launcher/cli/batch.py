"""``scoped-launcher batch``: answers JSON lines in order."""

from __future__ import annotations

from typing import BinaryIO

from .._core import batch

NOT_UTF8 = (
    b'{"error":{"code":"bad-utf8","message":"This line is not UTF-8. Write JSON as UTF-8."}}\n'
)


def answer_lines(lines: BinaryIO, answers: BinaryIO) -> int:
    """Answer each line of ``lines`` at once, until the input ends; return exit code 0."""
    for line in lines:
        try:
            answer = batch(line.decode()).encode() + b"\n"
        except UnicodeDecodeError:
            answer = NOT_UTF8
        answers.write(answer)
        answers.flush()
    return 0
