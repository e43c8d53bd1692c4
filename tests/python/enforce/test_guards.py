"""The guards in one Jupyter server, with whatever managers and authorizers a deployment has.

Long because all of these tests use the same kernels, managers and authorizers.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from jupyter_server.auth import AllowAllAuthorizer, Authorizer
from jupyter_server.base.handlers import JupyterHandler
from tornado.httpclient import HTTPClientError
from tornado.web import HTTPError
from traitlets import Unicode

from jupyterlab_scoped_launcher.server.audit import SCHEMA_ID

pytest_plugins = ["pytest_jupyter.jupyter_server"]

POLICY = {
    "version": 1,
    "no_hub": "hide",  # so that without a Hub what is governed is refused
    "rules": [
        {"id": "class", "match": {"kernel": ["class*", "*-secret"]}, "show_when": {"group": "x"}},
        {"id": "tagged", "match": {"tag": "exam"}, "show_when": {"group": "x"}},
        {"id": "terminals", "match": {"command": "terminal:*"}, "show_when": {"group": "x"}},
    ],
}


class CondaLike(KernelSpecManager):
    """Makes its kernelspecs up, and has a setting, as managers of other packages do."""

    environments = Unicode("base", config=True)

    def find_kernel_specs(self) -> dict[str, str]:
        return {f"{self.environments}-{name}": "/nowhere" for name in ("open", "secret")}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        if kernel_name not in self.find_kernel_specs():
            raise NoSuchKernel(kernel_name)
        return KernelSpec(argv=["true"], display_name=kernel_name, language="none")

    def get_all_specs(self) -> dict[str, Any]:
        return {
            name: {"resource_dir": path, "spec": self.get_kernel_spec(name).to_dict()}
            for name, path in self.find_kernel_specs().items()
        }


class GatewayLike(KernelSpecManager):
    """Asks elsewhere, so its methods are coroutines, and answers in the API's own shape."""

    async def get_all_specs(self) -> dict[str, Any]:
        return {name: await self.get_kernel_spec(name) for name in ("far-open", "far-secret")}

    async def get_kernel_spec(self, kernel_name: str) -> dict[str, Any]:
        spec = {"argv": [], "display_name": kernel_name, "language": "none", "metadata": {}}
        return {"name": kernel_name, "spec": spec, "resources": {}}


class GatewayWithFiles(GatewayLike):
    """Gives files of kernelspecs too, without being asked for the kernelspec."""

    async def get_kernel_spec_resource(self, kernel_name: str, path: str) -> bytes:
        return b"a logo"


class ReadOnly(Authorizer):
    """A deployment's own rule: nobody changes anything."""

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        return action == "read"


class ReadOnlyLater(Authorizer):
    """The same, after asking somewhere."""

    async def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        return action == "read"


@pytest.fixture
def installed(jp_data_dir: Path):
    """Install kernelspecs where this server's user would."""

    def install(*names: str, **fields: Any) -> None:
        for name in names:
            folder = jp_data_dir / "kernels" / name
            folder.mkdir(parents=True)
            argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            spec = {"argv": argv, "display_name": name, "language": "python", **fields}
            (folder / "kernel.json").write_text(json.dumps(spec))

    return install


async def listed(jp_fetch: Any) -> set[str]:
    answer = await jp_fetch("api", "kernelspecs")
    return set(json.loads(answer.body)["kernelspecs"])


async def status(fetching: Any) -> int:
    try:
        return int((await fetching).code)
    except HTTPClientError as error:
        return int(error.code)


def start(jp_fetch: Any, name: str) -> Any:
    return jp_fetch("api", "kernels", method="POST", body=json.dumps({"name": name}))


# --- Whatever kernelspec manager is configured ---


async def test_the_default_manager(jp_fetch, installed):
    installed("Class1", "open")
    assert await listed(jp_fetch) >= {"open", "python3"}
    assert "class1" not in await listed(jp_fetch)
    assert await status(start(jp_fetch, "CLASS1")) == 403
    assert await status(jp_fetch("api", "kernelspecs", "class1")) == 403


class TestOfAnotherPackage:
    @pytest.fixture
    def jp_server_config(self, jp_server_config: dict[str, Any]) -> dict[str, Any]:
        jp_server_config["ServerApp"]["kernel_spec_manager_class"] = CondaLike
        return {**jp_server_config, "CondaLike": {"environments": "lab"}}

    async def test_is_guarded_and_stays_what_it_is(self, jp_fetch, jp_serverapp):
        manager = jp_serverapp.kernel_spec_manager
        assert isinstance(manager, CondaLike)
        assert manager.environments == "lab"
        assert manager is jp_serverapp.kernel_manager.kernel_spec_manager
        assert await listed(jp_fetch) == {"lab-open"}
        assert await status(jp_fetch("api", "kernelspecs", "lab-open")) == 200
        assert await status(jp_fetch("api", "kernelspecs", "lab-secret")) == 403
        assert await status(start(jp_fetch, "lab-secret")) == 403

    async def test_follows_its_settings(self, jp_fetch, jp_serverapp):
        jp_serverapp.kernel_spec_manager.environments = "other"
        assert await listed(jp_fetch) == {"other-open"}


class TestOfAGateway:
    @pytest.fixture
    def jp_server_config(self, jp_server_config: dict[str, Any]) -> dict[str, Any]:
        jp_server_config["ServerApp"]["kernel_spec_manager_class"] = GatewayLike
        return jp_server_config

    async def test_is_guarded(self, jp_fetch):
        assert await listed(jp_fetch) == {"far-open"}
        assert await status(jp_fetch("api", "kernelspecs", "far-open")) == 200
        assert await status(jp_fetch("api", "kernelspecs", "far-secret")) == 403
        assert await status(start(jp_fetch, "far-secret")) == 403


class TestOfAGatewayWithFiles:
    @pytest.fixture
    def jp_server_config(self, jp_server_config: dict[str, Any]) -> dict[str, Any]:
        jp_server_config["ServerApp"]["kernel_spec_manager_class"] = GatewayWithFiles
        return jp_server_config

    @pytest.mark.parametrize("name", ["far-secret", "FAR-Secret", "far%2Dsecret", "far%252dsecret"])
    async def test_gives_none_of_a_hidden_kernel(self, jp_serverapp, http_server_client, name):
        async def logo(name: str) -> int:
            url = f"{jp_serverapp.base_url}kernelspecs/{name}/logo-svg.svg"
            token = {"Authorization": f"token {jp_serverapp.identity_provider.token}"}
            return await status(http_server_client.fetch(url, headers=token))

        assert await logo("far-open") == 200
        assert await logo(name) == 403


async def test_outside_any_request_governed_kernels_do_not_exist(jp_serverapp, installed):
    installed("class1", "open")
    manager = jp_serverapp.kernel_spec_manager
    assert "class1" not in manager.find_kernel_specs()
    assert "class1" not in manager.get_all_specs()
    assert manager.get_kernel_spec("open").display_name == "open"
    with pytest.raises(NoSuchKernel):
        manager.get_kernel_spec("Class1")


async def test_tags_of_a_kernelspec_count(jp_fetch, installed):
    installed("quiet", metadata={"tags": ["exam"]})
    installed("loud", metadata={"tags": ["lecture"]})
    kernels = await listed(jp_fetch)
    assert "loud" in kernels
    assert "quiet" not in kernels
    assert await status(start(jp_fetch, "quiet")) == 403


async def test_hostile_kernelspecs_do_not_break_the_list(jp_fetch, installed, jp_data_dir):
    installed("tags-a", metadata={"tags": {"exam": 1}})
    installed("tags-b", metadata={"tags": [1, None, ["exam"], "\0", "e" * 10_000]})
    installed("meta", metadata=[])
    installed("<img src=x onerror=alert(1)>", "ünï-ćode", "%(x)s{name}{owner}", "class1\n")
    (jp_data_dir / "kernels" / "broken").mkdir()
    (jp_data_dir / "kernels" / "broken" / "kernel.json").write_text("{")
    kernels = await listed(jp_fetch)
    assert {"tags-a", "tags-b", "python3", "<img src=x onerror=alert(1)>"} <= kernels
    assert "class1\n" not in kernels  # the rule's class* governs it too


@pytest.mark.filterwarnings("ignore:Invalid kernelspec directory name")
@pytest.mark.parametrize(
    "policy",
    [
        {
            "version": 1,
            "no_hub": "hide",
            "rules": [
                {
                    "id": "class",
                    "match": {"kernel": "class*"},
                    "show_when": {"group": "x"},
                    "message": "50% presence, 100 %s, %(x)d.",
                    "contact": "https://example.edu/ask%20us",
                }
            ],
        }
    ],
    indirect=True,
)
async def test_a_percent_sign_of_the_policy_arrives_as_it_is(jp_fetch, installed):
    installed("class-1")
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch("api", "kernels", method="POST", body='{"name": "class-1"}')
    message = json.loads(refused.value.response.body)["message"]
    assert "50% presence, 100 %s, %(x)d." in message
    assert "https://example.edu/ask%20us" in message


# jupyter_client warns of the directory by its name, which pytest-xdist cannot send to its
# controller.
@pytest.mark.filterwarnings("ignore:Invalid kernelspec directory name")
async def test_names_and_tags_that_are_no_text_do_not_break_the_list(
    jp_fetch, installed, jp_data_dir, caplog
):
    installed("tags-c", metadata={"tags": ["\ud800", "exam"]})
    installed("tags-d", metadata={"tags": ["\ud800"]})
    folder = os.fsencode(jp_data_dir / "kernels") + b"/caf\xe9"
    os.mkdir(folder)
    spec = {"argv": ["true"], "display_name": "No text", "language": "none"}
    Path(os.fsdecode(folder), "kernel.json").write_text(json.dumps(spec))
    kernels = await listed(jp_fetch)
    assert {"tags-d", "python3"} <= kernels
    assert not kernels & {"tags-c", "caf\udce9"}
    for name in ("\ud800", "caf\udce9"):
        assert await status(start(jp_fetch, name)) == 400
    assert await status(start(jp_fetch, "python3")) == 201
    assert "its name is not UTF-8" in caplog.text
    assert "Traceback" not in caplog.text


# --- The policy's own kernels ---


@pytest.fixture
def class_kernel(tmp_path: Path, policy: Path):
    """Add the kernel ``Class1`` in a directory of its own, and who may use it."""

    def add(no_hub: str) -> Path:
        spec = tmp_path / "srv" / "kernels" / "Class1"
        spec.mkdir(parents=True)
        content = {"argv": ["true"], "display_name": "The class's", "language": "python"}
        (spec / "kernel.json").write_text(json.dumps(content))
        kernels = {"Class1": str(tmp_path / "srv")}
        policy.write_text(json.dumps({**POLICY, "kernels": kernels, "no_hub": no_hub}))
        return spec / "kernel.json"

    return add


class TestThePolicysKernels:
    @pytest.fixture(params=["show", "hide"])
    def no_hub(self, request: pytest.FixtureRequest, class_kernel: Any) -> str:
        class_kernel(request.param)
        return str(request.param)

    async def test_are_there_for_whom_they_are_allowed(self, no_hub, jp_fetch):
        assert ("class1" in await listed(jp_fetch)) == (no_hub == "show")
        found = await status(jp_fetch("api", "kernelspecs", "class1"))
        assert found == (200 if no_hub == "show" else 403)


async def test_the_policys_kernel_takes_precedence_over_one_of_the_same_name(
    class_kernel, installed, policy, jp_configurable_serverapp, jp_argv, jp_server_config
):
    class_kernel("show")
    installed("class1", display_name="An impostor")
    server = jp_configurable_serverapp(config=jp_server_config, argv=jp_argv)
    launcher = server.extension_manager.extension_apps["jupyterlab_scoped_launcher"].copy().pop()
    assert server.web_app.settings["kernel_spec_manager"] is server.kernel_spec_manager
    spec = server.kernel_spec_manager._scoped_launcher.inventory.policy_kernelspec("CLASS1")
    assert spec.display_name == "The class's"
    assert launcher.services.policies.current().state == "ok"


async def test_a_broken_kernel_of_the_policy_is_reported_and_not_there(
    class_kernel, jp_configurable_serverapp, jp_argv, jp_server_config, caplog
):
    class_kernel("show").write_text("{")
    server = jp_configurable_serverapp(config=jp_server_config, argv=jp_argv)
    assert "class1" not in server.kernel_spec_manager.find_kernel_specs()
    assert "kernels/class1/kernel.json" in caplog.text


# --- Whatever authorizer is configured ---


@pytest.mark.parametrize("authorizer", [ReadOnly, ReadOnlyLater])
class TestAnotherAuthorizer:
    @pytest.fixture
    def jp_server_config(self, jp_server_config: dict[str, Any], authorizer: Any) -> dict[str, Any]:
        jp_server_config["ServerApp"]["authorizer_class"] = authorizer
        return jp_server_config

    async def test_still_decides(self, jp_fetch, jp_serverapp, authorizer, installed):
        installed("open", "class1")
        assert isinstance(jp_serverapp.authorizer, authorizer)
        assert await status(start(jp_fetch, "open")) == 403
        assert await status(jp_fetch("api", "kernels")) == 200
        assert await status(jp_fetch("api", "kernelspecs", "class1")) == 403

    async def test_is_asked_for_permissions_alone(self, jp_fetch, authorizer):
        asked = json.dumps({"kernels": ["execute", "read"], "terminals": ["write"]})
        answer = await jp_fetch("api", "me", params={"permissions": asked})
        permissions = json.loads(answer.body)["permissions"]
        assert (permissions["kernels"], permissions["terminals"]) == (["read"], [])


class DoesNotWait(JupyterHandler):
    """Uses a terminal as the websocket of jupyter_server_terminals up to 0.5.3 did."""

    auth_resource = "terminals"

    def post(self) -> None:
        if not self.authorizer.is_authorized(self, self.current_user, "execute", "terminals"):
            raise HTTPError(403)
        self.finish("a terminal")


class TestHandlersThatDoNotWait:
    """An awaitable passes for a yes with them."""

    @pytest.fixture(params=["show", "hide"])
    def jp_argv(self, request: pytest.FixtureRequest, policy: Path, jp_argv: list[str]):
        policy.write_text(json.dumps({**POLICY, "no_hub": request.param}))
        return jp_argv

    @pytest.fixture(params=[(ReadOnly, 403), (AllowAllAuthorizer, 500)])
    def refused(self, request: pytest.FixtureRequest, jp_server_config: dict[str, Any]) -> int:
        authorizer, status = request.param
        jp_server_config["ServerApp"]["authorizer_class"] = authorizer
        return int(status)

    async def test_are_refused(self, refused, jp_fetch, jp_serverapp, jp_base_url):
        handlers = [(f"{jp_base_url}does-not-wait", DoesNotWait)]
        jp_serverapp.web_app.add_handlers(".*", handlers)
        assert await status(jp_fetch("does-not-wait", method="POST", body="")) == refused


def test_terminals_that_would_not_wait_are_not_guarded(
    jp_configurable_serverapp, jp_argv, jp_server_config, tmp_path, monkeypatch, capsys
):
    about = tmp_path / "older" / "jupyter_server_terminals-0.5.3.dist-info" / "METADATA"
    about.parent.mkdir(parents=True)
    about.write_text("Metadata-Version: 2.1\nName: jupyter_server_terminals\nVersion: 0.5.3\n")
    monkeypatch.syspath_prepend(about.parents[1])
    with pytest.raises(SystemExit):
        jp_configurable_serverapp(config=jp_server_config, argv=jp_argv)
    assert "jupyter_server_terminals 0.5.3 does not wait" in capsys.readouterr().err


async def test_visitors_cannot_forge_events(jp_fetch):
    card = {"kind": "kernel", "name": "class1", "rule": "class"}
    data = {"outcome": "denied", "action": "start", "user": "profx", "reason": "x", "stale": False}
    event = {"schema_id": SCHEMA_ID, "version": "1", "data": {**card, **data}}
    assert await status(jp_fetch("api", "events", method="POST", body=json.dumps(event))) == 403
    other = "https://events.jupyter.org/jupyter_server/contents_service/v1"
    event = {"schema_id": other, "version": "1", "data": {"action": "get", "path": "x"}}
    assert await status(jp_fetch("api", "events", method="POST", body=json.dumps(event))) == 204


async def test_terminals_follow_their_card(jp_fetch):
    assert await status(jp_fetch("api", "terminals")) == 200
    assert await status(jp_fetch("api", "terminals", method="POST", body="{}")) == 403


# --- When something is missing ---


class TestWithoutAPolicy:
    @pytest.fixture
    def jp_argv(self) -> list[str]:
        return []

    async def test_nothing_is_refused(self, jp_fetch, installed):
        installed("class1")
        assert "class1" in await listed(jp_fetch)


class TestWithAPolicyThatWasNeverGood:
    @pytest.fixture(params=["hide_all", "show"])
    def on_invalid(self, request: pytest.FixtureRequest, policy: Path) -> str:
        policy.write_text('{"version": 1, "rulez": []}')
        return str(request.param)

    @pytest.fixture
    def jp_argv(self, jp_argv: list[str], on_invalid: str) -> list[str]:
        return [*jp_argv, f"--ScopedLauncher.on_invalid={on_invalid}"]

    async def test_all_or_nothing_is_refused(self, jp_fetch, on_invalid):
        assert bool(await listed(jp_fetch)) == (on_invalid == "show")
        if on_invalid == "hide_all":
            assert await status(start(jp_fetch, "python3")) == 403


async def test_for_an_unknown_visitor_governed_kernels_are_refused(
    jp_fetch, installed, monkeypatch
):
    """Under a Hub, but with a login that is not the Hub's: the visitor is unknown."""
    installed("class1", "open")
    monkeypatch.setitem(os.environ, "JUPYTERHUB_API_URL", "http://127.0.0.1:1/hub/api")
    kernels = await listed(jp_fetch)
    assert "open" in kernels
    assert "class1" not in kernels
    assert await status(start(jp_fetch, "class1")) == 403


async def test_a_changed_policy_is_followed(jp_fetch, installed, policy):
    installed("class1")
    assert "class1" not in await listed(jp_fetch)
    policy.write_text(json.dumps({**POLICY, "no_hub": "show"}))
    for _ in range(50):
        if "class1" in await listed(jp_fetch):
            return
        await asyncio.sleep(0.1)
    pytest.fail("the change of the policy was not followed")


@pytest.mark.parametrize("with_policy", [True, False])
def test_a_server_that_cannot_be_guarded_does_not_start_unguarded(
    jp_configurable_serverapp, jp_argv, jp_server_config, monkeypatch, with_policy
):
    def fail(*_: object) -> None:
        raise RuntimeError("a new Jupyter Server has changed")

    monkeypatch.setattr("jupyterlab_scoped_launcher.server.guards.install_guards", fail)
    argv = jp_argv if with_policy else []
    if with_policy:
        with pytest.raises(SystemExit):
            jp_configurable_serverapp(config=jp_server_config, argv=argv)
    else:
        assert jp_configurable_serverapp(config=jp_server_config, argv=argv)


class TestTheOlderSynchronousManager:
    """Jupyter Server's kernel manager of before, which starts kernels in a thread."""

    @pytest.fixture
    def jp_server_config(self, jp_server_config: dict[str, Any]) -> dict[str, Any]:
        manager = "jupyter_server.services.kernels.kernelmanager.MappingKernelManager"
        jp_server_config["ServerApp"]["kernel_manager_class"] = manager
        return jp_server_config

    @pytest.fixture
    def jp_argv(self, jp_argv: list[str], policy: Path) -> list[str]:
        policy.write_text(json.dumps({**POLICY, "no_hub": "show"}))
        return jp_argv

    async def test_starts_what_is_allowed(self, jp_fetch, installed):
        installed("class1")
        assert await status(start(jp_fetch, "class1")) == 201


class TestRulesByCategory:
    """A kernel is refused when the launcher shows none of its two cards."""

    @pytest.fixture(
        params=[
            ("hide", {"category": ["Notebook", "Console"]}, 403),
            ("hide", {"category": "Console"}, 200),
            ("show", [{"category": "Notebook"}, {"kernel": "other"}], 200),
        ]
    )
    def expected(self, request: pytest.FixtureRequest, policy: Path) -> int:
        no_hub, match, expected = request.param
        rules = [{"id": "r", "match": match, "show_when": {"always": True}}]
        default = "show" if no_hub == "hide" else "hide"
        content = {"version": 1, "default": default, "no_hub": no_hub, "rules": rules}
        policy.write_text(json.dumps(content))
        return int(expected)

    async def test_reach_its_server(self, expected, jp_fetch, installed):
        installed("open")
        assert await status(jp_fetch("api", "kernelspecs", "open")) == expected
