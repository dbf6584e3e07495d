"""The pages of listing a car: from the VIN to the auction by forms alone, and every way in which they go wrong."""

import re
from typing import Any

import pytest
from httpx import AsyncClient, Response

from api.listing_views import BODY, VIN
from domain.listings import Particulars
from tests.api.conftest import House
from tests.api.newcomer import page
from tests.api.photographed import CIVIC, Photographed, open_photographed
from tests.doubles.vins import VinsDouble
from web.listing_fields import FIELDS, typed_of


@pytest.fixture
def lister(house: House) -> Photographed:
    return open_photographed(house)


@pytest.fixture(name="sam")
async def sam_fixture(lister: Photographed) -> AsyncClient:
    return await lister.floor.client("sam")


def filled(version: int, **changes: Any) -> dict[str, Any]:
    """The form as a seller fills it in."""
    told = Particulars(**{**BODY, "lights": tuple(BODY["lights"])})
    typed = {**typed_of(told), "version": str(version), **changes}
    return {name: value for name, value in typed.items() if value not in ("", [])}


def hidden(answer: Response, name: str) -> str:
    """A hidden field of the answer's page."""
    found = re.search(rf'name="{name}"\s+value="([^"]*)"', answer.text)
    assert found, answer.text
    return found[1]


def done(answer: Response) -> str:
    """Where a form that went well leads."""
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def test_a_car_goes_from_its_vin_to_the_auction_by_forms_alone(lister: Photographed, sam: AsyncClient) -> None:
    shown = await page(sam, "POST", "/sell/new", vin=f" {CIVIC.lower()} ", market="us")
    assert "2019 Honda Civic EX" in shown.text
    begun = done(await page(sam, "POST", "/sell", vin=hidden(shown, "vin"), market="us"))
    number = int(begun.removeprefix("/sell/").partition("?")[0])
    draft = await page(sam, "GET", begun)
    assert 'value="Honda"' in draft.text
    assert 'href="#mileage"' in draft.text
    lister.photo(number)
    form = filled(int(hidden(draft, "version")), vin=CIVIC)
    assert done(await page(sam, "POST", f"/sell/{number}/submit", **form)) == f"/sell/{number}?done=sent"
    assert (await lister.review(number)).status_code == 200
    ready = await page(sam, "GET", f"/sell/{number}")
    scheduled = {"key": hidden(ready, "key"), "length_days": "3"}
    twice = [done(await page(sam, "POST", f"/sell/{number}/schedule", **scheduled)) for _ in range(2)]
    assert twice == [f"/sell/{number}?done=scheduled#auction"] * 2
    last = await page(sam, "GET", f"/sell/{number}")
    assert len(set(re.findall(r"/auctions/\d+", last.text))) == 1
    assert "In auction" in last.text


async def test_the_list_says_what_waits_and_what_to_do(lister: Photographed, sam: AsyncClient) -> None:
    empty = await page(sam, "GET", "/sell")
    assert "Your first car" in empty.text
    draft, listed = await lister.begin(), await lister.listed(vin=CIVIC)
    full = await page(sam, "GET", "/sell")
    assert [f'href="/sell/{number}"' in full.text for number in (draft, listed)] == [True, True]
    assert ("Go on" in full.text, "Schedule it" in full.text, "/api/me/vehicles.csv" in full.text) == (True,) * 3


@pytest.mark.parametrize(
    ("vin", "status", "words"),
    [("", 422, "form-error"), ("19XFC1F3OKE902117", 422, CIVIC), ("19XFC1F31KE902117", 422, "form-error")],
)
async def test_a_vin_with_a_slip_is_refused_with_what_may_be_meant(
    sam: AsyncClient, vin: str, status: int, words: str
) -> None:
    for path in ("/sell/new", "/sell"):
        answer = await page(sam, "POST", path, vin=vin, market="us")
        assert (answer.status_code, words in answer.text) == (status, True)
        assert f'value="{vin}"' in answer.text


async def test_without_a_decoder_one_goes_on_by_hand(lister: Photographed, sam: AsyncClient) -> None:
    door = VinsDouble(lister.floor.house.engine)
    lister.floor.house.services.vins = door
    away = await page(sam, "POST", "/sell/new", vin=CIVIC)
    door.is_pending = True
    slow = await page(sam, "POST", "/sell/new", vin=CIVIC)
    assert ("Go on by hand" in away.text, "Nothing is lost" in away.text, "Ask again" in slow.text) == (True,) * 3
    assert done(await page(sam, "POST", "/sell", vin=CIVIC)).endswith("?done=begun")


async def test_a_vin_that_one_lists_already_leads_to_that_listing(lister: Photographed, sam: AsyncClient) -> None:
    number = await lister.begin()
    own = await page(sam, "POST", "/sell", vin=VIN)
    other = await page(await lister.floor.client("sid"), "POST", "/sell", vin=VIN)
    assert [(each.status_code, f"/sell/{number}" in each.text) for each in (own, other)] == [(409, True), (409, False)]


async def test_saving_the_page_as_it_is_changes_nothing(lister: Photographed, sam: AsyncClient) -> None:
    number = await lister.begin(lat=44.9, lng=-93.1, description="Two lines,\nand more.", lights=["yellow", "blue"])
    before = await lister.own(number)
    told = Particulars(**{**before["told"], "lights": tuple(before["told"]["lights"])})
    form = {**typed_of(told), "description": "Two lines,\r\nand more.", "version": "1"}
    assert done(await page(sam, "POST", f"/sell/{number}", **{name: value for name, value in form.items() if value}))
    assert await lister.own(number) == before


async def test_what_cannot_be_read_is_marked_and_the_rest_kept(lister: Photographed, sam: AsyncClient) -> None:
    number = await lister.begin()
    wrong = {"start_cents": "five", "condition_grade": "9.55", "mileage": "many", "state": "Minn", "city": "Duluth"}
    answer = await page(sam, "POST", f"/sell/{number}", **filled(1, **wrong))
    assert answer.status_code == 422
    assert answer.text.count('class="field-error"') == 4
    assert all(f'value="{text}"' in answer.text for text in wrong.values())
    assert (await lister.own(number))["version"] == 1


async def test_two_who_write_at_once_are_shown_both(lister: Photographed, sam: AsyncClient) -> None:
    number = await lister.begin()
    await lister.write(number, mileage=50_000)
    stale = await page(sam, "POST", f"/sell/{number}", **filled(1, mileage="61,250"))
    assert stale.status_code == 412
    assert all(text in stale.text for text in ("61,250", "50,000", "data-theirs"))
    again = filled(int(hidden(stale, "version")), mileage="61,250")
    assert done(await page(sam, "POST", f"/sell/{number}", **again)) == f"/sell/{number}?done=saved"
    assert (await lister.own(number))["told"]["mileage"] == 61_250


async def test_what_is_missing_is_named_with_links_and_what_was_typed_is_kept(
    lister: Photographed, sam: AsyncClient
) -> None:
    number = await lister.begin()
    answer = await page(sam, "POST", f"/sell/{number}/submit", **filled(1, city="", zip="", make="Acura"))
    own = await lister.own(number)
    assert answer.status_code == 409
    assert all(f'href="#{name}"' in answer.text for name in ("city", "zip", "photos"))
    assert (own["told"]["make"], own["review"]["status"]) == ("Acura", "draft")


async def test_the_notes_of_the_staff_stand_beside_their_fields(lister: Photographed, sam: AsyncClient) -> None:
    number = await lister.submitted()
    notes = {"mileage": "The photo shows 61,000 miles.", "photos": "Show the odometer."}
    await lister.review(number, "request-changes", notes=notes)
    answer = await page(sam, "GET", f"/sell/{number}")
    place = answer.text.index('id="mileage-beside"')
    assert notes["mileage"] in answer.text[place : place + 600]
    assert notes["photos"] in answer.text


async def test_a_listing_is_withdrawn_and_deleted_after_one_more_question(
    lister: Photographed, sam: AsyncClient
) -> None:
    number = await lister.begin()
    asked = await page(sam, "GET", f"/sell/{number}/withdraw")
    assert f'action="/sell/{number}/withdraw"' in asked.text
    assert (await lister.own(number))["status"] == "draft"
    assert done(await page(sam, "POST", f"/sell/{number}/withdraw")) == f"/sell/{number}?done=withdrawn"
    over = await page(sam, "GET", f"/sell/{number}?done=withdrawn")
    assert ("The listing is withdrawn." in over.text, "Save and send in" in over.text) == (True, False)
    assert (await page(sam, "GET", f"/sell/{number}/delete")).status_code == 200
    assert done(await page(sam, "POST", f"/sell/{number}/delete")) == "/sell?done=deleted"
    assert (await page(sam, "GET", f"/sell/{number}")).status_code == 404


async def test_what_is_in_an_auction_is_kept_and_the_page_says_why(lister: Photographed, sam: AsyncClient) -> None:
    number = await lister.listed()
    await lister.lot(number)
    for verb in ("withdraw", "delete"):
        answer = await page(sam, "POST", f"/sell/{number}/{verb}")
        assert (answer.status_code, "in an auction" in answer.text) == (409, True)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"starts_at": "soon"}, "Choose a day and a time"),
        ({"starts_at": "9999-12-31T23:59"}, "Choose a day and a time"),
        ({"starts_at": "2020-01-01T10:00"}, "Must not be in the past."),
        ({"length_days": "4"}, "Choose one of the lengths."),
    ],
)
async def test_a_schedule_that_cannot_be_is_refused_in_words(
    lister: Photographed, sam: AsyncClient, form: dict[str, str], words: str
) -> None:
    number = await lister.listed()
    answer = await page(sam, "POST", f"/sell/{number}/schedule", **{"length_days": "3", **form})
    assert (answer.status_code, words in answer.text) == (422, True)
    assert (await lister.own(number))["status"] == "approved"


FIXED = {"sale_type": "buy_now_only", "start_cents": None, "reserve_cents": None, "buy_now_cents": 1_500_000}
OFFERS = {"sale_type": "make_offer", "start_cents": None, "reserve_cents": None, "offers_open": True}
ALL_WAYS = {"buy_now_cents": 1_500_000, "offers_open": True}


@pytest.mark.parametrize(
    ("sale", "words", "terms"),
    [
        ({}, "Start price $5,000, reserve $11,000, as listed.", ("timed", 500_000, 1_100_000, None, False)),
        ({"reserve_cents": None}, "Start price $5,000, no reserve, as listed.", ("timed", 500_000, None, None, False)),
        (FIXED, "Sold to the first buyer at $15,000", ("buy_now_only", 1_500_000, None, 1_500_000, False)),
        (OFFERS, "It takes offers only; nobody bids.", ("make_offer", 100, None, None, True)),
        (
            ALL_WAYS,
            "Until the first bid it can be bought now for $15,000. Until the first bid it takes offers.",
            ("timed", 500_000, 1_100_000, 1_500_000, True),
        ),
    ],
    ids=["timed", "no reserve", "buy now only", "offers", "timed with buy-now and offers"],
)
async def test_every_kind_of_sale_is_put_up_by_its_form(
    lister: Photographed, sam: AsyncClient, sale: dict[str, Any], words: str, terms: tuple[Any, ...]
) -> None:
    number = await lister.listed(**sale)
    ready = await page(sam, "GET", f"/sell/{number}")
    assert words in " ".join(ready.text.split())
    form = {"key": hidden(ready, "key"), "length_days": "3"}
    assert done(await page(sam, "POST", f"/sell/{number}/schedule", **form)).endswith("?done=scheduled#auction")
    (start,) = lister.floor.lots.starts
    froze = start.terms
    assert (froze.sale_type, froze.start_cents, froze.reserve_cents, froze.buy_now_cents, froze.offers_open) == terms
    assert "In auction" in (await page(sam, "GET", f"/sell/{number}")).text


async def test_strangers_do_not_learn_of_a_draft(lister: Photographed) -> None:
    number = await lister.begin()
    sid = await lister.floor.client("sid")
    for method, path in (
        ("GET", ""),
        ("POST", ""),
        ("POST", "/submit"),
        ("POST", "/schedule"),
        ("GET", "/withdraw"),
        ("POST", "/withdraw"),
        ("GET", "/delete"),
        ("POST", "/delete"),
    ):
        assert (await page(sid, method, f"/sell/{number}{path}")).status_code == 404
    assert (await lister.own(number))["status"] == "draft"


def test_the_form_has_every_field_of_a_listing_but_the_place_on_the_map() -> None:
    assert set(Particulars.__dataclass_fields__) - set(FIELDS) == {"lat", "lng"}
