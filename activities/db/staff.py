"""Who works here: the accounts with a role of the staff, and what an account is given for a role."""

from sqlalchemy import Connection, select, update

from activities.db.people import Person, Role, person
from activities.db.tables import users

STAFF_ROLES = (Role.ADMIN, Role.SUPPORT)


def staff(connection: Connection) -> list[Person]:
    """Everybody with a role of the staff, by id."""
    query = select(users.c.id).where(users.c.role.in_([role.value for role in STAFF_ROLES])).order_by(users.c.id)
    found = [person(connection, user_id) for user_id in connection.execute(query).scalars().all()]
    return [each for each in found if each is not None]


def set_role(connection: Connection, user_id: int, role: Role) -> None:
    """Give an account another role."""
    connection.execute(update(users).where(users.c.id == user_id).values(role=role.value))
