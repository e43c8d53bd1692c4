"""Users in a Hub's database, without a Hub."""

from __future__ import annotations

from collections.abc import Iterator

from jupyterhub import orm, roles


def hub_users(groups: dict[str, str]) -> Iterator[dict[str, orm.User]]:
    """Yield users by name, each in one group; the database is in memory."""
    db = orm.new_session_factory("sqlite:///:memory:")()
    for role in roles.get_default_roles():
        roles.create_role(db, role)
    people = {name: orm.User(name=name) for name in groups}
    for name, user in people.items():
        db.add(user)
        db.add(orm.Group(name=groups[name], users=[user]))
        db.commit()
        roles.assign_default_roles(db, entity=user)
    yield people
    db.close()
