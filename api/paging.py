"""Pages by keyset: opaque cursors that name the last item, and the limits of a page."""

from datetime import datetime
from typing import Annotated

from fastapi import Query

from activities.db.auctions import LotKey
from activities.db.bids import BidKey
from activities.db.my_lots import MyLotKey
from api.problems import fail
from domain.clock import from_ms, to_ms

ID_MAX = 2**63 - 1
TIME_MAX_MS = 253_402_300_799_999

Limit = Annotated[int, Query(ge=1, le=100, description="How many items a page has.")]
Cursor = Annotated[str | None, Query(max_length=80, description="The `next_cursor` of the page before.")]


def lot_cursor(key: LotKey) -> str:
    """The cursor after a lot."""
    return f"{to_ms(key.ends_at)}-{key.id}"


def lot_key(cursor: str | None) -> LotKey | None:
    """Read a cursor of lots. Raises INVALID_CURSOR."""
    if cursor is None:
        return None
    time, key = _halves(cursor)
    return LotKey(time, _number(key))


def bid_cursor(key: BidKey) -> str:
    """The cursor after a person's bid."""
    return f"{to_ms(key.decided_at)}-{key.bid_id}"


def bid_key(cursor: str | None) -> BidKey | None:
    """Read a cursor of a person's bids. Raises INVALID_CURSOR."""
    return None if cursor is None else BidKey(*_halves(cursor))


def mail_cursor(created_at: datetime, outbox_id: str) -> str:
    """The cursor after a mail."""
    return f"{to_ms(created_at)}-{outbox_id}"


def mail_key(cursor: str | None) -> tuple[datetime, str] | None:
    """Read a cursor of mails. Raises INVALID_CURSOR."""
    return None if cursor is None else _halves(cursor)


def my_lot_cursor(key: MyLotKey) -> str:
    """The cursor after one of the lots a person bid in."""
    return f"{to_ms(key.ends_at)}-{key.id}-{int(key.ended)}"


def my_lot_key(cursor: str | None) -> MyLotKey | None:
    """Read a cursor of a person's lots. Raises INVALID_CURSOR."""
    if cursor is None:
        return None
    time, rest = _halves(cursor)
    key, _, ended = rest.partition("-")
    return MyLotKey(_number(ended) > 0, time, _number(key))


def number_key(cursor: str | None) -> int | None:
    """Read a cursor that is an id, a version or a `seq`. Raises INVALID_CURSOR."""
    return None if cursor is None else _number(cursor)


def _halves(cursor: str) -> tuple[datetime, str]:
    time, _, rest = cursor.partition("-")
    return from_ms(min(_number(time), TIME_MAX_MS)), rest


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > ID_MAX:
        message = fail("INVALID_CURSOR").detail
        raise fail("INVALID_CURSOR", errors=[{"field": "cursor", "rule": "cursor", "message": message}])
    return int(text)
