"""A Hub that `configure` has set up, its users' servers, and their visitors.

The servers have a real ipykernel as the class kernel, and real services behind
jupyter-server-proxy.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import requests
import spawners
import websocket
from hubs import EXTENSION, REPO, Hub, Visitor, free_ports, free_urls, wait
from jupyterhub import orm, roles
from jupyterhub.spawner import SimpleLocalProcessSpawner
from traitlets.config import Config

HERE = Path(__file__).parent
SERVICE = str(HERE / "service.py")
KNOWN_WITHIN_S = 5.0
"""For how long a change at the Hub may be unknown in a server (and machines are slow)."""
CLASS_GROUP = "PythonForMorons101"
CLASS_KERNEL = "Class1234_Semester02"

KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "none",
    "contexts": [{"name": "none", "context": {"cluster": "none", "user": "none"}}],
    "clusters": [{"name": "none", "cluster": {"server": "https://127.0.0.1:1"}}],
    "users": [{"name": "none", "user": {}}],
}
POLICY = """
version: 1
refresh: 1s
roles:
  - name: class1234-students
    groups: [PythonForMorons101]
    scopes: ["custom:class1234:use", "access:services!service=class1234-web"]
custom_scopes:
  "custom:class1234:use": {{description: Use the class 1234 tools}}
  "custom:desk:use": {{description: Use the help desk}}
kernels: {{Class1234_Semester02: {kernels}}}
rules:
  - id: class1234
    match: {{kernel: "Class1234_*"}}
    show_when: {{group: PythonForMorons101}}
    contact: profx@example.edu
  - id: class1234-tools
    match: {{proxy: "class-*"}}
    show_when: {{kernel: Class1234_Semester02}}
  - id: desk
    match: {{command: "desk:*"}}
    show_when: {{scope: "custom:desk:use"}}
  - id: terminals
    match: {{command: "terminal:*"}}
    show_when: {{owner: true}}
  - id: staff
    match: {{command: "staff:*"}}
    show_when: {{any: [{{scope: "admin:users"}}, {{scope: "admin:groups"}}]}}
"""


class ClassHub(Hub):
    """The Hub, whose class is the group `CLASS_GROUP`."""

    def add(self, user: str) -> None:
        """Add the user to the class."""
        self.user(user, CLASS_GROUP)

    def remove(self, user: str) -> None:
        """Remove the user from the class."""
        self.leave(user, CLASS_GROUP)

    def known_soon(self, done: Callable[[], Any]) -> None:
        """Wait until a change at the Hub shows in a server."""
        self.wait(done, KNOWN_WITHIN_S)

    def visit(self, user: str | None, server: str) -> ClassVisitor:
        """Log ``user`` in (None: do not log in) and go on to the server ``owner/name``."""
        if user is None:
            return ClassVisitor(requests.Session(), f"{self.url}/user/{server}".rstrip("/"))
        visitor = self.log_in(user).enter(server)
        return ClassVisitor(visitor.session, visitor.base)


class ClassVisitor(Visitor):
    """A visitor who sends what JupyterLab's page sends, and opens websockets."""

    def request(self, method: str, path: str, **kwargs: Any) -> requests.Response:
        headers = {"X-XSRFToken": self._xsrf(), **kwargs.pop("headers", {})}
        return super().request(method, path, headers=headers, **kwargs)

    def post(self, path: str, body: Any = None) -> requests.Response:
        return self.request("POST", path, json=body)

    def connect(self, path: str) -> websocket.WebSocket:
        """Open a websocket; raises ``WebSocketBadStatusException`` when that is refused."""
        url = f"{self.base}/{path}"
        cookies = requests.cookies.get_cookie_header(
            self.session.cookies, requests.Request("GET", url).prepare()
        )
        return websocket.create_connection(
            url.replace("http", "ws", 1), timeout=30, cookie=cookies, origin=self.base
        )

    def handshake(self, path: str) -> int:
        """Return the status with which a websocket is answered: 101 if it opens."""
        try:
            self.connect(path).close()
        except websocket.WebSocketBadStatusException as refusal:
            return int(refusal.status_code)
        return 101

    @staticmethod
    def close_code(connection: websocket.WebSocket, seconds: float = KNOWN_WITHIN_S) -> int:
        """Return the code with which the server closes the websocket; fails when it does not."""
        connection.settimeout(seconds)
        while True:
            opcode, data = connection.recv_data()
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                return int.from_bytes(data[:2], "big")

    def start_kernel(self, name: str) -> requests.Response:
        return self.post("api/kernels", {"name": name})

    def open_session(self, kernel: dict[str, str], path: str = "") -> requests.Response:
        body = {"type": "notebook", "path": path or secrets.token_hex(4), "kernel": kernel}
        return self.post("api/sessions", body)

    def kernels(self) -> set[str]:
        """The kernelspecs that the server lists."""
        return set(self.get("api/kernelspecs").json()["kernelspecs"])

    def _xsrf(self) -> str:
        path = self.base[self.base.index("/user/") :] + "/"
        return self.session.cookies.get("_xsrf", path=path) or ""


@pytest.fixture
def policy(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The file with the policy of the test's module, for a Jupyter server without a Hub."""
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(getattr(request, "param", request.module.POLICY)))
    return path


@pytest.fixture
def jp_argv(policy: Path) -> list[str]:
    return [f"--ScopedLauncher.policy_file={policy}"]


@pytest.fixture
def jp_server_config() -> dict[str, Any]:
    return {"ServerApp": {"jpserver_extensions": {"jupyterlab_scoped_launcher": True}}}


@pytest.fixture
def owner() -> Iterator[orm.User]:
    """A user in a Hub's database, in no group and with the default roles."""
    db = orm.new_session_factory("sqlite:///:memory:")()
    for role in roles.get_default_roles():
        roles.create_role(db, role)
    user = orm.User(name="owner")
    db.add(user)
    db.commit()
    roles.assign_default_roles(db, entity=user)
    yield user
    db.close()


@pytest.fixture(scope="session")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cluster that does not exist, for KubeSpawner's library, which reads it at its import."""
    file = tmp_path_factory.mktemp("kubernetes") / "kubeconfig"
    file.write_text(json.dumps(KUBECONFIG))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KUBECONFIG", str(file))
        yield


@pytest.fixture
def new_spawner(owner: orm.User) -> Callable[..., Any]:
    """Makes a spawner of the owner's as JupyterHub makes it, before the server is started."""

    def make(
        c: Config, spawner_class: type = SimpleLocalProcessSpawner, name: str = "", **options: Any
    ) -> Any:
        return spawners.new_spawner(c, owner, spawner_class, name, **options)

    return make


@pytest.fixture(scope="session")
def class_kernels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory for JUPYTER_PATH that has the class kernel: a real ipykernel."""
    folder = tmp_path_factory.mktemp("class1234")
    spec = folder / "kernels" / CLASS_KERNEL
    spec.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    content = {
        "argv": argv,
        "display_name": "Class 1234",
        "language": "python",
        "env": {"STARTED_AS": CLASS_KERNEL},
    }
    (spec / "kernel.json").write_text(json.dumps(content))
    return folder


@pytest.fixture(scope="session")
def service_ports() -> Iterator[dict[str, int]]:
    """The ports of the proxied services that run already."""
    ports = dict(zip(("class-fixed", "open-tools"), free_ports(2), strict=True))
    running = [subprocess.Popen([sys.executable, SERVICE, str(port)]) for port in ports.values()]
    yield ports
    for process in running:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="session")
def new_hub(
    tmp_path_factory: pytest.TempPathFactory, class_kernels: Path, service_ports: dict[str, int]
) -> Callable[..., ClassHub]:
    """Makes a Hub with these services of its own and ``policy`` added to the class's.

    ``admins`` are admins of the Hub beside root; ``options`` are those of `configure`.
    """

    def make(
        *services: dict[str, Any], policy: str = "", admins: Sequence[str] = (), **options: Any
    ) -> ClassHub:
        folder = tmp_path_factory.mktemp("enforced-hub")
        path = folder / "policy.yaml"
        path.write_text(POLICY.format(kernels=class_kernels) + policy)
        return ClassHub(
            folder,
            HERE / "jupyterhub_config.py",
            group=CLASS_GROUP,
            policy=str(path),
            services=services,
            admins=admins,
            options=options,
            environment={
                "JUPYTER_CONFIG_PATH": os.pathsep.join([str(HERE / "server"), EXTENSION]),
                "TEST_SERVICES": json.dumps({"program": SERVICE, "ports": service_ports}),
                # Nothing here is about JupyterLab, and a bare server starts sooner.
                "JUPYTERHUB_SINGLEUSER_APP": "jupyter_server.serverapp.ServerApp",
            },
        )

    return make


@pytest.fixture(scope="session")
def hub(
    new_hub: Callable[..., ClassHub], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ClassHub]:
    """Start the Hub; stop it, its proxy and its users' servers after the last test."""
    web = {
        "name": "class1234-web",
        "url": free_urls(1)[0],
        "command": [sys.executable, str(REPO / "examples/class-hub/services/class1234_web.py")],
        "environment": {"CLASS1234_WEB_FILE": str(tmp_path_factory.mktemp("web") / "web.json")},
        "oauth_no_confirm": True,
    }
    with new_hub(web) as running:
        yield running


@pytest.fixture(scope="session")
def class_hub(hub: ClassHub) -> ClassHub:
    """The Hub with the servers that the tests visit, running.

    student is in the class; outsider is not; former was when her server started. dash-1 of profx,
    who teaches and is in the class, is shared with student and outsider.
    """
    hub.add("former")
    hub.add("profx")
    hub.start_servers("student/", "outsider/", "former/", "profx/dash-1", "mixin/")
    hub.remove("former")
    hub.share("profx/dash-1", "student")
    hub.share("profx/dash-1", "outsider")
    return hub


@pytest.fixture(scope="session")
def visitors(class_hub: ClassHub) -> dict[str, ClassVisitor]:
    """Everybody who comes by, logged in once."""
    return {
        "member": class_hub.visit("student", "student/"),
        "non-member": class_hub.visit("outsider", "outsider/"),
        "removed member": class_hub.visit("former", "former/"),
        "owner of a shared server": class_hub.visit("profx", "profx/dash-1"),
        "shared-server visitor, member": class_hub.visit("student", "profx/dash-1"),
        "shared-server visitor, non-member": class_hub.visit("outsider", "profx/dash-1"),
        "non-member, older single-user mode": class_hub.visit("mixin", "mixin/"),
        "other Hub user": class_hub.visit("outsider", "student/"),
        "anonymous": class_hub.visit(None, "student/"),
    }


ALLOWED = ["member", "owner of a shared server", "shared-server visitor, member"]
REFUSED = [
    "non-member",
    "removed member",
    "shared-server visitor, non-member",
    "non-member, older single-user mode",
]
NOT_LET_IN = ["other Hub user", "anonymous"]


@pytest.fixture(params=ALLOWED)
def allowed(request: pytest.FixtureRequest, visitors: dict[str, ClassVisitor]) -> ClassVisitor:
    """Each visitor who may use the class kernel and tools."""
    return visitors[request.param]


@pytest.fixture(params=REFUSED)
def refused_visitor(
    request: pytest.FixtureRequest, visitors: dict[str, ClassVisitor]
) -> ClassVisitor:
    """Each visitor whom the Hub lets into the server, and who may not use the class's things."""
    return visitors[request.param]


@pytest.fixture(params=NOT_LET_IN)
def stranger(request: pytest.FixtureRequest, visitors: dict[str, ClassVisitor]) -> ClassVisitor:
    """Each visitor whom the Hub does not let into the server."""
    return visitors[request.param]


@pytest.fixture
def newcomer(class_hub: ClassHub) -> Iterator[ClassVisitor]:
    """A non-member at her own server, which runs since before; not a member again afterwards."""
    yield class_hub.visit("outsider", "outsider/")
    class_hub.remove("outsider")


@pytest.fixture
def kernel_cleanup(visitors: dict[str, ClassVisitor]) -> Iterator[None]:
    """End the kernels that a test has started."""

    def ended(visitor: ClassVisitor) -> bool:
        answer = visitor.get("api/kernels")
        kernels = (
            answer.json() if answer.ok else [{"id": None}]
        )  # one has gone while they were listed
        for kernel in kernels:
            visitor.request("DELETE", f"api/kernels/{kernel['id']}")
        return not kernels

    yield
    for name in (*ALLOWED, *REFUSED):
        wait(lambda visitor=visitors[name]: ended(visitor))
