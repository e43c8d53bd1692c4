"""examples/kubernetes with the chart itself: its schema, its configuration of the Hub, its pods.

The chart is not part of this repository, so `make test` leaves these out.
"""

from __future__ import annotations

import runpy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from chart import EXAMPLE, check_pods, in_folder, values
from hub_database import hub_users
from jupyterhub import orm
from traitlets.config import Config

pytestmark = pytest.mark.usefixtures("kubeconfig")

MOUNTED = "/usr/local/etc/jupyterhub"
"""Where the chart mounts the Hub's configuration."""


def merged(base: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values as Helm merges them."""
    both = dict(base)
    for key, value in more.items():
        is_map = isinstance(value, Mapping) and isinstance(both.get(key), Mapping)
        both[key] = merged(both[key], value) if is_map else value
    return both


@pytest.fixture
def all_values(chart: Path) -> dict[str, Any]:
    return merged(yaml.safe_load((chart / "values.yaml").read_text()), values())


@pytest.mark.parametrize("file", ["values.yaml", "values-servers-only.yaml"])
def test_the_values_are_what_the_charts_schema_asks_for(chart: Path, file: str) -> None:
    validator = jsonschema.Draft7Validator(
        yaml.safe_load((chart / "values.schema.yaml").read_text())
    )
    defaults = yaml.safe_load((chart / "values.yaml").read_text())
    example = merged(defaults, yaml.safe_load((EXAMPLE / file).read_text()))
    assert [error.message for error in validator.iter_errors(example)] == []
    wrong = merged(example, {"hub": {"extraVolume": []}})
    assert list(validator.iter_errors(wrong)), "the schema refuses nothing"


@pytest.fixture
def c(
    chart: Path, all_values: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Config:
    """The configuration that the chart's jupyterhub_config.py makes of the values."""
    release = {"Release": {"Name": "jhub"}, "Chart": {"Name": "jupyterhub", "Version": "4.4.0"}}
    secrets = {
        "values.yaml": yaml.safe_dump({**all_values, **release}),
        "hub.db.password": "secret",
        "hub.config.JupyterHub.cookie_secret": "00" * 32,
        "hub.config.CryptKeeper.keys": "00" * 32,
    }
    names = ("hub", "proxy-api", "user-scheduler", "priority", "singleuser", "image-pull-secret")
    files = {f"secret/{name}": text for name, text in secrets.items()}
    files |= {f"config/{name}": name for name in names}
    for name in ("jupyterhub_config.py", "z2jh.py"):
        text = (chart / "files/hub" / name).read_text().replace(MOUNTED, str(tmp_path))
        # pycurl is in the chart's image.
        curl = "curl_httpclient.CurlAsyncHTTPClient"
        files[name] = text.replace(curl, "simple_httpclient.SimpleAsyncHTTPClient")
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(in_folder(text, tmp_path))
    monkeypatch.setenv("POD_IP", "10.1.2.3")
    monkeypatch.setenv("HUB_SERVICE_PORT", "8081")
    monkeypatch.setenv("PROXY_API_SERVICE_PORT", "8001")
    monkeypatch.syspath_prepend(str(tmp_path))
    c = Config()
    runpy.run_path(str(tmp_path / "jupyterhub_config.py"), {"get_config": lambda: c})
    return c


@pytest.fixture
def users() -> Iterator[dict[str, orm.User]]:
    yield from hub_users({"member": "class1234", "other": "staff"})


def test_the_charts_pods_have_the_policy_and_what_it_allows(
    c: Config, users: dict[str, orm.User]
) -> None:
    check_pods(c, users)


def test_the_hub_has_the_service_and_the_roles(c: Config) -> None:
    assert c.JupyterHub.db_url.startswith("postgresql+psycopg2://")
    services = {service["name"]: service for service in c.JupyterHub.services}
    assert services["scoped-launcher"]["url"] == "http://10.1.2.3:10101"
    names = [role["name"] for role in c.JupyterHub.load_roles]
    assert {"scoped-launcher", "class1234-instructors", "user"} <= set(names)
    assert "jupyterhub-idle-culler" in names  # the chart's own are kept
