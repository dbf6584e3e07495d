"""Fee statements in the database: how a seller's payout comes about, as JSON beside the payout."""

from sqlalchemy import Connection, select

from activities.db.order_tables import payouts


def statement(connection: Connection, order_id: int) -> str | None:
    """The statement of an order's payout as JSON text; None while there is none."""
    query = select(payouts.c.statement).where(payouts.c.order_id == order_id)
    found: str | None = connection.execute(query).scalar_one_or_none()
    return found
