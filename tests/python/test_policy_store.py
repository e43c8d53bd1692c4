"""The policy file: what is read when, and what a bad file does."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

import pytest

from jupyterlab_scoped_launcher import policy_store
from jupyterlab_scoped_launcher.policy_store import PolicyStore

GOOD = """\
version: 1
rules:
  - id: class
    match: {kernel: "Class1234_*"}
    show_when: {group: Morons}
"""
OTHER = GOOD.replace("Morons", "PythonForMorons101")
BAD = GOOD.replace("show_when", "show_wen")


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(policy_store, "CHECK_INTERVAL_S", 0.0)


@pytest.fixture
def path(tmp_path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(GOOD)
    return path


@pytest.fixture
def store_of(caplog):
    caplog.set_level(logging.INFO, logger="test.store")
    return lambda path, **settings: PolicyStore(path, logging.getLogger("test.store"), **settings)


def group_of(store: PolicyStore) -> str:
    """The group that the policy in use asks for."""
    document = json.loads(store.current().policy.document())
    return document["rules"][0]["show_when"]["group"]


def settle(store: PolicyStore) -> str:
    """Check twice: what two checks in a row read is used."""
    store.current()
    return group_of(store)


def test_nothing_configured(store_of, caplog):
    store = store_of(None)
    assert (store.current().state, store.current().policy) == ("missing", None)
    assert not caplog.records


def test_a_good_policy_is_used_at_once(store_of, path, caplog):
    store = store_of(path)
    assert store.current().state == "ok"
    assert group_of(store) == "Morons"
    assert [r.levelname for r in caplog.records] == ["INFO"]


def test_json_is_read_too(store_of, tmp_path):
    path = tmp_path / "policy.json"
    path.write_text('{"version": 1, "rules": []}')
    assert store_of(path).current().state == "ok"


def test_a_new_version_replaces_a_good_one(store_of, path):
    store = store_of(path)
    store.current()
    path.write_text(OTHER)
    assert settle(store) == "PythonForMorons101"


def test_half_a_file_never_replaces_a_good_one(store_of, path):
    """The first half of a YAML file is often good YAML, and has fewer rules."""
    store = store_of(path)
    store.current()
    path.write_text(OTHER[: OTHER.index("rules")])
    assert group_of(store) == "Morons"
    path.write_text(OTHER)
    assert group_of(store) == "Morons"
    assert group_of(store) == "PythonForMorons101"


def test_a_version_written_a_while_ago_is_used_at_the_first_check(store_of, path, tmp_path):
    store = store_of(path)
    store.current()
    new = tmp_path / "new"
    new.write_text(OTHER)
    os.utime(new, (0, 0))
    new.rename(path)
    assert group_of(store) == "PythonForMorons101"


def test_a_change_of_the_same_size_and_time_is_seen(store_of, path):
    store = store_of(path)
    store.current()
    status = path.stat()
    path.write_text(GOOD.replace("Morons", "Nobody"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_mtime_ns == status.st_mtime_ns
    assert settle(store) == "Nobody"


def test_a_stable_file_is_not_read_again(store_of, path, monkeypatch):
    store = store_of(path)
    store.current()
    store.current()
    monkeypatch.setattr(policy_store, "read_file", lambda path: pytest.fail("read again"))
    assert group_of(store) == "Morons"


def test_a_configmap_is_followed(store_of, tmp_path):
    """Kubernetes swaps a symbolic link to a folder, and the file is a link through it."""
    for version, text in (("1", GOOD), ("2", OTHER)):
        (tmp_path / version).mkdir()
        (tmp_path / version / "policy.yaml").write_text(text)
    (tmp_path / "..data").symlink_to("1")
    (tmp_path / "policy.yaml").symlink_to("..data/policy.yaml")
    store = store_of(tmp_path / "policy.yaml")
    assert group_of(store) == "Morons"
    (tmp_path / "..new").symlink_to("2")
    (tmp_path / "..new").rename(tmp_path / "..data")
    assert settle(store) == "PythonForMorons101"


def test_the_file_is_checked_at_most_once_a_second(store_of, path, monkeypatch):
    monkeypatch.setattr(policy_store, "CHECK_INTERVAL_S", 60.0)
    store = store_of(path)
    store.current()
    path.write_text(OTHER)
    assert settle(store) == "Morons"


def test_bad_at_start_is_invalid_until_corrected(store_of, path, caplog):
    path.write_text(BAD)
    store = store_of(path)
    for _ in range(3):
        assert (store.current().state, store.current().policy) == ("invalid", None)
    assert [r.levelname for r in caplog.records] == ["ERROR"]
    assert f"{path}:5:5: error SL" in caplog.text
    assert "show_wen" in caplog.text
    path.write_text(GOOD)
    assert store.current().state == "ok"
    assert store.current().problem == ""


def test_bad_at_reload_leaves_the_last_good_one(store_of, path, caplog):
    store = store_of(path)
    store.current()
    caplog.clear()
    path.write_text(BAD)
    for _ in range(3):
        assert settle(store) == "Morons"
    assert [r.levelname for r in caplog.records] == ["ERROR"]
    assert "the last good one stays in use" in caplog.text
    assert "show_wen" in store.current().problem
    path.write_text(OTHER)
    assert settle(store) == "PythonForMorons101"
    assert store.current().problem == ""


def test_each_new_fault_is_logged(store_of, path, caplog):
    store = store_of(path)
    store.current()
    caplog.clear()
    for text in (BAD, BAD.replace("wen", "wan"), BAD):
        path.write_text(text)
        settle(store)
        settle(store)
    assert [r.levelname for r in caplog.records] == ["ERROR"] * 3


def test_gone_at_reload_leaves_the_last_good_one(store_of, path, caplog):
    store = store_of(path)
    store.current()
    caplog.clear()
    path.unlink()
    for _ in range(3):
        assert settle(store) == "Morons"
    assert [r.levelname for r in caplog.records] == ["ERROR"]
    assert "No such file or directory" in caplog.text
    path.write_text(OTHER)
    assert settle(store) == "PythonForMorons101"


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _loop(path: Path) -> None:
    path.symlink_to(path)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: None, "No such file or directory"),
        (lambda path: path.mkdir(), "Is a directory"),
        (_pipe, "not a regular file"),
        (_device, "not a regular file"),
        (_loop, "symbolic links"),
        (lambda path: path.write_bytes(b" " * (4 * 1024 * 1024 + 1)), "longer than 4096 KiB"),
        (lambda path: path.write_bytes(b"version: 1\n# \xff\n"), "UTF-8"),
        (lambda path: path.write_bytes(b""), ":1:1: error"),
        (lambda path: path.write_text("version: 2\n"), ":1:10: error"),
        (lambda path: path.write_text("a: &a [*a, *a]\n"), ":1:"),
    ],
)
def test_what_is_no_policy_is_refused_with_a_reason(store_of, tmp_path, make, reason, caplog):
    path = tmp_path / "policy.yaml"
    make(path)
    state = store_of(path).current()
    assert (state.state, state.policy) == ("invalid", None)
    assert str(path) in state.problem
    assert reason in state.problem
    assert "Traceback" not in caplog.text


def test_diagnostics_in_the_log_are_bounded(store_of, path, caplog):
    path.write_text("version: 1\n" + "".join(f"unknown{i}: 1\n" for i in range(100)))
    store_of(path).current()
    assert "and 80 more" in caplog.text
    assert len(caplog.text.splitlines()) < 30


def test_warnings_do_not_refuse(store_of, path, caplog):
    path.write_text(GOOD.replace("    show_when: {group: Morons}\n", ""))
    assert store_of(path).current().state == "ok"
    assert [r.levelname for r in caplog.records] == ["INFO", "WARNING"]
    assert f"{path}:3:" in caplog.text


NOW = "2026-12-01T00:00:00Z"


class TestForVisitor:
    def test_has_other_instants_of_the_week_on_another_day(self, store_of, path):
        weekly = 'weekly: [{days: [tue], from: "10:00", until: "11:30"}]'
        path.write_text(GOOD.replace("show_when:", f"{weekly}\n    show_when:"))
        store = store_of(path)
        policy = store.current().policy
        documents = [
            store.for_visitor(policy, "alice", now)
            for now in (NOW, "2026-12-01T23:59:59Z", "2026-12-02T00:00:00Z")
        ]
        assert documents[0] == documents[1] != documents[2]

    def test_names_no_other_user(self, store_of, path):
        path.write_text(GOOD.replace("{group: Morons}", "{user: [alice, bob]}"))
        store = store_of(path)
        policy = store.current().policy
        for user, holds in (("alice", True), ("carol", False)):
            _, text = store.for_visitor(policy, user, NOW)
            assert json.loads(text)["rules"][0]["show_when"] == {"always": holds}
            assert "bob" not in text

    def test_has_an_etag_of_its_own(self, store_of, path):
        path.write_text(GOOD.replace("{group: Morons}", "{user: [alice, bob]}"))
        store = store_of(path)
        policy = store.current().policy
        etags = {
            user: store.for_visitor(policy, user, NOW)[0] for user in ("alice", "bob", "carol")
        }
        assert etags["alice"] == etags["bob"] != etags["carol"]
        assert store.for_visitor(policy, "alice", NOW)[0] == etags["alice"]

    def test_follows_a_reload(self, store_of, path):
        store = store_of(path)
        before = store.for_visitor(store.current().policy, "alice", NOW)
        path.write_text(OTHER)
        settle(store)
        after = store.for_visitor(store.current().policy, "alice", NOW)
        assert before[0] != after[0]
        assert "PythonForMorons101" in after[1]

    def test_remembers_a_bounded_number(self, store_of, path, monkeypatch):
        monkeypatch.setattr(policy_store, "MAX_VISITOR_DOCUMENTS", 3)
        store = store_of(path)
        policy = store.current().policy
        for i in range(10):
            store.for_visitor(policy, f"user{i}", NOW)
        assert len(store._visitor_documents) == 3


class TestOverrides:
    def test_replace_the_policys_own(self, store_of, path):
        path.write_text(GOOD + "refresh: 15s\nmax_stale: 10m\n")
        store = store_of(path, refresh="30", max_stale="2m")
        policy = store.current().policy
        _, text = store.for_visitor(policy, "alice", NOW)
        document = json.loads(text)
        assert (document["refresh"], document["max_stale"]) == ("30s", "120s")
        assert store.max_stale_s == 120

    @pytest.mark.parametrize("refresh", ["0s", "0.5"])
    def test_a_context_may_be_a_second_old_at_least(self, store_of, path, refresh):
        path.write_text(GOOD + f"refresh: {refresh}\n")
        store = store_of(path)
        assert store.refresh_s == 1.0
        assert store_of(path, refresh=refresh).refresh_s == 1.0

    def test_leave_the_policys_own(self, store_of, path):
        path.write_text(GOOD + "max_stale: 3m\n")
        store = store_of(path)
        assert store.max_stale_s == 180

    def test_that_are_no_durations_are_logged_and_not_used(self, store_of, path, caplog):
        store = store_of(path, max_stale="soon")
        assert store.max_stale_s == 600
        (error,) = [r.message for r in caplog.records if r.levelname == "ERROR"]
        assert "ScopedLauncher.max_stale = 'soon' is not used" in error
        assert "10m" in error
