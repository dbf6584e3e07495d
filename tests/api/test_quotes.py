"""Quotes: the all-in price before bidding, by who asks, and beside the bid box."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter
from sqlalchemy import delete, event, update

from activities.db import accounts, rates
from activities.db.engine import transaction
from activities.db.order_money_tables import rate_tables
from activities.db.rates import NewRates
from activities.db.tables import auctions, vehicles
from activities.sealed_forms import LegalDetails, SealedForms
from api.database import now
from api.quote_views import QUOTE_EXAMPLE, QuoteView
from domain.business_days import day_of
from domain.charges import HOME_STATE, NO_STATE, NOT_EXEMPT, Doubt
from domain.rates import RateTable
from tests.api.conftest import House
from tests.api.test_auctions import live_lot
from tests.db.market import let_sell
from tests.domain.rate_tables import FIRST_VALUES

ALONE = ["vehicle", "buyer_fee", "documentation_fee", "sales_tax"]
DAY = timedelta(days=1)


def give_details(house: House, name: str, state: str, exemption: str | None = None) -> None:
    """Write a person's legal details as onboarding does."""
    user_id = house.people[name]
    details = LegalDetails("Ada", "Byron", "1 Main St", "Duluth", state, "55801", dealer_exemption=exemption)
    sealed = SealedForms(house.services.sealer).seal(user_id, details)
    with transaction(house.engine) as connection:
        accounts.change(connection, user_id, now(), lambda _: {"legal_sealed": sealed})


def add_rates(house: House, days: int, **changes: int) -> RateTable:
    """Rates that take effect in some days."""
    wanted = NewRates(day_of(now()) + days * DAY, {**FIRST_VALUES, **changes}, house.people["amy"], "New figures.")
    with transaction(house.engine) as connection:
        made = rates.add(connection, wanted, now())
    assert isinstance(made, RateTable)
    return made


def end_at(house: House, lot: int, **columns: Any) -> None:
    with transaction(house.engine) as connection:
        connection.execute(update(auctions).where(auctions.c.id == lot).values(columns))


async def quote(house: House, lot: int, name: str = "", **query: Any) -> dict[str, Any]:
    client = await house.browser(name) if name else house.client()
    answer = await client.get(f"/api/auctions/{lot}/quote", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def cents(found: dict[str, Any], code: str) -> int:
    return sum(line["cents"] for line in found["lines"] if line["code"] == code)


async def test_nobody_gets_a_minnesotans_price_and_is_told_so(house: House) -> None:
    found = await quote(house, live_lot(house), amount_cents=1_234_500)
    assert (found["amount_cents"], found["state"], found["rates_version"]) == (1_234_500, None, 1)
    assert (cents(found, "buyer_fee"), cents(found, "sales_tax")) == (61_725, 84_872)
    assert found["total_cents"] == sum(line["cents"] for line in found["lines"]) == 1_397_197
    assert found["notes"][0] == NO_STATE
    assert all(line["label"] and line["why"] for line in found["lines"])
    assert "delivery" not in [line["code"] for line in found["lines"]]
    assert "Delivery is not included; you can pick the vehicle up." in found["notes"]


async def test_a_quote_has_the_shape_it_is_described_with(house: House) -> None:
    for each in (await quote(house, live_lot(house)), dict(QUOTE_EXAMPLE)):
        TypeAdapter(QuoteView).validate_python(each)


async def test_without_an_amount_it_is_for_the_least_next_bid(house: House) -> None:
    lot = live_lot(house)
    least = (await house.client().get(f"/api/auctions/{lot}")).json()["minimum_next_cents"]
    assert (await quote(house, lot))["amount_cents"] == least


async def test_a_state_may_be_named(house: House) -> None:
    lot = live_lot(house)
    here, elsewhere = [await quote(house, lot, state=state) for state in ("mn", "WI")]
    assert (here["state"], cents(here, "title_fee")) == ("MN", 825)
    assert [line["code"] for line in elsewhere["lines"]] == [*ALONE, "permit"]
    assert (cents(elsewhere, "sales_tax"), elsewhere["notes"][0]) == (0, HOME_STATE)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"amount_cents": 0}, "amount_cents"),
        ({"amount_cents": -100}, "amount_cents"),
        ({"amount_cents": 1_050}, "amount_cents"),
        ({"amount_cents": 10_000_000_100}, "amount_cents"),
        ({"amount_cents": "much"}, "amount_cents"),
        ({"state": "XX"}, "state"),
        ({"state": "Minnesota"}, "state"),
    ],
)
async def test_what_is_no_bid_or_no_state_is_told(house: House, query: dict[str, Any], field: str) -> None:
    answer = await house.client().get(f"/api/auctions/{live_lot(house)}/quote", params=query)
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, [field])


async def test_a_lot_that_is_not_there_has_no_quote(house: House) -> None:
    answer = await house.client().get("/api/auctions/404/quote")
    assert (answer.status_code, answer.json()["code"]) == (404, "AUCTION_NOT_FOUND")


async def test_a_buyers_own_details_decide_whatever_state_they_name(house: House) -> None:
    lot = live_lot(house)
    give_details(house, "bob", "WI")
    found = await quote(house, lot, "bob", state="MN")
    assert (found["state"], cents(found, "sales_tax")) == ("WI", 0)
    assert (await quote(house, lot, "eve", state="IA"))["state"] == "IA"


async def test_details_that_cannot_be_opened_count_as_none(house: House) -> None:
    lot = live_lot(house)
    with transaction(house.engine) as connection:
        accounts.change(connection, house.people["bob"], now(), lambda _: {"legal_sealed": "aa"})
    assert (await quote(house, lot, "bob"))["notes"][0] == NO_STATE


async def test_a_dealer_is_exempt_by_an_approved_licence_of_the_number_they_gave(house: House) -> None:
    lot = live_lot(house)
    with transaction(house.engine) as connection:
        let_sell(connection, house.people["bob"])
    give_details(house, "bob", "MN", "dlr-40123")
    found = await quote(house, lot, "bob")
    assert ([line["code"] for line in found["lines"]], cents(found, "sales_tax")) == (ALONE, 0)


@pytest.mark.parametrize(("name", "number"), [("bob", "DLR40123"), ("sam", "DLR99999")])
async def test_a_number_alone_exempts_nobody(house: House, name: str, number: str) -> None:
    lot = live_lot(house)
    give_details(house, name, "MN", number)
    found = await quote(house, lot, name)
    assert cents(found, "sales_tax") > 0
    assert f"{NOT_EXEMPT}{Doubt.NO_LICENCE.value}" in found["notes"]
    assert number not in str(found)


async def test_an_old_cheap_car_pays_the_small_tax(house: House) -> None:
    lot = live_lot(house)
    with transaction(house.engine) as connection:
        connection.execute(update(vehicles).values(year=2009))
    assert cents(await quote(house, lot, amount_cents=250_000), "sales_tax") == 1_000


async def test_rates_of_tomorrow_hold_for_a_lot_that_ends_tomorrow(house: House) -> None:
    lot = live_lot(house)
    before = await quote(house, lot)
    made = add_rates(house, 1, sales_tax_ppm=70_000)
    end_at(house, lot, ends_at=now() + 2 * DAY)
    after = await quote(house, lot)
    assert (before["rates_version"], after["rates_version"]) == (1, made.version)
    assert after["rates_effective_on"] == made.effective_on.isoformat()
    assert cents(after, "sales_tax") > cents(before, "sales_tax")
    assert after["notes"][-1].startswith(f"By the rates from {made.effective_on.isoformat()} on")


async def test_rates_that_come_after_the_end_are_told_of_and_not_used(house: House) -> None:
    lot = live_lot(house)
    end_at(house, lot, ends_at=now() + timedelta(minutes=1))
    made = add_rates(house, 30, sales_tax_ppm=70_000)
    found = await quote(house, lot)
    assert found["rates_version"] == 1
    assert found["notes"][-1].startswith(f"New rates hold from {made.effective_on.isoformat()} on")


async def test_a_lot_that_was_sold_is_quoted_by_its_day(house: House) -> None:
    lot = live_lot(house)
    end_at(house, lot, ended_at=now() - 40 * DAY)
    assert (await quote(house, lot))["sold_on"] == day_of(now() - 40 * DAY).isoformat()


async def test_without_rates_there_is_no_quote_and_the_page_shows_the_usual_fee(house: House) -> None:
    lot = live_lot(house)
    with transaction(house.engine) as connection:
        connection.execute(delete(rate_tables))
    answer = await house.client().get(f"/api/auctions/{lot}/quote")
    assert (answer.status_code, answer.json()["code"]) == (503, "RATES_MISSING")
    page = (await (await house.browser("bob")).get(f"/auctions/{lot}")).text
    assert "All in for" not in page
    assert "5 %, at least $250, at most $5,000" in page


async def test_a_quote_takes_three_statements(house: House) -> None:
    lot, browser = live_lot(house), await house.browser("bob")
    give_details(house, "bob", "MN")
    await browser.get("/api/me/checklist")
    statements: list[str] = []
    event.listen(house.engine, "before_cursor_execute", lambda *facts: statements.append(facts[2]))
    await browser.get(f"/api/auctions/{lot}/quote")
    asked = [each for each in statements if each.startswith("SELECT")]
    assert len(asked) == 3


async def test_the_page_shows_the_all_in_price_of_the_least_bid_to_everyone(house: House) -> None:
    lot = live_lot(house)
    give_details(house, "bob", "WI")
    anonymous = (await house.client().get(f"/auctions/{lot}")).text
    bobs = (await (await house.browser("bob")).get(f"/auctions/{lot}")).text
    assert "All in for $6,200: <strong>$7,097.25</strong>" in " ".join(anonymous.split())
    assert "Motor vehicle sales tax" in anonymous
    assert "you register the vehicle in another state" in bobs


async def test_the_pages_own_figures_follow_the_rates(house: House) -> None:
    lot = live_lot(house)
    add_rates(house, 1, buyer_fee_ppm=60_000)
    end_at(house, lot, ends_at=now() + 2 * DAY)
    page = (await (await house.browser("bob")).get(f"/auctions/{lot}")).text
    assert "6 %, at least $250" in page
    assert "&#34;basis_points&#34;: 600" in page
