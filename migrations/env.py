"""Alembic's entry: runs the migrations on the engine that `migrations.schema` hands over."""

from alembic import context
from sqlalchemy import Engine

from activities.db.account_tables import accounts


def run(engine: Engine) -> None:
    """Run what Alembic was asked for, in one transaction where the engine can do that for tables."""
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=accounts.metadata,
            compare_type=True,
            render_as_batch=engine.dialect.name == "sqlite",
        )
        with context.begin_transaction():
            context.run_migrations()


run(context.config.attributes["engine"])
