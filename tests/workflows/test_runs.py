"""When a lot may change its worker version."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.auction import Auction, Terms
from workflows.runs import may_move

STARTS = datetime(2026, 11, 23, 15, tzinfo=UTC)
ENDS = STARTS + timedelta(days=7)
MINUTE = timedelta(minutes=1)


def lot(length: timedelta = ENDS - STARTS) -> Auction:
    return Auction(Terms(1, ("1",), 500_00, None, STARTS, STARTS + length, sunday_rule=False))


@pytest.mark.parametrize(
    ("now", "may"),
    [
        (STARTS - MINUTE, True),
        (STARTS, True),
        (ENDS - 10 * MINUTE - timedelta(milliseconds=1), True),
        (ENDS - 10 * MINUTE, False),
        (ENDS - timedelta(milliseconds=1), False),
        (ENDS, False),
        (ENDS + MINUTE, False),
    ],
)
def test_a_lot_may_move_until_its_last_ten_minutes(now: datetime, may: bool) -> None:
    auction = lot()
    auction.start(STARTS)

    assert may_move(auction, now) is may


def test_a_lot_on_hold_may_move_whatever_its_clock_showed() -> None:
    auction = lot()
    auction.start(STARTS)
    auction.hold(ENDS - MINUTE, "material_edit")

    assert may_move(auction, ENDS + MINUTE)
