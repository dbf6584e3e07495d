"""The total of a sale: Minnesota's cases, buyers from elsewhere, exempt dealers, and the cent that is rounded."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.charges import (
    HOME_STATE,
    NO_DELIVERY,
    NO_STATE,
    NOT_EXEMPT,
    PLATES,
    STATE_VALUE,
    Buyer,
    Change,
    Charge,
    Doubt,
    Exemption,
    Sale,
    Total,
    buyer_fee,
    buyer_fee_terms,
    changes,
    is_exempt,
    total,
)
from domain.rates import in_force
from domain.sellers import Licence, LicenceClass
from tests.domain.rate_tables import rates

SOLD_ON = date(2026, 5, 5)
PRICE = 12_345_00
SALE = Sale(price_cents=PRICE, sold_on=SOLD_ON, model_year=2019)
LICENCE = Licence("DLR12345", LicenceClass.USED, "MN", SOLD_ON)
OTHER_CLASSES = [each for each in LicenceClass if each not in {LicenceClass.NEW, LicenceClass.USED}]
HERE, ELSEWHERE = Buyer("MN"), Buyer("WI")
DEALER = Buyer("MN", Exemption(LICENCE))


def lines(buyer: Buyer = HERE, **changed: Any) -> dict[str, int]:
    found = total(rates(), buyer, replace(SALE, **changed))
    return {line.code.value: line.cents for line in found.lines}


def tax(buyer: Buyer = HERE, **changed: Any) -> int:
    return lines(buyer, **changed)["sales_tax"]


def why(code: Charge, buyer: Buyer = HERE, sale: Sale = SALE) -> str:
    return next(line.why for line in total(rates(), buyer, sale).lines if line.code is code)


def notes(buyer: Buyer = HERE, sale: Sale = SALE) -> tuple[str, ...]:
    return total(rates(), buyer, sale).notes


def test_a_minnesotan_pays_price_fees_tax_and_title() -> None:
    found = total(rates(version=7), HERE, SALE)
    assert {line.code.value: line.cents for line in found.lines} == {
        "vehicle": 12_345_00,
        "buyer_fee": 617_25,
        "documentation_fee": 125_00,
        "sales_tax": 848_72,
        "title_fee": 8_25,
        "title_technology": 2_25,
        "public_safety_fee": 3_50,
        "transfer_tax": 10_00,
        "filing_fee": 12_00,
    }
    assert (found.total_cents, found.rates_version) == (13_971_97, 7)
    assert found.notes == (PLATES, NO_DELIVERY)


def test_every_line_says_why() -> None:
    assert [line.why for line in total(rates(), HERE, SALE).lines][:4] == [
        "The price of the vehicle.",
        "The house's fee: 5 % of the price, at least $250, at most $5,000.",
        "For preparing the papers of the sale.",
        "Minnesota's 6.875 % on vehicles, of $12,345.",
    ]


@pytest.mark.parametrize(
    ("price", "fee"),
    [(1_00, 250_00), (5_000_00, 250_00), (5_001_00, 250_05), (100_000_00, 5_000_00), (250_000_00, 5_000_00)],
)
def test_the_buyer_fee_is_a_share_within_its_bounds(price: int, fee: int) -> None:
    assert buyer_fee(rates(), price) == fee


def test_the_buyer_fee_is_told_in_words() -> None:
    assert buyer_fee_terms(rates(buyer_fee_ppm=52_500)) == "5.25 % of the price, at least $250, at most $5,000"


@pytest.mark.parametrize(("price", "fee"), [(1_249_99, 125_00), (1_000_00, 100_00), (1_00, 10), (1_250_00, 125_00)])
def test_the_documentation_fee_is_at_most_a_share_of_the_price(price: int, fee: int) -> None:
    assert lines(price_cents=price)["documentation_fee"] == fee


def test_a_capped_documentation_fee_says_so() -> None:
    sale = replace(SALE, price_cents=500_00)
    assert why(Charge.DOCUMENTATION_FEE, sale=sale) == "For preparing the papers; at most 10 % of the price."


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"model_year": 2017, "price_cents": 2_999_99}, 10_00),
        ({"model_year": 2018, "price_cents": 2_999_99}, 206_25),
        ({"model_year": 2017, "price_cents": 3_000_00}, 206_25),
        ({"model_year": 2017, "price_cents": 900_00, "resale_value_cents": 2_999_99}, 10_00),
        ({"model_year": 2017, "price_cents": 900_00, "resale_value_cents": 3_000_00}, 61_88),
        ({"model_year": 2017, "price_cents": 3_500_00, "resale_value_cents": 2_000_00}, 240_63),
        ({"model_year": 2017, "price_cents": 2_000_00, "is_passenger": False}, 137_50),
        ({"model_year": 1968, "price_cents": 60_000_00, "collector": True}, 150_00),
        ({"model_year": 1968, "price_cents": 2_000_00, "collector": True}, 150_00),
        ({"model_year": 1968, "price_cents": 60_000_00, "collector": True, "is_passenger": False}, 4_125_00),
    ],
)
def test_old_cheap_cars_and_collectors_pay_a_sum_instead_of_a_share(changed: dict[str, Any], expected: int) -> None:
    assert tax(**changed) == expected


def test_the_sums_instead_say_why() -> None:
    old, collected = replace(SALE, model_year=2010, price_cents=2_000_00), replace(SALE, collector=True)
    assert why(Charge.SALES_TAX, sale=old) == (
        "$10 instead of 6.875 %: a passenger car in its year 10 or later that is worth less than $3,000."
    )
    assert why(Charge.SALES_TAX, sale=collected).startswith("$150 instead of 6.875 %: ")
    assert STATE_VALUE in notes(sale=old)
    assert STATE_VALUE not in notes(sale=replace(old, resale_value_cents=1_000_00))
    assert STATE_VALUE not in notes(sale=replace(old, collector=True))


def test_a_trade_in_lowers_what_is_taxed_and_what_is_paid() -> None:
    found = lines(trade_in_cents=2_345_00)
    assert (found["trade_in"], found["sales_tax"], found["buyer_fee"]) == (-2_345_00, 687_50, 617_25)
    assert why(Charge.SALES_TAX, sale=replace(SALE, trade_in_cents=45_00)) == (
        "Minnesota's 6.875 % on vehicles, of $12,300 (the price less your trade-in)."
    )


def test_the_fee_is_taxed_only_where_the_table_says_so() -> None:
    table = rates(buyer_fee_taxed_switch=1)
    line = next(line for line in total(table, HERE, SALE).lines if line.code is Charge.SALES_TAX)
    assert (line.cents, line.why) == (
        891_15,
        "Minnesota's 6.875 % on vehicles, of $12,962.25 (the price with the buyer fee).",
    )


def test_tax_is_rounded_half_up_to_the_cent() -> None:
    assert [tax(price_cents=cents) for cents in (100_00, 8_00, 24_00, 40_00)] == [6_88, 55, 1_65, 2_75]


def test_a_buyer_from_elsewhere_pays_no_tax_and_no_title_here() -> None:
    found = total(rates(), ELSEWHERE, SALE)
    assert lines(ELSEWHERE) == {
        "vehicle": 12_345_00,
        "buyer_fee": 617_25,
        "documentation_fee": 125_00,
        "sales_tax": 0,
        "permit": 0,
    }
    assert found.notes == (HOME_STATE, NO_DELIVERY)
    assert why(Charge.PERMIT, ELSEWHERE) == "A temporary permit to drive home: $1 waived, sent by e-mail."
    assert lines(ELSEWHERE, permit_on_paper=True)["permit"] == 1_00


def test_a_dealer_pays_neither_tax_nor_title_on_the_licences_last_day() -> None:
    assert lines(DEALER) == {
        "vehicle": 12_345_00,
        "buyer_fee": 617_25,
        "documentation_fee": 125_00,
        "sales_tax": 0,
    }
    assert why(Charge.SALES_TAX, DEALER) == "None: a licensed dealer buys it for resale (exemption code 8)."
    assert notes(DEALER) == (NO_DELIVERY,)


@pytest.mark.parametrize(
    ("exemption", "doubt"),
    [
        (Exemption(None), Doubt.NO_LICENCE),
        (Exemption(replace(LICENCE, state="WI")), Doubt.OTHER_STATE),
        *(
            (Exemption(replace(LICENCE, licence_class=each)), Doubt.WRONG_CLASS)
            for each in set(LicenceClass) - {"new", "used"}
        ),
        (Exemption(replace(LICENCE, expires_on=SOLD_ON - timedelta(days=1))), Doubt.EXPIRED),
        (Exemption(LICENCE, for_resale=False), Doubt.OWN_USE),
        (Exemption(LICENCE, joint=True), Doubt.JOINT),
        (Exemption(LICENCE), None),
        (Exemption(replace(LICENCE, licence_class=LicenceClass.NEW)), None),
    ],
)
def test_an_exemption_needs_a_minnesota_licence_of_the_right_class_in_force_on_the_day(
    exemption: Exemption, doubt: Doubt | None
) -> None:
    buyer = Buyer("MN", exemption)
    assert exemption.doubt(SOLD_ON) is doubt
    assert is_exempt(buyer, SOLD_ON) == (doubt is None)
    assert tax(buyer) == (848_72 if doubt else 0)
    assert (f"{NOT_EXEMPT}{doubt.value}" in notes(buyer)) if doubt else (PLATES not in notes(buyer))


def test_an_exemption_does_not_matter_to_a_buyer_from_elsewhere() -> None:
    buyer = Buyer("WI", Exemption(None))
    assert (lines(buyer), notes(buyer), is_exempt(buyer, SOLD_ON)) == (lines(ELSEWHERE), notes(ELSEWHERE), False)


def test_a_claim_does_not_show_itself() -> None:
    assert "DLR12345" not in repr(DEALER)


def test_who_has_not_told_their_state_is_taken_for_a_minnesotan_and_told_so() -> None:
    assert (lines(Buyer()), notes(Buyer())) == (lines(HERE), (NO_STATE, PLATES, NO_DELIVERY))


def test_liens_and_delivery_are_lines_where_there_are_any() -> None:
    found = lines(liens=2, delivery_cents=650_00)
    assert (found["lien_fee"], found["delivery"]) == (4_00, 650_00)
    assert lines(delivery_cents=0)["delivery"] == 0
    assert NO_DELIVERY not in notes(sale=replace(SALE, delivery_cents=0))


@pytest.mark.parametrize(
    "changed",
    [
        {"price_cents": 0},
        {"price_cents": -1},
        {"trade_in_cents": -1},
        {"trade_in_cents": PRICE + 1},
        {"sold_on": date(2023, 6, 30)},
    ],
)
def test_what_is_no_sale_by_these_rates_is_an_error(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must be|do not hold"):
        lines(**changed)


def test_a_table_that_takes_effect_at_midnight_shows_as_what_it_changes() -> None:
    tables = (rates(), rates(2, SOLD_ON + timedelta(days=1), sales_tax_ppm=70_000, filing_fee_cents=15_00))
    made = []
    for sold_on in (SOLD_ON, SOLD_ON + timedelta(days=1)):
        table = in_force(tables, sold_on)
        assert table is not None
        made.append(total(table, HERE, replace(SALE, sold_on=sold_on)))
    quoted, invoiced = made
    assert (quoted.rates_version, invoiced.rates_version) == (1, 2)
    assert changes(quoted, invoiced) == (
        Change(Charge.SALES_TAX, 848_72, 864_15),
        Change(Charge.FILING_FEE, 12_00, 15_00),
    )
    assert changes(quoted, quoted) == ()


SALES = st.builds(
    Sale,
    price_cents=st.integers(1, 10**10),
    sold_on=st.dates(date(2023, 7, 1), date(2040, 1, 1)),
    model_year=st.integers(1900, 2040),
    resale_value_cents=st.none() | st.integers(0, 10**8),
    is_passenger=st.booleans(),
    collector=st.booleans(),
    liens=st.integers(0, 3),
    permit_on_paper=st.booleans(),
    delivery_cents=st.none() | st.integers(0, 10**6),
)
LICENCES = st.builds(
    Licence, st.just("1"), st.sampled_from(LicenceClass), st.sampled_from(["MN", "WI"]), st.dates(date(2023, 7, 1))
)
CLAIMS = st.none() | st.builds(Exemption, st.none() | LICENCES, st.booleans(), st.booleans())
BUYERS = st.builds(Buyer, st.sampled_from([None, "MN", "WI", "TX"]), CLAIMS)


@given(BUYERS, SALES, st.integers(0, 10**10))
def test_a_total_is_the_sum_of_its_lines_and_no_line_but_a_trade_in_is_negative(
    buyer: Buyer, sale: Sale, trade_in: int
) -> None:
    found: Total = total(rates(), buyer, replace(sale, trade_in_cents=min(trade_in, sale.price_cents)))
    codes = [line.code for line in found.lines]
    assert found.total_cents == sum(line.cents for line in found.lines) == found.cents_of(*Charge)
    assert all(line.why and (line.cents >= 0 or line.code is Charge.TRADE_IN) for line in found.lines)
    assert codes == sorted(set(codes), key=list(Charge).index)
    assert found.cents_of(Charge.SALES_TAX) <= max(150_00, sale.price_cents)


@given(BUYERS, SALES)
def test_nobody_but_an_untroubled_minnesotan_pays_tax(buyer: Buyer, sale: Sale) -> None:
    found = total(rates(), buyer, sale)
    freed = not buyer.is_minnesotan or is_exempt(buyer, sale.sold_on)
    titled = Charge.TITLE_FEE in [line.code for line in found.lines]
    assert titled == (not freed)
    assert not (freed and found.cents_of(Charge.SALES_TAX))
