"""The commands on the schema, as functions on an engine; there is no alembic.ini to keep in step with the settings."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

FOLDER = Path(__file__).parent


def upgrade(engine: Engine) -> None:
    """Bring the database to the newest schema; does nothing where it is there already."""
    command.upgrade(_config(engine), "head")


def check(engine: Engine) -> None:
    """Raise `alembic.util.CommandError` when the tables in code differ from the migrated database."""
    command.check(_config(engine))


def revise(engine: Engine, message: str) -> None:
    """Write a new migration from the difference between the tables in code and the database."""
    command.revision(_config(engine), message, autogenerate=True)


def is_current(engine: Engine) -> bool:
    """Whether the database has the newest schema."""
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current == ScriptDirectory(str(FOLDER)).get_current_head()


def _config(engine: Engine) -> Config:
    config = Config(attributes={"engine": engine})
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config
