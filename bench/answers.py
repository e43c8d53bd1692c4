"""Writes the server's answers to a benchmark's visitor, made by the engine of the Python package.

usage: python bench/answers.py < WORKLOAD > ANSWERS

WORKLOAD is JSON: ``{"policy": {...}, "contexts": [{...}, ...]}``. ANSWERS is JSON: ``first``, the
text of the answer to a page that has no policy yet, for the first context; ``refresh``, for each
context, the text of the answer to a page that names the policy's etag.
"""

from __future__ import annotations

import json
import sys

try:
    # A build of the engine alone, on PYTHONPATH.
    import _core
except ImportError:
    from jupyterlab_scoped_launcher import _core


def main() -> None:
    """Read a workload and write the answers."""
    workload = json.load(sys.stdin)
    policy = _core.Policy(json.dumps(workload["policy"]))
    head = {"state": "ok", "on_invalid": "hide_all"}

    def answer(context: dict[str, object], *, with_document: bool) -> str:
        text = json.dumps({"etag": policy.etag, **head})
        if with_document:
            document = policy.for_visitor(str(context["user"]), str(context["now"]))
            text = f'{text[:-1]}, "document": {document}}}'
        return f'{json.dumps(context)[:-1]}, "policy": {text}}}'

    contexts = workload["contexts"]
    answers = {
        "first": answer(contexts[0], with_document=True),
        "refresh": [answer(context, with_document=False) for context in contexts],
    }
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
