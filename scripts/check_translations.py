"""Compares the language catalogues with the texts in the sources.

usage: python scripts/check_translations.py [--write]

It names each text that a catalogue lacks, has without a translation, has with other placeholders
than the English text, or has although nothing uses it, and exits with 1 if there is one. `--write`
adds the texts that are missing, with an empty translation, and removes those that nothing uses.
Then write the translations into the catalogues:
jupyterlab_scoped_launcher/locale/LANGUAGE/LC_MESSAGES/jupyterlab_scoped_launcher.json

The texts are

- in the labextension: `trans.__('…')`, `_n`, `_p` and `_np` (a `trans` with the texts of JupyterLab
  itself is called `labTrans`);
- in the server, the Hub service and their pages: `text("…")`, and the messages of `ContextError`,
  which pages show;
- in the engine: the texts of the explanation codes.

docs/reference/translations.md is for translators.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.extract import extract

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "jupyterlab_scoped_launcher"
DOMAIN = "jupyterlab_scoped_launcher"
CATALOGUES = sorted(PACKAGE.glob(f"locale/*/LC_MESSAGES/{DOMAIN}.json"))

CONTEXT_SEPARATOR = "\u0004"
"""Between a text's context and the text, in the keys of a catalogue."""

METHODS = {"__": None, "_n": (1, 2), "_p": ((1, "c"), 2), "_np": ((1, "c"), 2, 3)}
"""JupyterLab's methods, each with the meaning of its arguments as babel writes it."""

MESSAGE_ARGUMENT = {"text": 0, "ContextError": 1}
"""The functions of the server that take a text, and which of their arguments it is."""

MESSAGE_CONSTANTS = ("ACCESS_REVOKED", "FAILURES", "REFUSALS", "SUMMARIES")
"""Constants with messages of errors that such functions get by way of a variable."""

MESSAGE_ENUMS = ("RevocationReason",)
"""Enumerations whose values are such messages."""

CALL = re.compile(r"((?:[\w$]+\.)+)(__|_n|_p|_np)\(")
LAB_TRANSLATION = re.compile(r"labTrans\.$", re.IGNORECASE)
EXPRESSION = re.compile(r"\{\{(.*?)\}\}")
"""What a template of the Hub service inserts."""

PLACEHOLDER = re.compile(r"%\d+|\{\}")

Texts = dict[str, tuple[str, ...]]
"""Each key of a catalogue with the English text, and the plural if it has one."""


def labextension_texts() -> Texts:
    """The texts of the labextension."""
    texts: Texts = {}
    folder = ROOT / "labextension" / "src"
    for path in sorted([*folder.rglob("*.ts"), *folder.rglob("*.tsx")]):
        if "__tests__" in path.parts:
            continue
        calls = CALL.findall(path.read_text(encoding="utf-8"))
        keywords = {
            receiver + method: METHODS[method]
            for receiver, method in calls
            if not LAB_TRANSLATION.search(receiver)
        }
        with path.open("rb") as file:
            options = {"jsx": path.suffix == ".tsx"}
            for _, message, _, context in extract("javascript", file, keywords, (), options):
                forms = (message,) if isinstance(message, str) else tuple(message)
                prefix = context + CONTEXT_SEPARATOR if context else ""
                texts[prefix + forms[0]] = forms
    return texts


def server_texts() -> Texts:
    """The texts of the server extension."""
    return {text: (text,) for text in [*_python_texts(), *_template_texts()]}


def _template_texts() -> Iterator[str]:
    for path in sorted(PACKAGE.glob("server/**/*.html")):
        with path.open("rb") as file:
            for _, message, *_ in extract("jinja2", file, {"text": None}):
                yield message if isinstance(message, str) else message[0]
    # Tornado's templates, whose expressions are Python.
    for path in sorted(PACKAGE.glob("service/**/templates/*.html")):
        for expression in EXPRESSION.findall(path.read_text(encoding="utf-8")):
            for call in ast.walk(ast.parse(expression.strip(), mode="eval")):
                if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "text":
                    yield from _literals(call.args[0], {})


def _python_texts() -> Iterator[str]:
    modules = {path: ast.parse(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")}
    constants = {
        target.id: node.value
        for module in modules.values()
        for node in module.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for name in MESSAGE_CONSTANTS:
        yield from _literals(constants[name], constants)
    for module in modules.values():
        for node in module.body:
            if isinstance(node, ast.ClassDef) and node.name in MESSAGE_ENUMS:
                for member in node.body:
                    if isinstance(member, ast.Assign):
                        yield from _literals(member.value, constants)
        for call in (node for node in ast.walk(module) if isinstance(node, ast.Call)):
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            position = MESSAGE_ARGUMENT.get(name)
            if position is not None and len(call.args) > position:
                yield from _literals(call.args[position], constants)


def _literals(node: ast.expr, constants: dict[str, ast.expr]) -> Iterator[str]:
    """The texts that an expression can be, as far as the sources say it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _literals(node.body, constants)
        yield from _literals(node.orelse, constants)
    elif isinstance(node, ast.Dict):
        for value in node.values:
            yield from _literals(value, constants)
    elif isinstance(node, ast.Name) and node.id in constants:
        yield from _literals(constants[node.id], constants)


def engine_texts() -> Texts:
    """The texts of the explanation codes."""
    from jupyterlab_scoped_launcher._core import EXPLANATION_TEXTS

    return {text: (text,) for text in EXPLANATION_TEXTS.values() if re.search(r"\w", text)}


def faults(texts: Texts, catalogue: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a catalogue."""
    for key, english in texts.items():
        translated = catalogue.get(key)
        if translated is None:
            yield f"missing: {key!r}"
        elif not isinstance(translated, list) or not translated or not all(translated):
            yield f"not translated: {key!r}"
        elif len(translated) != len(english):
            yield f"has {len(translated)} forms instead of {len(english)}: {key!r}"
        else:
            for form, original in zip(translated, english, strict=True):
                # The singular may leave out the number, or have it.
                allowed = [_placeholders(original), _placeholders(english[-1])]
                if _placeholders(form) not in allowed[: len(english)]:
                    yield f"other placeholders: {key!r}: {form!r}"
    for key in catalogue:
        if key and key not in texts:
            yield f"not used: {key!r}"


def _placeholders(text: str) -> list[str]:
    found = PLACEHOLDER.findall(text)
    # Numbered ones may change their order, the others may not.
    return sorted(found) if "{}" not in found else found


def write(path: Path, texts: Texts, catalogue: dict[str, Any]) -> None:
    """Adds the texts that a catalogue lacks, untranslated, and removes those that nothing uses."""
    untranslated = {key: [""] * len(forms) for key, forms in texts.items()}
    entries = {key: catalogue.get(key, untranslated[key]) for key in sorted(texts)}
    # One line for each text: catalogues are read and compared by people.
    lines = [
        f"  {json.dumps(key, ensure_ascii=False)}: {json.dumps(value, ensure_ascii=False)}"
        for key, value in {"": catalogue[""], **entries}.items()
    ]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Compares, or writes; returns the exit code."""
    if arguments not in ([], ["--write"]):
        print(__doc__.partition("\n\n")[2].partition("\n")[0], file=sys.stderr)
        return 2
    texts = {**labextension_texts(), **server_texts(), **engine_texts()}
    count = 0
    for path in CATALOGUES:
        catalogue = json.loads(path.read_text(encoding="utf-8"))
        if arguments:
            write(path, texts, catalogue)
            catalogue = json.loads(path.read_text(encoding="utf-8"))
        for fault in faults(texts, catalogue):
            count += 1
            print(f"{path.relative_to(ROOT).as_posix()}: {fault}")
    print(f"{len(CATALOGUES)} catalogues, {len(texts)} texts, {count} faults")
    return 1 if count or not CATALOGUES else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
