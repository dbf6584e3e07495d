"""Second factors: the authenticator app of an account, its recovery codes, and what it has of them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from activities.db.account_tables import authenticators, passkeys, recovery_codes


@dataclass(frozen=True, slots=True)
class Factors:
    """What an account can show besides its password; `recovery_left` codes are unused."""

    totp: bool
    recovery_left: int
    passkeys: int

    @property
    def any(self) -> bool:
        """Whether there is a second factor; recovery codes stand in for one and are none by themselves."""
        return self.totp or self.passkeys > 0


@dataclass(frozen=True, slots=True)
class Authenticator:
    """An authenticator app: its sealed secret, and the time step of its last code that was accepted."""

    secret_sealed: str
    last_step: int


def factors(connection: Connection, user_id: int) -> Factors:
    """What an account has; nothing for an unknown one."""
    query = select(
        select(func.count()).where(authenticators.c.user_id == user_id, _confirmed()).scalar_subquery(),
        select(func.count())
        .where(recovery_codes.c.user_id == user_id, recovery_codes.c.used_at.is_(None))
        .scalar_subquery(),
        select(func.count()).where(passkeys.c.user_id == user_id).scalar_subquery(),
    )
    totp, left, keys = connection.execute(query).one()
    return Factors(bool(totp), left, keys)


def authenticator(connection: Connection, user_id: int) -> Authenticator | None:
    """The confirmed authenticator app of an account, locked for the one who judges a code."""
    query = select(authenticators.c.secret_sealed, authenticators.c.last_step).where(
        authenticators.c.user_id == user_id, _confirmed()
    )
    row = connection.execute(query.with_for_update()).one_or_none()
    return None if row is None else Authenticator(*row)


def set_authenticator(connection: Connection, user_id: int, secret_sealed: str, step: int, now: datetime) -> None:
    """Put an authenticator app, whose code of a time step was just shown, in the place of any other."""
    connection.execute(delete(authenticators).where(authenticators.c.user_id == user_id))
    row = {
        "user_id": user_id,
        "secret_sealed": secret_sealed,
        "created_at": now,
        "confirmed_at": now,
        "last_step": step,
    }
    connection.execute(insert(authenticators).values(row))


def use_step(connection: Connection, user_id: int, step: int) -> bool:
    """Accept the code of a time step; False when that or a later one was accepted before."""
    fresh = (authenticators.c.user_id == user_id) & (authenticators.c.last_step < step)
    return connection.execute(update(authenticators).where(fresh).values(last_step=step)).rowcount == 1


def remove_authenticator(connection: Connection, user_id: int) -> bool:
    """Take the authenticator app away; False when there was none."""
    return connection.execute(delete(authenticators).where(authenticators.c.user_id == user_id)).rowcount == 1


def remove_all(connection: Connection, user_id: int) -> None:
    """Take away everything that an account can show besides its password."""
    for table in (authenticators, recovery_codes, passkeys):
        connection.execute(delete(table).where(table.c.user_id == user_id))


def set_recovery_codes(connection: Connection, user_id: int, code_hashes: Collection[str]) -> None:
    """Replace all recovery codes, of which only keyed hashes (hex) are kept."""
    connection.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
    if code_hashes:
        rows = [{"user_id": user_id, "code_hash": each} for each in code_hashes]
        connection.execute(insert(recovery_codes), rows)


def use_recovery_code(connection: Connection, user_id: int, code_hash: str, now: datetime) -> bool:
    """Use a recovery code up; False when it is unknown or used."""
    unused = (
        (recovery_codes.c.code_hash == code_hash)
        & (recovery_codes.c.user_id == user_id)
        & recovery_codes.c.used_at.is_(None)
    )
    return connection.execute(update(recovery_codes).where(unused).values(used_at=now)).rowcount == 1


def _confirmed() -> ColumnElement[bool]:
    return authenticators.c.confirmed_at.is_not(None)
