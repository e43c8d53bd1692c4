"""Real single-user servers and real sessions: who gets in, who does not, and the service's page."""

from __future__ import annotations

import json
import re

import pytest
import requests
from service_hub import SERVICE

from jupyterlab_scoped_launcher._core import Policy

GRANTS = f"{SERVICE}grants"

CARDS = {
    "id": "dashboards",
    "match": {"server": "*/dash-*"},
    "show_when": {"scope": "access:servers!server={owner}/{name}"},
}


def write_policy(hub, *grants) -> None:
    """Give the Hub's own service a policy."""
    temporary = hub.policy.with_suffix(".new")
    temporary.write_text(json.dumps({"version": 1, "grants": grants, "rules": [CARDS]}))
    temporary.replace(hub.policy)


def entering(browser, server: str) -> int:
    """Go through the login of a server; return what its API answers."""
    return browser.enter(server).get("api/status").status_code


@pytest.fixture(scope="module")
def dashboards(hub, until):
    """profx's servers, some of them granted to the group default by the Hub's own service."""
    hub.user("mmuster", "default")
    hub.start_servers("profx/dash-1", "profx/scratch", "profx/", "launcher-user/")
    write_policy(
        hub,
        {
            "id": "dashboards",
            "to": {"groups": ["default"]},
            "servers": {"include": "profx/?*", "except": ["*/scratch"]},
        },
    )
    until(lambda: ("profx/dash-1", "mmuster") in hub.shares("profx"), 60, hub.log)
    return hub


def test_a_member_enters_the_dashboard_and_nothing_else(dashboards, until):
    hub = dashboards
    member = hub.log_in("mmuster")
    assert entering(member, "profx/dash-1") == 200
    assert entering(member, "profx/scratch") == 403
    assert entering(member, "profx/") == 403
    hub.user("otto")
    assert entering(hub.log_in("otto"), "profx/dash-1") == 403

    hub.leave("mmuster", "default")
    until(lambda: hub.shares("profx") == {}, 30, hub.log)
    assert entering(hub.log_in("mmuster"), "profx/dash-1") == 403

    hub.user("mmuster", "default")
    until(lambda: ("profx/dash-1", "mmuster") in hub.shares("profx"), 30, hub.log)
    assert entering(hub.log_in("mmuster"), "profx/dash-1") == 200


def test_the_launcher_gains_and_loses_the_card(dashboards, until):
    """The context of the visitor's own server names the granted server, and the rule that asks for
    access to it shows its card, as long as it is granted."""
    hub = dashboards
    hub.user("launcher-user", "default")
    card = {"id": "c", "kind": "server", "owner": "profx", "name": "dash-1"}
    visitor = hub.log_in("launcher-user").enter("launcher-user/")

    def is_shown() -> bool:
        context = visitor.context()
        policy = Policy(json.dumps(context.pop("policy")["document"]))
        decided = json.loads(policy.decide(json.dumps(context), json.dumps([card])))
        return decided["decisions"][0]["visible"]

    until(is_shown, 60, hub.log)
    hub.leave("launcher-user", "default")
    until(lambda: not is_shown(), 60, hub.log)


def test_shares_with_groups_still_do_not_serve_browsers(dashboards):
    """Why this service exists. It fails when a release of JupyterHub lets members of a group in by
    a share with the group: docs/reference/grants.md, "When group shares work", has what to do.
    """
    hub = dashboards
    hub.user("grouped", "sharers")
    hub.api("POST", "/shares/profx/scratch", group="sharers")
    try:
        shared = hub.api("GET", "/users/grouped/shared")["items"]
        assert [item["kind"] for item in shared] == ["group"], "the Hub knows that it is shared"
        assert entering(hub.log_in("grouped"), "profx/scratch") == 403, (
            "Group shares serve browsers now: see docs/reference/grants.md, When group shares work"
        )
        hub.share("profx/scratch", "grouped")
        assert entering(hub.log_in("grouped"), "profx/scratch") == 200, (
            "as a share with the user does"
        )
    finally:
        hub.api("DELETE", "/shares/profx/scratch")


def test_the_page_is_for_holders_of_shares(dashboards):
    hub = dashboards
    hub.user("admin")
    page = hub.log_in("admin").open(GRANTS)
    assert page.status_code == 200
    assert "profx/dash-1" in page.text
    assert "mmuster" in page.text

    hub.user("page-visitor")
    refused = hub.log_in("page-visitor").open(GRANTS)
    assert refused.status_code == 403
    assert "scope “shares”" in refused.text
    assert "mmuster" not in refused.text
    stranger = hub.log_in("otto").open(GRANTS)
    assert stranger.status_code == 403
    assert "mmuster" not in stranger.text
    assert "mmuster" not in requests.get(hub.url + GRANTS, timeout=30).text


def test_the_page_is_in_the_visitors_language(dashboards):
    person = dashboards.log_in("admin")
    assert "The last pass ended at" in person.open(GRANTS).text
    person.session.headers["Accept-Language"] = "de-AT"
    page = person.open(GRANTS).text
    assert '<html lang="de-AT">' in page
    assert "Der letzte Durchgang endete am" in page
    assert "Bestehende Freigaben nach Zugang" in page


def test_the_page_escapes_what_people_write(dashboards, until):
    hub = dashboards
    hub.server("<b>profx&", "dash-1")
    hub.user("mmuster", "default")
    write_policy(
        hub,
        {"id": "<script>alert(1)</script>", "to": {"groups": ["default"]}, "servers": "*/dash-*"},
    )
    try:
        until(lambda: hub.shares("<b>profx&") != {}, 30, hub.log)
        page = hub.log_in("admin").open(GRANTS)
        assert "&lt;b&gt;profx&amp;/dash-1" in page.text
        assert not re.findall(r"<(script|b)\b", page.text)
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    finally:
        write_policy(hub)
        until(lambda: hub.shares("<b>profx&") == {}, 30, hub.log)


def test_health_and_metrics(hub, until):
    def health() -> requests.Response:
        return requests.get(f"{hub.url}{SERVICE}health", timeout=30)

    until(lambda: health().status_code == 200, 60, hub.log)
    assert health().json()["status"] == "running"
    assert health().json()["grants"].keys() == {"status", "last_pass_age_s"}
    metrics = f"{hub.url}{SERVICE}metrics"
    assert requests.get(metrics, timeout=30).status_code == 403
    token = {"Authorization": f"token {hub.known['metrics_token']}"}
    answer = requests.get(metrics, headers=token, timeout=30)
    assert answer.status_code == 200
    found = dict(re.findall(r"^(scoped_launcher_grants_\S+) (\S+)$", answer.text, re.M))
    assert float(found['scoped_launcher_grants_passes_total{result="done"}']) > 0
    assert float(found["scoped_launcher_grants_users"]) > 0
    assert "mmuster" not in answer.text


def test_no_token_in_log_or_page(dashboards):
    hub = dashboards
    page = hub.log_in("admin").open(GRANTS).text
    for name, value in hub.known.items():
        if name.endswith("token"):
            assert value not in hub.log(), name
            assert value not in page, name
    lines = [json.loads(line) for line in hub.log().splitlines() if line.startswith('{"time"')]
    granted = [line for line in lines if line["event"] == "granted"]
    assert {"server", "user", "grant", "reason", "time"} <= granted[0].keys()
