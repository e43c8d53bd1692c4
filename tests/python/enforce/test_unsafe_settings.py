"""Settings of a Hub that make a policy ineffective are found, and others are not."""

from __future__ import annotations

import pytest
from traitlets.config import Config

from jupyterlab_scoped_launcher.hub.unsafe_settings import unsafe_settings


def spawner_scopes(c: Config, scope: str) -> None:
    c.KubeSpawner.oauth_client_allowed_scopes = [scope, "list:users"]


def server_scopes(c: Config, scope: str) -> None:
    c.Spawner.server_token_scopes = [scope]


def server_role(c: Config, scope: str) -> None:
    c.JupyterHub.load_roles = [{"name": "server", "scopes": [scope]}]


def user_role(c: Config, scope: str) -> None:
    c.JupyterHub.load_roles = [{"name": "user", "scopes": ["self", scope]}]


def group_role(c: Config, scope: str) -> None:
    c.JupyterHub.load_roles = [{"name": "teachers", "groups": ["t"], "scopes": [scope]}]


def everybody(c: Config, scope: str) -> None:
    c.JupyterHub.extra_user_scopes = [scope]


@pytest.mark.parametrize(
    ("setting", "scope", "narrow"),
    [
        (spawner_scopes, "inherit", "access:services!service=web"),
        (spawner_scopes, "access:servers", "access:servers!server=a/b"),
        (spawner_scopes, "groups", "groups!group=x"),
        (server_scopes, "inherit", "users:activity!user"),
        (server_role, "inherit", "users:activity!user"),
        (user_role, "access:servers", "access:servers!server=a/b"),
        (user_role, "shares", "shares!user"),
        (group_role, "access:servers", "access:servers!group=t"),
        (everybody, "access:servers", "list:users"),
    ],
)
def test_wide_scopes_are_warned_about_and_narrow_ones_are_not(setting, scope, narrow):
    wide, fine = Config(), Config()
    setting(wide, scope)
    setting(fine, narrow)
    assert any(repr(scope) in warning for warning in unsafe_settings(wide))
    assert unsafe_settings(fine) == []


def test_two_scopes_that_open_all_servers_together_are_warned_about():
    c = Config()
    scopes = ["groups!group=x", "access:servers!group=x"]
    c.JupyterHub.load_roles = [{"name": "t", "groups": ["t"], "scopes": scopes}]
    (warning,) = unsafe_settings(c)
    assert "access:servers!group=x" in warning


def test_admins_and_services_may_have_wide_scopes():
    c = Config()
    c.JupyterHub.load_roles = [
        {"name": "admin", "users": ["root"], "scopes": ["access:servers"]},
        {"name": "grants", "services": ["grants"], "scopes": ["shares"]},
    ]
    assert unsafe_settings(c) == []


def test_group_properties_as_input_are_warned_about():
    def reads(spawner):
        return {group.name: group.properties for group in spawner.user.groups}

    c = Config()
    c.Spawner.group_overrides = reads
    (warning,) = unsafe_settings(c)
    assert "group properties" in warning
    c.Spawner.group_overrides = lambda spawner: {group.name: {} for group in spawner.user.groups}
    assert unsafe_settings(c) == []


def test_overrides_that_replace_the_policys_are_warned_about():
    c = Config()
    c.Spawner.group_overrides = {
        "a": {"groups": ["a"], "spawner_override": {"pre_spawn_hook": print}},
        "b": {"groups": ["b"], "spawner_override": {"mem_limit": "2G"}},
    }
    (hook,) = unsafe_settings(c)
    assert "group_overrides['a']" in hook
