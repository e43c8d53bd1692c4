"""Writes settings, events and metrics, from the code that has them, as Markdown."""

from __future__ import annotations

import logging
import tempfile
from importlib.resources import files
from inspect import cleandoc
from pathlib import Path
from typing import Any

import yaml
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.registry import Collector
from traitlets import Bool, Enum

from jupyterlab_scoped_launcher.server import metrics as server_metrics
from jupyterlab_scoped_launcher.server.extension import ScopedLauncher
from jupyterlab_scoped_launcher.service.app import Service
from jupyterlab_scoped_launcher.service.mail.settings import MailSettings
from jupyterlab_scoped_launcher.service.settings import ServiceSettings

SUFFIXES = {"counter": "_total", "histogram": "_bucket"}
"""What Prometheus appends to the name of a metric of this type."""


def settings() -> str:
    """Return a section for each setting of the server extension."""
    sections = []
    for name, trait in ScopedLauncher.class_own_traits(config=True).items():
        if isinstance(trait, Enum):
            kind = " or ".join(f'`"{value}"`' for value in trait.values)
        else:
            kind = "`True` or `False`" if isinstance(trait, Bool) else "text"
        first, _, rest = cleandoc(trait.help).partition("\n\n")
        default = "none" if trait.default_value == "" else f"`{trait.default_value!r}`"
        heading = f"### {name}\n\n{first}\n\n- Value: {kind}\n- Default: {default}"
        sections.append(f"{heading}\n\n{rest}")
    return "\n\n".join(sections)


def events() -> str:
    """Return a section for each event that a server emits."""
    folder = files("jupyterlab_scoped_launcher") / "event_schemas"
    schemas = [
        yaml.safe_load((version).read_text(encoding="utf-8"))
        for kind in sorted(folder.iterdir(), key=lambda entry: entry.name)
        for version in sorted(kind.iterdir(), key=lambda entry: entry.name)
    ]
    return "\n\n".join(_event(schema) for schema in schemas)


def _event(schema: dict[str, Any]) -> str:
    name = "/".join(schema["$id"].split("/")[-2:])
    lines = [
        f"### {name}",
        "",
        f"{schema['title']}.",
        "",
        f"Schema: `{schema['$id']}`",
        "",
        schema["description"].strip(),
    ]
    if schema["properties"]:
        lines += ["", "| key | value | |", "|---|---|---|"]
    for key, value in schema["properties"].items():
        kind = ", ".join(f"`{one}`" for one in value["enum"]) if "enum" in value else _type(value)
        lines.append(f"| `{key}` | {kind} | {' '.join(value['description'].split())} |")
    return "\n".join(lines)


def _type(value: dict[str, Any]) -> str:
    names = {"string": "text", "boolean": "true or false", "array": "list of texts"}
    kinds = value["type"] if isinstance(value["type"], list) else [value["type"]]
    return " or ".join(names.get(kind, kind) for kind in kinds)


def metrics_of_servers() -> str:
    """Return the table of the metrics of users' servers."""
    metrics = vars(server_metrics).values()
    return _table_of([metric for metric in metrics if isinstance(metric, MetricWrapperBase)])


def metrics_of_the_service() -> str:
    """Return the table of the metrics of the Hub service, from a service that does not run."""
    mail = MailSettings("localhost", 25, "hub@localhost")
    logger = logging.getLogger("docs")
    logger.disabled = True
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        settings = ServiceSettings(
            path / "policy.yaml", path / "database", "http://localhost", "", mail=mail
        )
        service = Service(settings, logger)
        service.open_database()
        try:
            return _table_of(list(service.registry._collector_to_names))
        finally:
            service.close()


def _table_of(collectors: list[Collector]) -> str:
    lines = ["| metric | type | |", "|---|---|---|"]
    for collector in collectors:
        for family in collector.collect():
            names = getattr(collector, "_labelnames", None) or getattr(family, "_labelnames", ())
            labels = f"{{{','.join(names)}}}" if names else ""
            name = f"{family.name}{SUFFIXES.get(family.type, '')}{labels}"
            lines.append(f"| `{name}` | {family.type} | {family.documentation} |")
    return "\n".join(lines)
