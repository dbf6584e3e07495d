"""`python -m temporal.staff appoint EMAIL --role admin|support`, `dismiss EMAIL` and `list`: who works here.

It is the operator's door, by which the first admin comes into being; it works on the database of the settings.
"""

import argparse
import getpass
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from activities.db import audit, people, second_factors, sellers, sessions, staff
from activities.db.audit import Deed
from activities.db.engine import make_engine, reading, transaction
from activities.db.people import Person, Role
from activities.settings import SettingsError, load_settings
from domain.clock import truncate
from domain.sellers import SellerStatus

FAILED, REFUSED = 1, 2
# In the audit log: no account has this number; the deed's detail names the operator.
OPERATOR_ID = 0
SELLING = frozenset({SellerStatus.APPROVED, SellerStatus.SUSPENDED})


class StaffError(Exception):
    """Why somebody is not appointed or dismissed, in one sentence that names nobody."""


@dataclass(frozen=True, slots=True)
class Change:
    """A role that is to be given or taken: by whom at the machine, and when."""

    action: str
    role: Role
    operator: str
    at: datetime


def appoint(engine: Engine, email: str, role: Role, *, operator: str, now: datetime) -> bool:
    """Give an account a role of the staff and end its sessions; False where it has that role already.

    Raises StaffError for an account that is unknown, disabled or not verified, or has no second factor.
    """
    with transaction(engine) as connection:
        person = _locked(connection, email)
        if person.disabled:
            raise StaffError("this account is disabled")
        if not person.email_verified:
            raise StaffError("this account has not confirmed its e-mail address")
        if not second_factors.factors(connection, person.id).any:
            raise StaffError("this account has no second factor; its owner adds one under /account/security")
        return _change(connection, person, Change("staff_appointed", role, operator, now))


def dismiss(engine: Engine, email: str, *, operator: str, now: datetime) -> None:
    """Take the role of the staff away, and end the account's sessions and tokens. Raises StaffError."""
    with transaction(engine) as connection:
        person = _locked(connection, email)
        if person.role not in staff.STAFF_ROLES:
            raise StaffError("this account is not of the staff")
        sells = sellers.profile(connection, person.id).status in SELLING
        role = Role.SELLER if sells else Role.BUYER
        _change(connection, person, Change("staff_dismissed", role, operator, now))
        people.revoke_tokens(connection, person.id, now)


def operator_name() -> str:
    """Who is at the machine, as the operating system knows them."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "operator"


def main(arguments: Sequence[str]) -> int:
    """Run one command; 0 when it is done, 2 when it is refused, with one line that says why."""
    options = _parse(arguments)
    try:
        return _run(options.command, options)
    except (StaffError, SettingsError) as refusal:
        return _complain(str(refusal), REFUSED)
    except (SQLAlchemyError, OSError) as error:
        return _complain(str(error).splitlines()[0], FAILED)


def _locked(connection: Connection, email: str) -> Person:
    found = people.credentials(connection, email)
    kept = None if found is None else people.locked(connection, found.person.id)
    if kept is None:
        raise StaffError("no account has this e-mail address")
    return kept.person


def _change(connection: Connection, person: Person, change: Change) -> bool:
    if person.role is change.role:
        return False
    staff.set_role(connection, person.id, change.role)
    # Whoever is signed in was let in as somebody else: they show anew who they are.
    sessions.end_all(connection, person.id)
    detail = {"before": person.role.value, "after": change.role.value, "operator": change.operator}
    audit.note(connection, Deed(change.at, OPERATOR_ID, change.action, f"user {person.id}", detail, ""))
    return True


def _run(command: Callable[[Engine, argparse.Namespace], None], options: argparse.Namespace) -> int:
    engine = make_engine(load_settings().database_url)
    try:
        command(engine, options)
    finally:
        engine.dispose()
    return 0


def _appoint(engine: Engine, options: argparse.Namespace) -> None:
    new = appoint(engine, options.email, Role(options.role), operator=operator_name(), now=_now())
    _say(f"{options.email} is {options.role}{'' if new else ' already'}")


def _dismiss(engine: Engine, options: argparse.Namespace) -> None:
    dismiss(engine, options.email, operator=operator_name(), now=_now())
    _say(f"{options.email} is not of the staff any more")


def _list(engine: Engine, _: argparse.Namespace) -> None:
    with reading(engine) as connection:
        for person in staff.staff(connection):
            _say(f"{person.id:>6}  {person.role:<8} {person.email}{'  (disabled)' if person.disabled else ''}")


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m temporal.staff", description="Appoint and dismiss the staff.")
    commands = parser.add_subparsers(required=True)
    appointing = commands.add_parser("appoint", help="give an account with a second factor a role of the staff")
    appointing.add_argument("email")
    appointing.add_argument("--role", required=True, choices=[role.value for role in staff.STAFF_ROLES])
    appointing.set_defaults(command=_appoint)
    dismissing = commands.add_parser("dismiss", help="take the role away; sessions and tokens end")
    dismissing.add_argument("email")
    dismissing.set_defaults(command=_dismiss)
    commands.add_parser("list", help="who is of the staff").set_defaults(command=_list)
    return parser.parse_args(arguments)


def _now() -> datetime:
    return truncate(datetime.now(UTC))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _complain(message: str, code: int) -> int:
    sys.stderr.write(f"staff: {message}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
