"""Questions about scopes: plain ones, and those that somebody would rather not be asked.

Everything random comes from a ``Source``, so that hypothesis (which shrinks what fails) and a
plain random generator (which is fast) ask from one grammar.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st
from jupyterhub.scopes import scope_definitions

T = TypeVar("T")
Json = dict[str, Any]
Groups = dict[str, list[str]]

BASES = sorted(scope_definitions)
UNKNOWN_BASES = ["", "all", "metrics", "user", "Users", "read:users ", "custom:none", "servers/"]
CUSTOM = [
    "custom:a:b",
    "custom:abc",
    "custom:class1234:use",
    "custom:x_y:*",
    "custom:00",
    "custom:z1:",
]

# Both sides of U+FFFF: where code points and UTF-16 units sort differently.
USERS = [
    "ann",
    "bob",
    "Ann",
    "an",
    "a b",
    "a/b",
    "a=b",
    "a!b",
    "é",
    "e\u0301",
    "日本",
    "\uffee",
    "😀",
    "*",
    "",
    "\u2028",
    "user=ann",
    "a,b",
    '"',
    "\\",
    "ann\n",
    "self",
]
SERVERS = ["", "lab", "lab/x", "dash-1", " ", "=", "!", "é", "😀"]
GROUPS = ["class", "class1234", "Class", "g/h", "g=h", "g!h", "é", "日本", "😀", " ", "ann"]
GROUPS_WITH_MEMBERS = GROUPS[:5]
SERVICES = ["web", "grader", "w/b", "w=b", "é", "😀", ""]


class Source(Protocol):
    """Where random choices come from."""

    def pick(self, options: Sequence[T]) -> T: ...

    def size(self, most: int) -> int: ...

    def text(self) -> str: ...


class Rolled:
    """Choices of a seeded random generator."""

    def __init__(self, rng: random.Random) -> None:
        self.pick = rng.choice
        self.random = rng.random

    def size(self, most: int) -> int:
        return int((most + 1) * self.random())

    def text(self) -> str:
        return "".join(self.pick("aA=!/:*é😀\u2028 \t") for _ in range(self.size(5)))


class Drawn:
    """Choices of hypothesis."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self.draw = draw

    def pick(self, options: Sequence[T]) -> T:
        return self.draw(st.sampled_from(options))

    def size(self, most: int) -> int:
        return self.draw(st.integers(0, most))

    def text(self) -> str:
        return self.draw(st.text(max_size=8))


class Questions:
    """Asks from a source, in a world whose users have these groups."""

    def __init__(self, source: Source, groups_of: Groups) -> None:
        self.source = source
        self.groups_of = groups_of
        #: Whether this question has scopes that the Hub may refuse.
        self.odd = source.pick([False, False, False, True])
        # A few names for one question, so that its scopes meet.
        self.bases = [source.pick(BASES) for _ in range(1 + source.size(4))]
        members = list(groups_of)
        self.users = [source.pick(names) or "ann" for names in (members, members, USERS)]
        self.groups = [source.pick(names) for names in (GROUPS_WITH_MEMBERS, GROUPS)]

    def many(self, make: Callable[[], T], most: int) -> list[T]:
        return [make() for _ in range(self.source.size(most))]

    def user(self) -> str:
        return self.source.pick(self.users)

    def server(self) -> str:
        return f"{self.user()}/{self.source.pick(SERVERS)}"

    def filter(self) -> str:
        """A filter with a name."""
        kind = self.source.pick(["user", "user", "server", "server", "group", "group", "service"])
        names = {
            "user": self.user,
            "server": self.server,
            "group": lambda: self.source.pick(self.groups),
            "service": lambda: self.source.pick(SERVICES),
        }
        return f"!{kind}={names[kind]() or self.source.text() or 'x'}"

    def odd_filter(self) -> str:
        return self.source.pick(
            [
                "!",
                "!user",
                "!server",
                "!service",
                "!group",
                "!user=",
                "!server=",
                "!group=",
                "!=",
                "!=x",
                "!tag=x",
                "!tag",
                "!servers",
                "!servers=x",
                "!user=ann!user=bob",
                "!!user=ann",
                "!user =ann",
                "!USER=ann",
                "!user==",
                "!user!",
                "!" + self.source.text(),
            ]
        )

    def base(self) -> str:
        if self.odd and self.source.size(9) == 9:
            return self.source.pick([*UNKNOWN_BASES, self.source.text()])
        return self.source.pick(self.bases)

    def scope(self, *, raw: bool = False) -> str:
        """One scope; a raw one may leave its filter to be filled in."""
        forms: list[Callable[[], str]] = [lambda: "", self.filter, self.filter, self.filter]
        if raw:
            forms.append(lambda: self.source.pick(["!user", "!server", "!service"]))
        if self.odd:
            forms.append(self.odd_filter)
        return self.base() + self.source.pick(forms)()

    def scopes(self) -> list[str]:
        return self.many(self.scope, self.source.pick([4, 12]))

    def raw_scope(self) -> str:
        return self.source.pick(
            [self.scope(raw=True), "self", "inherit"][: self.source.pick([1, 1, 3])]
        )

    def custom_scopes(self) -> Json | None:
        if self.source.pick([True, True, False]):
            return None
        names = sorted(set(self.many(lambda: self.source.pick(CUSTOM[:4]), 4)))
        self.bases += names
        if self.odd:
            names += self.many(
                lambda: self.source.pick(
                    [*CUSTOM, "users", "mine", "custom:" + self.source.text()]
                ),
                1,
            )
        return {name: self.definition(name, names) for name in names}

    def definition(self, name: str, names: list[str]) -> Any:
        if self.odd and self.source.size(5) == 5:
            return self.source.pick(
                [
                    {},
                    {"description": None},
                    {"description": "", "subscopes": ["users"]},
                    {"description": "", "subscopes": ["custom:none"]},
                    {"description": "", "extra": 1},
                    {"description": "", "subscopes": [name]},
                    {"description": "", "subscopes": "custom:abc"},
                    {"description": "", "subscopes": [1]},
                    {"description": "", "subscopes": None},
                    {"subscopes": []},
                ]
            )
        # In order: what a scope includes comes after it, so that nothing goes round.
        later = names if self.odd else names[names.index(name) + 1 :]
        definition: Json = {"description": "x"}
        if later and self.source.pick([True, False]):
            definition["subscopes"] = self.many(lambda: self.source.pick(later), 3)
        return definition

    def lookup(self) -> Groups | None:
        return self.source.pick([None, self.groups_of, self.groups_of])

    def expand(self) -> Json:
        custom = self.custom_scopes()
        owner = self.source.pick([None, "user", "user", "user", "service"])
        names = USERS if self.odd else [name for name in USERS if name]
        client = self.source.pick([None, None, "server", "service"])
        return {
            "op": "expand",
            "scopes": self.many(self.raw_scope, 8),
            "owner": owner and {"kind": owner, "name": self.source.pick(names)},
            "oauth_client": client
            and {
                "server": {
                    "kind": "server",
                    "user": self.user(),
                    "name": self.source.pick(SERVERS),
                },
                "service": {"kind": "service", "name": self.source.pick(SERVICES) or "web"},
            }[client],
            "custom_scopes": custom,
        }

    def reduce(self) -> Json:
        return {"op": "reduce", "scopes": self.scopes()}

    def parse(self) -> Json:
        return {"op": "parse", "scopes": self.scopes()}

    def intersect(self) -> Json:
        return {
            "op": "intersect",
            "a": self.scopes(),
            "b": self.scopes(),
            "groups_of": self.lookup(),
        }

    def has_scope(self) -> Json:
        have = self.scopes()
        scope = self.scope()
        if have and self.source.pick([True, False]):
            # Of something that is held; of what else?
            scope = self.source.pick(have).partition("!")[0] + self.filter()
        return {
            "op": "has_scope",
            "scope": scope,
            "have": have,
            "post_filter": self.source.pick([False, False, True]),
            "groups_of": self.lookup(),
        }

    def check_scopes(self) -> Json:
        custom = self.custom_scopes()
        return {
            "op": "check_scopes",
            "scopes": self.many(self.raw_scope, 4),
            "custom_scopes": custom,
        }

    def visitor_check(self) -> Json:
        return {"op": "visitor_check", "required": self.scopes(), "have": self.scopes()}


OPS = ["expand", "reduce", "parse", "intersect", "has_scope", "check_scopes", "visitor_check"]


def question(source: Source, groups_of: Groups, op: str | None = None) -> Json:
    """One question, of the op with this name or of any."""
    asked: Json = getattr(Questions(source, groups_of), op or source.pick(OPS))()
    return asked


def groups_of(rng: random.Random) -> Groups:
    """Some users, with groups."""
    users = rng.sample([name for name in USERS if name], 6)
    return {user: rng.sample(GROUPS_WITH_MEMBERS, rng.randrange(4)) for user in users}
