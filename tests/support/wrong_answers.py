"""Wrong answers of a Hub, made by a proxy in front of a real one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Fault = Callable[[Any], None]


def truncated(call) -> None:
    status, body, headers = call.ask()
    call.answer(status, body[: len(body) // 2], headers)


def changed(change):
    """A fault that changes the Hub's JSON of the users' pages."""

    def fault(call) -> None:
        status, body, headers = call.ask()
        if call.is_users:
            body = json.dumps(change(json.loads(body))).encode()
        call.answer(status, body, headers)

    return fault


def half_a_page(page):
    page["items"] = page["items"][: len(page["items"]) // 2]
    return page


def half_the_list(page):
    half = len(page["items"]) // 2
    page["items"] = page["items"][:half]
    page["_pagination"].update(total=half)
    return page


def no_users(page):
    return {"items": [], "_pagination": {**page["_pagination"], "total": 0, "next": None}}


def without(part):
    def change(page):
        for user in page["items"]:
            del user[part]
        return page

    return change


def emptied(part):
    def change(page):
        for user in page["items"]:
            user[part] = type(user[part])()
        return page

    return change


def status(code, **headers):
    def fault(call) -> None:
        call.answer(code, b"{}", {"X-JupyterHub-Version": "6.1.1", **headers})

    return fault


def other_server(call) -> None:
    call.answer(200, b'{"items": [], "_pagination": {"offset": 0, "limit": 200, "total": 0}}', {})


WRONG_ANSWERS: dict[str, Fault] = {
    "half an answer": truncated,
    "half a page": changed(half_a_page),
    "half the list": changed(half_the_list),
    "no users": changed(no_users),
    "an empty list": changed(lambda page: []),
    "null": changed(lambda page: None),
    "no groups in it": changed(without("groups")),
    "no servers in it": changed(without("servers")),
    "everybody's groups empty": changed(emptied("groups")),
    "everybody's servers empty": changed(emptied("servers")),
    "500": status(500),
    "502 of a proxy": lambda call: call.answer(502, b"<html>", {}),
    "503, come again": status(503, **{"Retry-After": "1"}),
    "403 of a Hub without database": status(403),
    "404": status(404),
    "a login page": status(302),
    "another web server": other_server,
    "a closed connection": lambda call: call.connection.close(),
}
"""Faults by their names."""
