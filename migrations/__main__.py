"""`python -m migrations upgrade|check|revise MESSAGE`: the schema's commands on the database of the settings."""

import argparse
import sys

from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from activities.db.engine import make_engine
from activities.settings import SettingsError, load_settings
from migrations import schema


def main() -> int:
    """Run one command; 0 when it succeeded, 1 when not, with one line that says why."""
    arguments = _arguments()
    try:
        _run(arguments)
    except (SettingsError, CommandError, SQLAlchemyError, OSError) as problem:
        print(str(problem).splitlines()[0], file=sys.stderr)
        return 1
    return 0


def _run(arguments: argparse.Namespace) -> None:
    engine = make_engine(load_settings().database_url)
    try:
        match arguments.command:
            case "upgrade":
                schema.upgrade(engine)
            case "check":
                schema.check(engine)
            case _:
                schema.revise(engine, arguments.message)
    finally:
        engine.dispose()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m migrations", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("upgrade", help="bring the database to the newest schema")
    commands.add_parser("check", help="fail when the tables in code differ from the database")
    commands.add_parser("revise", help="write a new migration from that difference").add_argument("message")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
