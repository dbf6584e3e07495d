"""Many rows at once hold the same as one by one, on both engines."""

from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError

from activities.db.bulk import insert_rows
from activities.db.engine import transaction
from activities.db.tables import bids
from domain.clock import to_ms
from domain.money import MAX_BID_CENTS
from tests.db.market import NOON, bid_id


def row(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "bid_id": bid_id(number),
        "auction_id": 7,
        "seq": number,
        "user_id": 10**18 - 1,
        "kind": "bid",
        "cents": MAX_BID_CENTS,
        "outcome": "refused",
        "code": None,
        "received_at": to_ms(NOON),
        "decided_at": to_ms(NOON),
        "retracted": False,
        **changes,
    }


def test_rows_come_back_as_they_went_in(engine: Engine) -> None:
    with transaction(engine) as connection:
        insert_rows(connection, bids, [row(1), row(2, code="it's 100 % 'quoted' \\ :name %s", retracted=True)])
        found = connection.execute(select(bids).order_by(bids.c.seq)).all()
    assert [(each.cents, each.user_id, each.received_at) for each in found] == [(MAX_BID_CENTS, 10**18 - 1, NOON)] * 2
    assert [(each.code, each.retracted) for each in found] == [
        (None, False),
        ("it's 100 % 'quoted' \\ :name %s", True),
    ]


def test_the_order_of_a_rows_names_does_not_matter(engine: Engine) -> None:
    with transaction(engine) as connection:
        insert_rows(connection, bids, [row(1), dict(reversed(row(2).items()))])
        assert connection.execute(select(bids.c.seq).order_by(bids.c.seq)).scalars().all() == [1, 2]


def test_no_rows_are_no_statement(engine: Engine) -> None:
    with transaction(engine) as connection:
        insert_rows(connection, bids, [])
        assert connection.execute(select(bids)).all() == []


def test_hundreds_of_rows_are_all_there(engine: Engine) -> None:
    with transaction(engine) as connection:
        insert_rows(connection, bids, [row(number) for number in range(600)])
        assert len(connection.execute(select(bids.c.seq)).all()) == 600


def test_a_row_without_a_column_is_an_error_and_not_a_default(engine: Engine) -> None:
    short = row(1)
    del short["cents"]
    with pytest.raises(Exception, match="cents"), transaction(engine) as connection:
        insert_rows(connection, bids, [short])


def test_a_second_row_of_the_same_seq_fails(engine: Engine) -> None:
    with pytest.raises(IntegrityError), transaction(engine) as connection:
        insert_rows(connection, bids, [row(1), row(1, bid_id=bid_id(2))])
