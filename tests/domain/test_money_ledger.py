"""The money ledger: every cent has two sides, and each event of a sale puts it where it belongs."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import money_events as events
from domain.charges import Buyer, Charge, Line, Sale, total
from domain.money_events import BOOK_OF, Means
from domain.money_ledger import (
    PERSONAL,
    Account,
    Book,
    Event,
    Kind,
    Posting,
    Transfer,
    UnbalancedError,
    balances,
    transfer,
    undone,
)
from tests.domain.rate_tables import rates

NOON = datetime(2026, 5, 5, 12, tzinfo=UTC)
ADA, SAM, ORDER = 7, 9, 41
EVENT = Event("INV-2026-000001", NOON, ORDER)
LINES = total(
    rates(), Buyer("MN"), Sale(price_cents=10_000_00, sold_on=date(2026, 5, 5), model_year=2019, delivery_cents=400_00)
).lines
OWED = sum(line.cents for line in LINES)
BANK, CLEARING = Account(Book.BANK), Account(Book.CLEARING)
BUYER, SELLER, CREDIT, DEPOSIT = (Account(book, ADA) for book in (Book.BUYER, Book.SELLER, Book.CREDIT, Book.DEPOSIT))
DUE = Account(Book.SELLER, SAM)


def event(key: str = "k1") -> Event:
    return Event(key, NOON, ORDER)


def shown(*transfers: Transfer) -> dict[str, int]:
    return {account.name: cents for account, cents in balances(transfers).items()}


def test_an_invoice_owes_each_line_to_whom_it_belongs() -> None:
    made = events.invoice_issued(EVENT, ADA, LINES)
    assert (made.id, made.kind, made.at, made.order_id) == (
        "invoice_issued:INV-2026-000001",
        Kind.INVOICE_ISSUED,
        NOON,
        ORDER,
    )
    assert shown(made) == {
        "buyer:7": OWED,
        "proceeds": -10_000_00,
        "buyer_fees": -625_00,
        "tax_payable": -687_50,
        "title_fees_payable": -36_00,
        "transport_payable": -400_00,
    }


def test_a_refund_note_takes_an_invoice_back() -> None:
    issued, credited = (make(EVENT, ADA, LINES) for make in (events.invoice_issued, events.invoice_credited))
    assert (balances([issued, credited]), credited.id) == ({}, "invoice_credited:INV-2026-000001")


def test_a_trade_in_is_ours_and_is_paid_less() -> None:
    lines = [Line(Charge.VEHICLE, 900_00, "x"), Line(Charge.TRADE_IN, -200_00, "x")]
    assert shown(events.invoice_issued(EVENT, ADA, lines)) == {
        "buyer:7": 700_00,
        "proceeds": -900_00,
        "trade_ins": 200_00,
    }


def test_lines_that_come_to_nothing_are_no_transfer() -> None:
    with pytest.raises(UnbalancedError):
        events.invoice_issued(EVENT, ADA, [Line(Charge.SALES_TAX, 0, "x")])


def test_every_charge_has_a_book() -> None:
    assert set(BOOK_OF) == set(Charge)


@pytest.mark.parametrize(
    ("cents", "owed", "means", "expected"),
    [
        (500, 500, Means.CARD, {"processor_clearing": 500, "buyer:7": -500}),
        (500, 900, Means.WIRE, {"bank": 500, "buyer:7": -500}),
        (500, 300, Means.CHEQUE, {"bank": 500, "buyer:7": -300, "credit:7": -200}),
        (500, 0, Means.CARD, {"processor_clearing": 500, "credit:7": -500}),
        (500, -40, Means.CARD, {"processor_clearing": 500, "credit:7": -500}),
    ],
)
def test_a_payment_pays_what_is_owed_and_the_rest_is_the_buyers(
    cents: int, owed: int, means: Means, expected: dict[str, int]
) -> None:
    assert shown(events.payment_received(event(), ADA, cents, means, owed_cents=owed)) == expected


TWO_SIDED: list[tuple[Callable[[Event], Transfer], Account, Account]] = [
    (lambda e: events.credit_applied(e, ADA, 100), CREDIT, BUYER),
    (lambda e: events.credit_returned(e, ADA, 100, Means.WIRE), CREDIT, BANK),
    (lambda e: events.refund_sent(e, ADA, 100, Means.CARD), BUYER, CLEARING),
    (lambda e: events.refund_sent(e, ADA, 100, Means.CHEQUE), BUYER, BANK),
    (lambda e: events.processor_fee(e, 100), Account(Book.PROCESSOR_FEES), CLEARING),
    (lambda e: events.processor_paid(e, 100), BANK, CLEARING),
    (lambda e: events.chargeback(e, 100), Account(Book.CHARGEBACKS), CLEARING),
    (lambda e: events.chargeback_won(e, 100), CLEARING, Account(Book.CHARGEBACKS)),
    (lambda e: events.chargeback_lost(e, ADA, 100), BUYER, Account(Book.CHARGEBACKS)),
    (lambda e: events.late_fee(e, ADA, 100), BUYER, Account(Book.LATE_FEES)),
    (lambda e: events.late_fee_waived(e, ADA, 100), Account(Book.LATE_FEES), BUYER),
    (lambda e: events.deposit_received(e, ADA, 100), CLEARING, DEPOSIT),
    (lambda e: events.deposit_returned(e, ADA, 100), DEPOSIT, CLEARING),
    (lambda e: events.deposit_forfeited(e, ADA, 100), DEPOSIT, Account(Book.FORFEITS)),
    (lambda e: events.payout_due(e, SAM, 100), Account(Book.PROCEEDS), DUE),
    (lambda e: events.payout_sent(e, SAM, 100), DUE, BANK),
    (lambda e: events.payout_returned(e, SAM, 100), BANK, DUE),
    (lambda e: events.clawback(e, SAM, 100), DUE, Account(Book.PROCEEDS)),
    (lambda e: events.clawback_collected(e, SAM, 100), BANK, DUE),
    (lambda e: events.remitted(e, Book.TAX, 100), Account(Book.TAX), BANK),
    (lambda e: events.written_off(e, BUYER, 100), Account(Book.WRITE_OFFS), BUYER),
    (lambda e: events.written_off(e, SELLER, 100), Account(Book.WRITE_OFFS), SELLER),
]


@pytest.mark.parametrize(("make", "debited", "credited"), TWO_SIDED)
def test_an_event_moves_its_amount_from_one_side_to_the_other(
    make: Callable[[Event], Transfer], debited: Account, credited: Account
) -> None:
    made = make(event())
    assert set(made.postings) == {Posting(debited, 100), Posting(credited, -100)}
    assert made.id == f"{made.kind.value}:k1"


def test_every_kind_of_transfer_is_made_by_an_event() -> None:
    of_invoices = {Kind.INVOICE_ISSUED, Kind.INVOICE_CREDITED, Kind.PAYMENT_RECEIVED}
    of_undoing = {Kind.PAYMENT_VOIDED, Kind.REFUND_FAILED}
    assert {make(event()).kind for make, *_ in TWO_SIDED} | of_invoices | of_undoing == set(Kind)


def test_a_payout_keeps_the_sellers_fee_and_a_clawback_gives_it_back() -> None:
    due = events.payout_due(event(), SAM, 1_000, 30)
    assert shown(due) == {"proceeds": 1_000, "seller:9": -970, "seller_fees": -30}
    assert shown(due, events.clawback(event(), SAM, 1_000, 30)) == {}


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: events.late_fee(event(), ADA, 0),
        lambda: events.refund_sent(event(), ADA, -5, Means.CARD),
        lambda: events.payment_received(event(), ADA, 0, Means.CARD, owed_cents=5),
        lambda: events.payout_due(event(), SAM, 100, 101),
        lambda: events.payout_due(event(), SAM, 0),
        lambda: events.clawback(event(), SAM, 100, -1),
        lambda: events.remitted(event(), Book.BUYER_FEES, 100),
        lambda: events.written_off(event(), BANK, 100),
    ],
)
def test_what_is_no_amount_or_nobodys_debt_is_an_error(wrong: Callable[[], Transfer]) -> None:
    with pytest.raises(ValueError):
        wrong()


def test_what_was_told_is_taken_back_whole_under_its_own_name() -> None:
    paid = events.payment_received(event(), ADA, 500, Means.CARD, owed_cents=300)
    voided = undone(paid, Kind.PAYMENT_VOIDED, Event("v1", NOON + timedelta(hours=1)))
    assert balances([paid, voided]) == {}
    assert (voided.id, voided.order_id) == ("payment_voided:v1", ORDER)


def test_a_whole_sale_leaves_nothing_but_what_was_earned() -> None:
    fee = 50_00
    told = [
        events.invoice_issued(EVENT, ADA, LINES),
        events.payment_received(event("p1"), ADA, OWED - 5_000_00, Means.CARD, owed_cents=OWED),
        events.processor_fee(event("p1"), 120_00),
        events.payment_received(event("p2"), ADA, 5_000_01, Means.WIRE, owed_cents=5_000_00),
        events.credit_returned(event("c1"), ADA, 1, Means.WIRE),
        events.processor_paid(event("b1"), OWED - 5_000_00 - 120_00),
        events.payout_due(event("o1"), SAM, 10_000_00, fee),
        events.payout_sent(event("o1"), SAM, 10_000_00 - fee),
        events.payout_returned(event("o1"), SAM, 10_000_00 - fee),
        events.payout_sent(event("o2"), SAM, 10_000_00 - fee),
        events.remitted(event("t1"), Book.TAX, 687_50),
        events.remitted(event("t2"), Book.TITLE_FEES, 36_00),
        events.remitted(event("t3"), Book.TRANSPORT, 400_00),
    ]
    assert shown(*told) == {
        "buyer_fees": -625_00,
        "seller_fees": -50_00,
        "processor_fees": 120_00,
        "bank": 625_00 + 50_00 - 120_00,
    }


def test_a_sale_that_is_unwound_after_its_payout_leaves_nothing() -> None:
    told = [
        events.invoice_issued(EVENT, ADA, LINES),
        events.payment_received(event(), ADA, OWED, Means.WIRE, owed_cents=OWED),
        events.payout_due(event(), SAM, 10_000_00),
        events.payout_sent(event(), SAM, 10_000_00),
        events.clawback(event(), SAM, 10_000_00),
        events.clawback_collected(event(), SAM, 10_000_00),
        events.invoice_credited(EVENT, ADA, LINES),
        events.refund_sent(event(), ADA, OWED, Means.WIRE),
    ]
    assert shown(*told) == {}


def test_a_default_costs_the_deposit() -> None:
    told = [
        events.deposit_received(event(), ADA, 500_00),
        events.invoice_issued(EVENT, ADA, LINES),
        events.late_fee(event(), ADA, 100_00),
        events.invoice_credited(EVENT, ADA, LINES),
        events.written_off(event(), BUYER, 100_00),
        events.deposit_forfeited(event(), ADA, 500_00),
    ]
    assert shown(*told) == {
        "processor_clearing": 500_00,
        "forfeits": -500_00,
        "late_fees": -100_00,
        "write_offs": 100_00,
    }


@pytest.mark.parametrize(
    "postings",
    [
        (),
        (Posting(BANK, 0),),
        (Posting(BANK, 5), Posting(CLEARING, -4)),
        (Posting(BANK, 0), Posting(CLEARING, 0)),
        (Posting(BANK, 5), Posting(BANK, -5)),
        (Posting(BANK, 5), Posting(BANK, -2), Posting(CLEARING, -3)),
    ],
)
def test_what_does_not_balance_is_no_transfer(postings: tuple[Posting, ...]) -> None:
    with pytest.raises(UnbalancedError):
        Transfer("x:1", Kind.LATE_FEE, NOON, postings)


@pytest.mark.parametrize(("name", "at"), [("x", datetime(2026, 5, 5)), ("", NOON), ("x" * 121, NOON)])  # noqa: DTZ001
def test_a_transfer_has_an_aware_time_and_a_name_that_fits(name: str, at: datetime) -> None:
    with pytest.raises(ValueError, match="aware time"):
        Transfer(name, Kind.LATE_FEE, at, (Posting(BANK, 5), Posting(CLEARING, -5)))


def test_amounts_to_one_account_are_added_up() -> None:
    made = transfer(Kind.REMITTED, event(), (BANK, 5), (CLEARING, -7), (BANK, 2), (BUYER, 0))
    assert made.postings == (Posting(BANK, 7), Posting(CLEARING, -7))


@pytest.mark.parametrize("book", Book)
def test_an_account_is_known_by_its_name(book: Book) -> None:
    account = Account(book, ADA if book in PERSONAL else None)
    assert Account.named(account.name) == account


@pytest.mark.parametrize("name", ["", "buyer", "buyer:", "buyer:0", "buyer:x", "bank:7", "buyer:07", "purse"])
def test_no_other_name_is_an_account(name: str) -> None:
    with pytest.raises(ValueError):
        Account.named(name)


CENTS = st.integers(1, 10**9)
ANY = st.one_of(
    st.builds(lambda cents: events.late_fee(event(), ADA, cents), CENTS),
    st.builds(
        lambda cents, owed, means: events.payment_received(event(), ADA, cents, means, owed_cents=owed),
        CENTS,
        st.integers(-(10**6), 10**9),
        st.sampled_from(Means),
    ),
    st.builds(lambda cents, fee: events.payout_due(event(), SAM, cents + fee, fee), CENTS, CENTS),
    st.builds(
        lambda amounts: events.invoice_issued(
            event(), ADA, [Line(code, cents, "x") for code, cents in zip(Charge, amounts, strict=False)]
        ),
        st.lists(CENTS, min_size=1, max_size=len(Charge)),
    ),
    st.sampled_from([make(event()) for make, *_ in TWO_SIDED]),
)


@given(st.lists(ANY, max_size=30))
def test_whatever_happens_the_balances_sum_to_zero_and_undoing_all_leaves_nothing(told: list[Transfer]) -> None:
    assert sum(balances(told).values()) == 0
    back = [undone(each, Kind.PAYMENT_VOIDED, event(str(number))) for number, each in enumerate(told)]
    assert balances([*told, *back]) == {}
