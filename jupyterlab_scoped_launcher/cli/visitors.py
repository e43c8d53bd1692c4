"""Visitors and cards: the facts that commands decide on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from typing import Any, TypeVar

import click

from jupyterlab_scoped_launcher import _core

from .files import FILE, Trouble, read_json
from .hub import Hub

Context = dict[str, Any]
Card = dict[str, Any]
Command = TypeVar("Command", bound=Callable[..., Any])

KINDS = ("kernel", "proxy", "service", "server", "command")


def now_text() -> str:
    """Write the time as RFC 3339."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")


def fact_options(command: Command) -> Command:
    """Add the options that say who visits, when, and what there is."""
    options = [
        click.option(
            "--group", "groups", multiple=True, metavar="G", help="In this group. Repeatable."
        ),
        click.option(
            "--scope", "scopes", multiple=True, metavar="S", help="Holds this scope. Repeatable."
        ),
        click.option(
            "--share",
            "shares",
            multiple=True,
            metavar="OWNER/NAME",
            help="A server shared with them.",
        ),
        click.option("--admin", is_flag=True, help="Is an admin of the Hub."),
        click.option(
            "--server",
            metavar="OWNER/NAME",
            help="The server they visit; else their default server.",
        ),
        click.option("--no-hub", is_flag=True, help="As in a JupyterLab without a Hub."),
        click.option(
            "--hub", "hub_url", metavar="URL", help="Ask this Hub for groups, admin and shares."
        ),
        click.option("--now", metavar="TIME", help="RFC 3339; else the time now."),
        click.option(
            "--card",
            "cards",
            multiple=True,
            metavar="KIND:NAME",
            help="Such as kernel:python3. Repeatable.",
        ),
        click.option(
            "--cards", "cards_file", type=FILE, help="A JSON list of cards, as in docs/batch.md."
        ),
        click.option(
            "--kernel",
            "kernels",
            multiple=True,
            metavar="NAME",
            help="An installed kernel. Repeatable; else those of the cards.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def visitor(
    *,
    user: str,
    groups: Iterable[str] = (),
    scopes: Iterable[str] = (),
    shares: Iterable[str] = (),
    admin: bool = False,
    server: str | None = None,
    no_hub: bool = False,
    hub_url: str | None = None,
) -> Context:
    """Put together a visitor's context from options and, with ``hub_url``, from the Hub.

    Without ``scopes`` the visitor holds what a server's token has by default: access to the server
    and the visitor's own name and groups.
    """
    context: Context = {
        "hub": not no_hub,
        "user": user,
        "admin": admin,
        "groups": list(groups),
        "scopes": list(scopes) or default_scopes(user),
        "shares": list(shares),
    }
    if hub_url:
        hub = Hub(hub_url)
        model = hub.user(user)
        context["admin"] = admin or bool(model.get("admin"))
        context["groups"] = sorted({*groups, *model.get("groups", [])})
        context["shares"] = sorted({*shares, *hub.shares(user)})
    owner, _, name = (server or f"{user}/").partition("/")
    context["server"] = {"owner": owner, "name": name}
    return context


def default_scopes(user: str) -> list[str]:
    """List what the token of a visitor to their own default server holds unless configured."""
    return [
        f"access:servers!server={user}/",
        f"read:users:name!user={user}",
        f"read:users:groups!user={user}",
    ]


def contexts_from(path: str) -> list[Context]:
    """Read visitors from a JSON file: a list of contexts, or of the Hub's user models."""
    items = read_json(path)
    if isinstance(items, dict):
        items = items.get("items") or items.get("users") or [items]
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Trouble(f'{path} is not a list of users: write [{{"name": …, "groups": […]}}, …].')
    return [context_of(item) for item in items]


def context_of(item: dict[str, Any]) -> Context:
    """Make a context of a context or of the Hub's model of a user."""
    name = str(item.get("user") or item.get("name") or "")
    options = {key: item[key] for key in ("groups", "scopes", "shares", "admin") if item.get(key)}
    return {**visitor(user=name, **options), **{k: item[k] for k in ("hub", "server") if k in item}}


def card_of(text: str) -> Card:
    """Make a card of ``KIND:NAME``; a server's name is ``OWNER/NAME``."""
    kind, colon, name = text.partition(":")
    if kind not in KINDS or not colon:
        hint = f"Write KIND:NAME, where KIND is one of {', '.join(KINDS)}."
        raise click.BadParameter(f"{text!r} is not a card. {hint}", param_hint="--card")
    card: Card = {"id": text, "kind": kind, "name": name}
    if kind == "server":
        card["owner"], _, card["name"] = name.partition("/")
    elif kind == "command":
        card["command"] = name
    return card


def given_cards(texts: Iterable[str], cards_file: str | None) -> list[Card] | None:
    """Take the cards of options; None without any."""
    cards = [card_of(text) for text in texts]
    if cards_file:
        listed = read_json(cards_file)
        if not isinstance(listed, list):
            raise Trouble(f"{cards_file} is not a list of cards.")
        cards += listed
    return cards or None


def launcher_cards(document: str, context: Context) -> list[Card]:
    """List the cards that a policy adds for this visitor, and others that it names exactly."""
    own: list[Card] = json.loads(_core.policy_cards(document, json.dumps(context)))
    opened = {(card["kind"], card.get("owner"), card["name"]) for card in own}
    named = named_cards(json.loads(document))
    return [
        card for card in named if (card["kind"], card.get("owner"), card["name"]) not in opened
    ] + own


def named_cards(document: dict[str, Any]) -> list[Card]:
    """List the cards that a policy names without globs: in ``kernels`` and in ``match``."""
    names = [f"kernel:{name}" for name in document.get("kernels", {})]
    for rule in document.get("rules", []):
        for kind, selector in rule["match"].items():
            chosen = selector["include"] if isinstance(selector, dict) else selector
            chosen = [chosen] if isinstance(chosen, str) else chosen
            exact = (name for name in chosen if not set(name) & set("*?[\\"))
            names += [f"{kind}:{name}" for name in exact if kind in KINDS]
    return [card_of(name) for name in dict.fromkeys(names)]
