"""`configure`: what it makes of a Hub's configuration, and what it refuses or warns about."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from traitlets.config import Config

from jupyterlab_scoped_launcher.hub import configure

STUDENTS = {
    "name": "students",
    "groups": ["Morons"],
    "scopes": ["access:services!service=web", "custom:web:use"],
}
POLICY = {
    "version": 1,
    "roles": [STUDENTS],
    "custom_scopes": {"custom:web:use": {"description": "Use the web"}},
    "rules": [
        {"id": "web", "match": {"service": "web"}, "show_when": {"scope": "custom:web:use"}},
    ],
}


@pytest.fixture
def policy(tmp_path: Path):
    """Write the policy above, with changes, and return its path."""

    def write(**changes: object) -> Path:
        path = tmp_path / "policy.yaml"
        path.write_text(json.dumps({**POLICY, **changes}))
        return path

    return write


def refused(c: Config, path: Path, **options: str) -> str:
    with pytest.raises(SystemExit) as stop:
        configure(c, path, **options)
    return str(stop.value)


# --- Roles and scopes ---


def test_roles_and_scopes_join_what_is_configured(policy):
    c = Config()
    desk = {"name": "desk", "scopes": ["list:users"]}
    c.JupyterHub.load_roles = [desk]
    c.JupyterHub.custom_scopes = {"custom:desk:use": {"description": "Use the desk"}}
    configure(c, policy())
    roles = {role["name"]: role for role in c.JupyterHub.load_roles}
    assert roles["desk"] == desk
    assert roles["students"]["scopes"] == STUDENTS["scopes"]
    assert set(c.JupyterHub.custom_scopes) == {"custom:desk:use", "custom:web:use"}


def test_roles_join_those_that_were_appended(policy):
    c = Config()
    c.JupyterHub.load_roles.append({"name": "desk", "scopes": ["list:users"]})
    configure(c, policy())
    assert [role["name"] for role in c.JupyterHub.load_roles] == ["desk", "students"]


def test_the_same_role_twice_is_one(policy):
    c = Config()
    c.JupyterHub.load_roles = [{**STUDENTS, "scopes": set(STUDENTS["scopes"]), "users": []}]
    configure(c, policy())
    assert len(c.JupyterHub.load_roles) == 1


def test_a_role_that_differs_is_refused_naming_both(policy):
    c = Config()
    c.JupyterHub.load_roles = [{"name": "students", "scopes": ["list:users"]}]
    path = policy()
    text = refused(c, path)
    assert "the role 'students' is defined twice" in text
    assert str(path) in text
    assert "c.JupyterHub.load_roles" in text
    assert "list:users" in text
    assert "access:services!service=web" in text


def test_a_custom_scope_that_differs_is_refused_naming_both(policy):
    c = Config()
    c.JupyterHub.custom_scopes = {"custom:web:use": {"description": "Something else"}}
    text = refused(c, policy())
    assert "the custom scope 'custom:web:use' is defined twice" in text
    assert "Use the web" in text
    assert "Something else" in text


def test_managed_roles_are_refused_as_the_hub_would(policy):
    c = Config()
    c.GenericOAuthenticator.manage_roles = True
    assert "load_managed_roles" in refused(c, policy())


# --- Policies that cannot be used ---


def test_an_invalid_policy_stops_the_hub_with_lints_output(policy):
    path = policy(rulez=[])
    text = refused(Config(), path)
    assert f"{path}:1:" in text
    assert "rulez" in text


def test_a_missing_policy_stops_the_hub(tmp_path):
    assert "nowhere.yaml" in refused(Config(), tmp_path / "nowhere.yaml")


def test_the_hub_may_start_without_an_invalid_policy(policy, caplog):
    c = Config()
    with caplog.at_level(logging.ERROR):
        configure(c, policy(rulez=[]), on_invalid="start")
    assert "load_roles" not in c.JupyterHub
    assert callable(c.Spawner.pre_spawn_hook)
    assert "starts without the roles" in caplog.text


def start_hub(folder: Path, policy: Path, *lines: str) -> str:
    """Start a real Hub that calls `configure` and goes on with ``lines``; return why it stops."""
    (folder / "config.py").write_text(
        "from jupyterlab_scoped_launcher.hub import configure\n"
        f"configure(c, {str(policy)!r})\n" + "\n".join(lines)
    )
    hub = subprocess.run(
        [sys.executable, "-m", "jupyterhub", "-f", "config.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert hub.returncode == 1
    assert "Traceback" not in hub.stderr
    return hub.stderr


def test_a_real_hub_stops_with_lints_output_and_no_traceback(policy, tmp_path):
    assert "rulez" in start_hub(tmp_path, policy(rulez=[]))


def test_a_hub_that_cannot_tell_servers_apart_gives_no_token_scopes(policy, monkeypatch, caplog):
    """Before 5.3 no server starts with a function as ``oauth_client_allowed_scopes``."""
    import jupyterhub

    monkeypatch.setattr(jupyterhub, "__version__", "5.2.1")
    c = Config()
    configure(c, policy(**asking("access:services!service=other")))
    assert "oauth_client_allowed_scopes" not in c.Spawner
    assert "the scopes access:services!service=other, for which the policy asks" in caplog.text


GRANT = {"id": "dashboards", "to": {"groups": ["Morons"]}, "servers": "*/dash-*"}


@pytest.mark.parametrize(
    ("version", "changes", "said"),
    [
        ("4.1.6", {}, "install 5.0.0 or newer"),
        ("5.5.0", {"grants": [GRANT]}, "install JupyterHub 5.5.1 or newer"),
        (
            "5.5.0",
            {"cards": [{"id": "dashboards", "title": "D", "servers": "*/dash-*"}]},
            "install JupyterHub 5.5.1 or newer",
        ),
    ],
)
def test_an_old_hub_is_refused_where_the_policy_needs_a_newer_one(
    policy, monkeypatch, version, changes, said
):
    import jupyterhub

    monkeypatch.setattr(jupyterhub, "__version__", version)
    assert said in refused(Config(), policy(**changes))


def test_an_old_hub_is_warned_of_where_the_policy_needs_no_shares(policy, monkeypatch, caplog):
    import jupyterhub

    monkeypatch.setattr(jupyterhub, "__version__", "5.5.0")
    configure(Config(), policy())
    assert "does not check shares of servers as it should" in caplog.text
    assert "install JupyterHub 5.5.1 or newer" in caplog.text


@pytest.mark.parametrize(
    "setting",
    [
        {"load_groups": {"Alphas": {"users": ["a"]}}},
        {"load_roles": [{"name": "desk", "groups": ["Alphas"], "scopes": ["list:users"]}]},
    ],
)
def test_groups_of_the_hubs_configuration_are_known(policy, caplog, setting):
    def rule(group: str) -> dict[str, object]:
        return {"id": group, "match": {"kernel": group}, "show_when": {"group": group}}

    path = policy(rules=[rule("Alphas"), rule("Alfas")])
    configure(Config(), path)
    assert "No role here names a group `Alphas`" in caplog.text
    caplog.clear()
    c = Config()
    c.JupyterHub = Config(setting)
    configure(c, path)
    assert "Alphas`" not in caplog.text
    assert "`Alfas`" in caplog.text


# --- Token scopes ---


def test_tokens_get_nothing_that_the_policys_roles_answer(policy):
    c = Config()
    configure(c, policy())
    assert "oauth_client_allowed_scopes" not in c.Spawner


def asking(scope: str) -> dict[str, object]:
    return {
        "rules": [
            {"id": "r", "match": {"command": "x"}, "show_when": {"any": [{"scope": scope}]}},
            {"id": "s", "match": {"command": "y"}, "hide_when": {"not": {"scope": scope}}},
        ]
    }


def test_tokens_get_just_what_is_asked(policy):
    c = Config()
    configure(c, policy(**asking("access:services!service=other")))
    assert list(c.Spawner.oauth_client_allowed_scopes) == ["access:services!service=other"]


RIGHTS_AT_THE_HUB = [
    *("admin:users", "list:users", "groups!group=x", "tokens", "inherit", "self"),
    *("access:services", "access:servers", "access:servers!user={owner}", "shares!user=x"),
    *("access:services!service={name}", "read:users:name!user=x"),
]


@pytest.mark.parametrize("scope", RIGHTS_AT_THE_HUB)
def test_tokens_get_no_rights_at_the_hub(policy, scope):
    """Not even when a rule asks: whom an admin visits could use the admin's."""
    c = Config()
    configure(c, policy(**asking(scope)))
    assert "oauth_client_allowed_scopes" not in c.Spawner


@pytest.mark.parametrize("server", ["{owner}/{name}", "profx/dash-1"])
def test_shares_are_read_and_not_entered(policy, server):
    c = Config()
    match = {"id": "r", "match": {"server": "*/dash-*"}}
    rule = {**match, "show_when": {"scope": f"access:servers!server={server}"}}
    configure(c, policy(rules=[rule]))
    assert list(c.Spawner.oauth_client_allowed_scopes) == ["read:users:shares!user"]


def test_token_scopes_can_be_given(policy):
    c = Config()
    configure(c, policy(**asking("access:services!service=other")), token_scopes=[])
    assert "oauth_client_allowed_scopes" not in c.Spawner


def test_wide_scopes_that_are_given_are_warned_about(policy, caplog):
    c = Config()
    c.Spawner.oauth_client_allowed_scopes = ["inherit"]
    with caplog.at_level(logging.WARNING):
        configure(c, policy(), token_scopes=["admin:users", "custom:web:use"])
    assert "'inherit'" in caplog.text
    assert "'admin:users'" in caplog.text
    assert "custom:web:use" not in caplog.text


# --- The hook ---


def test_every_configured_hook_is_chained(policy, new_spawner):
    calls = []
    c = Config()
    c.Spawner.pre_spawn_hook = lambda spawner: calls.append("Spawner")
    c.KubeSpawner.pre_spawn_hook = lambda spawner: calls.append("KubeSpawner")
    configure(c, policy())
    for section in (c.Spawner, c.KubeSpawner):
        spawner = new_spawner(c)
        asyncio.run(section.pre_spawn_hook(spawner))
        assert spawner.get_env()["SCOPED_LAUNCHER_POLICY"].endswith("/policy.yaml")
    assert calls == ["Spawner", "KubeSpawner"]


def test_an_earlier_hooks_exception_passes_through(policy):
    class OutOfCheese(Exception):
        pass

    async def earlier(spawner: object) -> None:
        raise OutOfCheese

    c = Config()
    c.Spawner.pre_spawn_hook = earlier
    configure(c, policy())
    with pytest.raises(OutOfCheese):
        asyncio.run(c.Spawner.pre_spawn_hook(None))


def test_the_server_is_told_its_own_path_by_argument(policy, new_spawner):
    c = Config()
    c.Spawner.args = ["--debug", "--ScopedLauncher.policy_file=/elsewhere.yaml"]
    configure(c, policy(), server_policy="/etc/launcher/policy.yaml", policy_by="argument")
    spawner = new_spawner(c)
    asyncio.run(spawner.run_pre_spawn_hook())
    given = ["--debug", "--ScopedLauncher.policy_file=/etc/launcher/policy.yaml"]
    assert spawner.get_args() == given
    assert spawner.get_env()["SCOPED_LAUNCHER_POLICY"] == "/etc/launcher/policy.yaml"


# --- What comes after it in the file ---


def test_a_real_hub_stops_when_the_policys_hook_is_replaced(policy, tmp_path):
    log = start_hub(tmp_path, policy(), "c.Spawner.pre_spawn_hook = lambda spawner: None")
    assert "c.Spawner.pre_spawn_hook is overwritten: set it before configure()" in log


@pytest.fixture
def read_on(policy, tmp_path):
    """Let JupyterHub read a file that calls `configure` and goes on with these lines."""
    from jupyterhub.app import JupyterHub

    def read(*lines: str, before: str = "", options: str = "", **changes: object) -> JupyterHub:
        (tmp_path / "config.py").write_text(
            f"{before}\nfrom jupyterlab_scoped_launcher.hub import configure\n"
            f"configure(c, {str(policy(**changes))!r}{options})\n" + "\n".join(lines)
        )
        JupyterHub.clear_instance()
        hub = JupyterHub.instance()
        hub.load_config_file(str(tmp_path / "config.py"))
        return hub

    yield read
    JupyterHub.clear_instance()


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("c.JupyterHub.load_roles = []", "c.JupyterHub.load_roles lacks 'students'"),
        (
            "c.JupyterHub.load_roles = [{'name': 'students', 'scopes': ['list:users']}]",
            "c.JupyterHub.load_roles lacks 'students'",
        ),
        ("c.JupyterHub.custom_scopes = {}", "c.JupyterHub.custom_scopes lacks 'custom:web:use'"),
        ("c.Spawner.pre_spawn_hook = print", "c.Spawner.pre_spawn_hook is overwritten"),
        ("del c.Spawner.pre_spawn_hook", "c.Spawner.pre_spawn_hook is overwritten"),
        ("c.KubeSpawner.pre_spawn_hook = print", "c.KubeSpawner.pre_spawn_hook is overwritten"),
        ("c.KubeSpawner.profile_list = [{}]", "c.KubeSpawner.profile_list is overwritten"),
        ("c.JupyterHub.services = []", "c.JupyterHub.services lacks 'scoped-launcher'"),
        ("c.JupyterHub.services[-1]['environment'] = {}", "services lacks 'scoped-launcher'"),
        ("c.Spawner.oauth_client_allowed_scopes = []", "c.Spawner.oauth_client_allowed_scopes is"),
    ],
)
def test_what_is_replaced_after_it_stops_the_hub(read_on, line, named):
    with pytest.raises(SystemExit) as stop:
        read_on(line, options=", service=True, token_scopes=['list:groups']")
    assert named in str(stop.value)
    assert "before configure()" in str(stop.value)


def test_what_is_added_after_it_is_welcome(read_on):
    hub = read_on(
        "c.JupyterHub.load_roles.append({'name': 'later', 'scopes': ['list:users']})",
        "c.JupyterHub.custom_scopes['custom:later:use'] = {'description': 'Later'}",
        "c.JupyterHub.services += [{'name': 'later', 'api_token': 'x' * 32}]",
        "c.Spawner.oauth_client_allowed_scopes += ['list:users']",
        "import functools",
        "policys = c.Spawner.pre_spawn_hook",
        "c.Spawner.pre_spawn_hook = functools.wraps(policys)(lambda spawner: policys(spawner))",
        before="c.JupyterHub.load_roles = [{'name': 'desk', 'scopes': ['list:users']}]\n"
        "c.KubeSpawner.profile_list = [{'display_name': 'one'}]",
        options=", service=True, token_scopes=['list:groups']",
    )
    roles = ["desk", "students", "user", "scoped-launcher", "later"]
    assert [role["name"] for role in hub.load_roles] == roles
    assert list(hub.config.Spawner.oauth_client_allowed_scopes) == ["list:groups", "list:users"]


def test_warnings_are_in_the_log(policy, caplog):
    c = Config()
    c.Spawner.oauth_client_allowed_scopes = ["inherit"]
    with caplog.at_level(logging.WARNING):
        configure(c, policy())
    assert "'inherit'" in caplog.text
