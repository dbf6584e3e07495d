"""Why a payment of an order is refused, and what a defaulter loses of a deposit."""

import pytest

from domain.deposits import forfeited_cents
from domain.order_payments import WORDS, PayCode, approval_refused, card_refused
from domain.payments import State

P = PayCode


@pytest.mark.parametrize(
    ("due_cents", "cents", "has_open", "has_card", "expected"),
    [
        (None, 100, False, True, P.NOT_INVOICED),
        (100, 100, True, True, P.PAYMENT_OPEN),
        (0, 100, False, True, P.NOTHING_DUE),
        (100, 0, False, True, P.BAD_AMOUNT),
        (100, 101, False, True, P.BAD_AMOUNT),
        (100, 100, False, False, P.CARD_MISSING),
        (100, 40, False, True, None),
    ],
)
def test_a_card_is_charged_what_is_due_at_most_and_never_beside_another_payment(
    due_cents: int | None, cents: int, has_open: bool, has_card: bool, expected: PayCode | None
) -> None:
    assert card_refused(due_cents, cents, has_open=has_open, has_card=has_card) is expected


def test_two_persons_stand_for_money_past_the_card() -> None:
    assert approval_refused(State.HELD, 1, 2) is None
    assert approval_refused(State.HELD, None, 2) is None
    assert approval_refused(State.HELD, 2, 2) is P.SAME_PERSON
    assert approval_refused(State.DONE, 1, 2) is P.NOT_WAITING


def test_every_refusal_has_its_words() -> None:
    assert set(WORDS) == set(PayCode)


@pytest.mark.parametrize(
    ("price_cents", "held_cents", "expected"),
    [(9_000_00, 50_000_00, 900_00), (9_005_00, 50_000_00, 900_00), (9_000_00, 500_00, 500_00), (9_000_00, -5, 0)],
)
def test_a_defaulter_loses_the_part_of_a_deposit_that_backed_the_sale(
    price_cents: int, held_cents: int, expected: int
) -> None:
    assert forfeited_cents(price_cents, held_cents) == expected
