"""Proxied services: each promise of docs/explanation/security.md, tried on a real Hub."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest
import requests

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

# Paths below the server's URL that lead to class-fixed; {port} is its port.
WAYS_IN = [
    "class-fixed/",
    "class-fixed",
    "class-fixed/deeper/page?query=1",
    "class-fixed//",
    "class-fixed/../class-fixed/",
    "proxy/{port}/",
    "proxy/{port}",
    "proxy/{port}/deeper/page",
    "proxy/0{port}/",
    "proxy/{beyond}/",
    "proxy/absolute/{port}/",
    "proxy/absolute/{beyond}/",
    "proxy/localhost:{port}/",
    "proxy/127.0.0.1:{port}/",
    "proxy/127.0.0.1:0{port}/",
    "proxy/localhost:{beyond}/",
    "proxy/absolute/localhost:{port}/",
]

# Spellings that jupyter-server-proxy does not know, with the statuses that are fine for them.
NO_WAY_IN = [
    "Class-Fixed/",
    "CLASS-FIXED/",
    "class%2Dfixed/",
    "class-fixed%2F",
    "%63lass-fixed/",
    "./class-fixed%2f..",
    "proxy%2F{port}/",
    "proxy/%30{port}/",
    "proxy/[::1]:{port}/",
    "proxy/0.0.0.0:{port}/",
    "proxy/127.1:{port}/",
    "proxy/LOCALHOST:{port}/",
    "proxy/{port}%2f",
    "proxy/{port};x/",
    "proxy/{port}.0/",
    "proxy/-{port}/",
    "proxy/٨٠/",
]


@pytest.fixture
def port(service_ports):
    return service_ports["class-fixed"]


def written(way: str, port: int) -> str:
    return way.format(port=port, beyond=port + 65536)


def raw(visitor, path: str) -> str:
    """Send the path as it is, which `requests` would normalise; return status line and all."""
    url = urlsplit(visitor.base)
    cookies = "; ".join(
        f"{c.name}={c.value}" for c in visitor.session.cookies if c.path in url.path + "/"
    )
    with socket.create_connection((url.hostname, url.port), timeout=30) as connection:
        head = f"GET {url.path}/{path} HTTP/1.1\r\nHost: {url.netloc}\r\nCookie: {cookies}\r\n"
        connection.sendall(f"{head}Connection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode(errors="replace")


@pytest.mark.parametrize("way", WAYS_IN)
def test_a_member_enters(visitors, way, port):
    answer = visitors["member"].session.get(
        f"{visitors['member'].base}/{written(way, port)}", timeout=30
    )
    if "absolute" not in way:
        assert answer.status_code == 200
    assert "the service answers" in answer.text


def test_everybody_allowed_enters_by_each_way(allowed, port):
    for path in ("class-tools/", "class-fixed/", f"proxy/{port}/"):
        assert allowed.get(path).status_code == 200
    for path in ("class-tools/ws", "class-fixed/ws", f"proxy/{port}/ws"):
        connection = allowed.connect(path)
        connection.send("hello")
        assert connection.recv() == "hello"
        connection.close()


@pytest.mark.parametrize("way", WAYS_IN)
def test_others_are_refused_each_way(refused_visitor, way, port):
    answer = refused_visitor.get(written(way, port))
    assert answer.status_code == 403
    assert "the service answers" not in raw(refused_visitor, written(way, port))


@pytest.mark.parametrize("way", NO_WAY_IN)
def test_others_find_no_other_way(visitors, way, port):
    visitor = visitors["non-member"]
    assert (
        "the service answers"
        not in visitor.session.get(f"{visitor.base}/{written(way, port)}", timeout=30).text
    )
    assert "the service answers" not in raw(visitor, written(way, port))


@pytest.mark.parametrize("method", METHODS)
def test_others_are_refused_each_method(refused_visitor, method, port):
    for path in ("class-tools/", "class-fixed/page", f"proxy/{port}/page"):
        assert refused_visitor.request(method, path).status_code == 403


def test_others_are_refused_websockets(refused_visitor, port):
    for path in (
        "class-tools/ws",
        "class-raw/",
        "class-fixed/ws",
        f"proxy/{port}/ws",
        f"proxy/localhost:{port}/ws",
    ):
        assert refused_visitor.handshake(path) == 403


def test_a_service_that_runs_for_a_member_is_refused_by_its_port(visitors):
    """Its port is made up when it starts; on a shared server others could guess it."""
    listening = visitors["shared-server visitor, member"].get("class-tools/").text.split()[-1]
    answer = visitors["shared-server visitor, non-member"].get(f"proxy/{listening}/")
    assert answer.status_code == 403


def test_visitors_whom_the_hub_refuses_get_nothing(stranger, port):
    for path in ("class-tools/", "class-fixed/", f"proxy/{port}/", "open-tools/"):
        answer = stranger.get(path)
        assert answer.status_code in (302, 403)
        assert "the service answers" not in answer.text
    assert stranger.handshake("class-fixed/ws") == 403
    assert stranger.handshake("open-tools/ws") == 403


def test_what_no_rule_matches_stays_open(refused_visitor, service_ports):
    assert refused_visitor.get("open-tools/").status_code == 200
    assert refused_visitor.get(f"proxy/{service_ports['open-tools']}/").status_code == 200
    assert refused_visitor.handshake("open-tools/ws") == 101


@pytest.mark.parametrize("way", ["class-fixed/", "class-fixed", "class-tools/", "proxy/{port}/"])
def test_the_refusal_is_a_page_for_browsers(refused_visitor, way, port):
    answer = refused_visitor.get(written(way, port), headers={"Accept": "text/html,*/*;q=0.8"})
    assert answer.status_code == 403
    assert answer.headers["X-Scoped-Launcher"] == "refused"
    assert answer.headers["Content-Type"].startswith("text/html")
    assert '<a href="mailto:profx@example.edu"' in answer.text
    assert "users of kernel Class1234_Semester02" in answer.text
    assert urlsplit(refused_visitor.base).path in answer.text  # the way back
    assert "Traceback" not in answer.text


def test_the_refusal_is_json_for_programs(refused_visitor, port):
    for path in ("class-fixed/", f"proxy/{port}/"):
        answer = refused_visitor.get(path)
        assert answer.headers["X-Scoped-Launcher"] == "refused"
        refusal = answer.json()["scoped_launcher"]
        assert refusal["contact"] == "profx@example.edu"
        assert refusal["card"]["kind"] == "proxy"
        assert answer.json()["message"].endswith(f"(proxy:{refusal['card']['name']})")


def test_access_follows_the_membership_and_open_connections_end_with_it(class_hub, newcomer, port):
    assert newcomer.get("class-fixed/").status_code == 403
    class_hub.add("outsider")
    class_hub.known_soon(lambda: newcomer.get("class-fixed/").status_code == 200)
    by_name, by_port = newcomer.connect("class-fixed/ws"), newcomer.connect(f"proxy/{port}/ws")
    accept = {"Accept": "text/event-stream"}
    stream = newcomer.get("class-fixed/events", headers=accept, stream=True, timeout=3)
    ticks = stream.iter_lines()
    assert next(ticks) == b"data: tick"
    raw_socket = newcomer.connect("class-raw/")
    raw_socket.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"the service answers" in raw_socket.recv()
    open_one = newcomer.connect("open-tools/ws")
    class_hub.remove("outsider")
    assert newcomer.close_code(by_name) == 1008
    assert newcomer.close_code(by_port) == 1008
    assert newcomer.close_code(raw_socket) == 1008
    with pytest.raises(requests.RequestException):  # cut, or silent for longer than the timeout
        list(ticks)
    assert newcomer.get("class-fixed/").status_code == 403
    open_one.send("still there")
    assert open_one.recv() == "still there"
    open_one.close()
