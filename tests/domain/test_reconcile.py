"""The three-way reconcile: whatever agrees is silent, and each way to differ is a case of its own."""

from dataclasses import replace

import pytest

from domain.payments import Kind, State
from domain.reconcile import (
    WORDS,
    Case,
    Difference,
    OrderSums,
    Paid,
    Seen,
    with_ledger,
    with_orders,
    with_processor,
    within,
)

D = Difference
CENTS = 10_000
CHARGE = Paid(1, Kind.CHARGE, State.DONE, CENTS, "T1", CENTS)
REFUND = Paid(2, Kind.REFUND, State.DONE, 4_000, "T2", -4_000)
VOID = Paid(3, Kind.VOID, State.DONE, CENTS, "T1", -CENTS)
SEEN = {"T1": Seen("T1", "R1", CENTS), "T2": Seen("T2", "R2", -4_000)}


def test_every_difference_has_its_words() -> None:
    assert set(WORDS) == set(Difference)


@pytest.mark.parametrize(
    ("paid", "cents"),
    [
        (CHARGE, CENTS),
        (REFUND, -4_000),
        (VOID, -CENTS),
        (replace(CHARGE, state=State.REVERSED), 0),
        (replace(CHARGE, state=State.DECLINED), 0),
        (replace(REFUND, kind=Kind.FORFEIT), 0),
    ],
)
def test_a_payment_moves_what_was_done_of_it(paid: Paid, cents: int) -> None:
    assert paid.moved_cents == cents


def test_what_agrees_is_silent() -> None:
    assert with_processor([CHARGE, REFUND], SEEN, {"T1", "T2"}) == []
    assert with_ledger([CHARGE, REFUND]) == []
    assert with_orders([OrderSums(5, CENTS, 7, CENTS, 7), OrderSums(6, None, 0, 0, 0)]) == []
    assert within([], []) == []


def test_a_charge_and_its_void_are_one_transaction_that_moved_nothing() -> None:
    assert with_processor([CHARGE, VOID], {"T1": Seen("T1", "R1", 0)}, {"T1"}) == []
    assert with_processor([CHARGE, VOID], SEEN, {"T1", "T2"}) == [Case(D.PROCESSOR_DIFFERS, "T1", 0, CENTS)]


def test_a_payment_that_the_processor_does_not_know_is_a_case() -> None:
    assert with_processor([CHARGE], {"T1": None}, []) == [Case(D.NOT_AT_PROCESSOR, "T1", CENTS, 0)]


@pytest.mark.parametrize(
    "paid", [replace(CHARGE, state=State.DECLINED), replace(CHARGE, transaction_id=None), replace(CHARGE, cents=0)]
)
def test_a_payment_that_moved_nothing_need_not_be_known(paid: Paid) -> None:
    assert with_processor([paid], {"T1": None}, []) == []


@pytest.mark.parametrize("theirs", [0, CENTS - 1, -CENTS])
def test_another_sum_at_the_processor_is_a_case(theirs: int) -> None:
    found = with_processor([CHARGE], {"T1": Seen("T1", "R1", theirs)}, {"T1"})
    assert found == [Case(D.PROCESSOR_DIFFERS, "T1", CENTS, theirs)]


def test_a_decline_of_ours_that_the_processor_took_is_a_case() -> None:
    found = with_processor([replace(CHARGE, state=State.DECLINED)], SEEN, {"T1", "T2"})
    assert found == [Case(D.PROCESSOR_DIFFERS, "T1", 0, CENTS)]


def test_nothing_is_said_of_what_is_not_decided_or_was_not_asked_for() -> None:
    assert with_processor([CHARGE], {"T1": Seen("T1", "R1", None)}, {"T1"}) == []
    assert with_processor([CHARGE], {}, []) == []
    assert with_processor([], {"T9": Seen("T9", "R9", None)}, []) == []


@pytest.mark.parametrize(("known", "cases"), [({"T9"}, 0), ({"R9"}, 0), ({"R1"}, 1), (set(), 1)])
def test_money_that_nobody_asked_for_is_a_case_unless_any_payment_is_named_by_it(known: set[str], cases: int) -> None:
    found = with_processor([], {"T9": Seen("T9", "R9", 5)}, known)
    assert found == [Case(D.NOT_OURS, "T9", 0, 5)] * cases
    assert with_processor([], {"T9": Seen("T9", "R9", 0)}, known) == []


def test_a_payment_that_the_ledger_does_not_tell_of_is_a_case() -> None:
    assert with_ledger([replace(CHARGE, ledger_cents=None)]) == [Case(D.NOT_IN_LEDGER, "1", CENTS, 0)]
    assert with_ledger([replace(CHARGE, ledger_cents=None, state=State.DECLINED)]) == []


def test_another_sum_in_the_ledger_is_a_case() -> None:
    assert with_ledger([replace(REFUND, ledger_cents=0)]) == [Case(D.LEDGER_DIFFERS, "2", -4_000, 0)]
    reversed_charge = replace(CHARGE, state=State.REVERSED)
    assert with_ledger([reversed_charge]) == [Case(D.LEDGER_DIFFERS, "1", 0, CENTS)]


def test_a_transfer_of_no_payment_is_a_case() -> None:
    assert with_ledger([], ["refund_sent:9-1"]) == [Case(D.LEDGER_WITHOUT_PAYMENT, "refund_sent:9-1")]


def test_an_order_that_shows_other_sums_than_the_ledger_is_a_case_for_each() -> None:
    assert with_orders([OrderSums(5, CENTS, 7, CENTS - 1, 8)]) == [
        Case(D.ORDER_PAID_DIFFERS, "5", 7, 8),
        Case(D.ORDER_TOTAL_DIFFERS, "5", CENTS, CENTS - 1),
    ]
    assert with_orders([OrderSums(5, None, 0, 3, 0)]) == [Case(D.ORDER_TOTAL_DIFFERS, "5", None, 3)]


def test_what_is_wrong_by_itself_is_a_case() -> None:
    assert within(["t:1"], ["invoice 2026"]) == [
        Case(D.LEDGER_UNBALANCED, "t:1"),
        Case(D.NUMBER_MISSING, "invoice 2026"),
    ]
