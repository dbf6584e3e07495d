"""What each side of an order is told of its history: lines, figures and words, and nothing that is the other's."""

import pytest

from activities.order_contracts import EventKind, OrderEvent
from api.order_views import history_view
from domain.orders import Party
from tests.web.order_samples import at

K = EventKind
BUYERS = {K.INVOICED, K.REMINDED, K.CHARGE_ASKED, K.CHARGE_REFUSED, K.LATE_FEE, K.GIVEN_BACK}
SELLERS = {K.PAYOUT_SET, K.PAYOUT_WAITS, K.PAID_OUT}
STAFFS = {K.UNDONE, K.OPERATOR_CALLED, K.NEWS_UNREADABLE, K.NEWS_REFUSED}
STAFFS |= {K.DISPUTE_NOTED, K.DISPUTE_ASSIGNED, K.DISPUTE_PROPOSED}


def event(kind: str, words: str = "words") -> OrderEvent:
    return OrderEvent(at(1), kind, Party.HOUSE, 100, words)


@pytest.mark.parametrize("kind", [kind for kind in EventKind if kind is not K.PROMISE_MISSED])
def test_each_line_is_for_the_sides_that_it_concerns(kind: EventKind) -> None:
    seen = {side for side in (Party.BUYER, Party.SELLER) if history_view([event(kind)], side)}
    if kind in STAFFS:
        assert seen == set()
    elif kind in BUYERS:
        assert seen == {Party.BUYER}
    elif kind in SELLERS:
        assert seen == {Party.SELLER}
    else:
        assert seen == {Party.BUYER, Party.SELLER}
    assert history_view([event(kind)], Party.STAFF)[0]["words"] == "words"


@pytest.mark.parametrize("kind", [K.PAID, K.DEFAULTED])
def test_the_seller_is_not_told_what_the_buyer_owes_in_all(kind: EventKind) -> None:
    hers, his = [history_view([event(kind)], side)[0] for side in (Party.BUYER, Party.SELLER)]
    assert (hers["cents"], hers["words"], his["cents"], his["words"]) == (100, "words", None, "")


def test_a_missed_payout_is_for_the_seller_and_other_promises_for_both() -> None:
    lines = [event(K.PROMISE_MISSED, f"{code}: Our staff are called.") for code in ("payout", "handover", "unknown")]
    told = [
        [line["words"].partition(":")[0] for line in history_view(lines, side)] for side in (Party.BUYER, Party.SELLER)
    ]
    assert told == [["handover"], ["payout", "handover"]]


def test_what_nobody_has_decided_on_is_told_to_neither_side() -> None:
    unknown = [event("something_new")]
    assert [history_view(unknown, side) for side in (Party.BUYER, Party.SELLER)] == [[], []]
    assert len(history_view(unknown, Party.STAFF)) == 1
