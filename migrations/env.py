"""Alembic's entry: runs the migrations on the engine that `migrations.schema` hands over."""

from alembic import context
from sqlalchemy import Engine

from activities.db import (
    account_tables,
    description_tables,
    offer_tables,
    order_money_tables,
    order_tables,
    payout_bank_tables,
    photo_tables,
    purchase_tables,
    question_tables,
    reconcile_tables,
    search_tables,
    seller_feed_tables,
    tables,
    talks_tables,
    text_search,
    vin_tables,
)

# Each module adds its tables to the one metadata.
OF_TABLES = (
    tables,
    account_tables,
    vin_tables,
    photo_tables,
    question_tables,
    offer_tables,
    purchase_tables,
    search_tables,
    seller_feed_tables,
    description_tables,
    order_money_tables,
    order_tables,
    talks_tables,
    payout_bank_tables,
    reconcile_tables,
)


def _is_of_a_table(name: str | None, kind: str, parents: object) -> bool:
    """What the engines make for full-text search is compared with no table in the code."""
    del kind, parents
    return not text_search.is_hidden(name)


def run(engine: Engine) -> None:
    """Run what Alembic was asked for, in one transaction where the engine can do that for tables."""
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=tables.metadata,
            compare_type=True,
            include_name=_is_of_a_table,
            render_as_batch=engine.dialect.name == "sqlite",
        )
        with context.begin_transaction():
            context.run_migrations()


run(context.config.attributes["engine"])
