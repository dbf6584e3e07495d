"""What the decoders make of a listing that is sent in: asked for once, away without harm, shown to both sides."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from activities.db import vin_reports
from activities.db.engine import transaction
from api.database import now
from api.listing_views import VIN, ListingView
from api.vin_check_views import RECORDS_EXAMPLE, RecordsView
from api.vins import HOUR_LIMIT
from domain.decoding import Answer, Decoded, OdometerReading, Source, Specification
from tests.api.conftest import House
from tests.api.lister import OTHER_VIN, Lister, open_lister
from tests.api.newcomer import page

HONDA = Specification(year=2019, make="Honda", model="Civic")
OLD: dict[str, Any] = {"vin": "9T02H118473", "market": "pre_1981", "make": "Ford", "year": 1969}


@pytest.fixture
def lister(house: House) -> Lister:
    return open_lister(house)


def answer(source: Source = Source.CLEARVIN, age: timedelta = timedelta(0), **more: Any) -> Answer:
    at = now() - age
    said = Decoded(vin=VIN, source=source, fetched_at=at, **{"specification": HONDA, **more})
    return Answer(source, at, said)


def tell(lister: Lister, found: Answer) -> None:
    """What comes when the Listing workflow asks again."""
    with transaction(lister.floor.house.engine) as connection:
        vin_reports.keep(connection, VIN, found, "{}")


async def sent_in(lister: Lister, **changes: Any) -> dict[str, Any]:
    """The answer to a submission."""
    number = await lister.begin(**changes)
    lister.photo(number)
    given = await lister.submit(number)
    assert given.status_code == 200, given.text
    body: dict[str, Any] = given.json()
    TypeAdapter(ListingView).validate_python(body)
    return body


async def test_a_submission_asks_the_decoders_and_tells_what_they_say_otherwise(lister: Lister) -> None:
    lister.vins.answers = [answer(odometer=(OdometerReading(52_000),))]
    found = await sent_in(lister, year=2018)
    assert lister.vins.asked == [VIN]
    told = found["decoder"]
    assert (told["status"], told["message"], told["source"]) == ("checked", "Checked by ClearVIN.", "clearvin")
    assert [(each["field"], each["decoded"], each["other"]) for each in told["conflicts"]] == [
        ("year", "2019", "2018"),
        ("mileage", "52000", "41250"),
    ]
    review = (await lister.ask("amy", "GET", f"/admin/listings/{found['id']}")).json()
    queue = (await lister.ask("amy", "GET", "/admin/listings")).json()["items"]
    assert review["decoder"] == queue[0]["decoder"] == told
    (deed,) = [each for each in lister.floor.deeds() if each.action == "listing_submitted"]
    assert (deed.detail["decoder"], deed.detail["conflicts"]) == ("waiting", [])
    await lister.review(found["id"])
    (deed,) = [each for each in lister.floor.deeds() if each.action == "listing_approved"]
    assert (deed.detail["decoder"], deed.detail["conflicts"]) == ("checked", ["year", "mileage"])


async def test_a_fresh_report_is_not_asked_for_again(lister: Lister) -> None:
    tell(lister, answer(age=timedelta(days=20)))
    assert (await sent_in(lister))["decoder"]["status"] == "checked"
    assert lister.vins.asked == []


async def test_an_old_report_is_asked_for_again_and_shown_meanwhile_with_its_age(lister: Lister) -> None:
    tell(lister, answer(age=timedelta(days=40)))
    told = (await sent_in(lister))["decoder"]
    assert (told["status"], lister.vins.asked) == ("checked", [VIN])
    assert told["fetched_at"] is not None


async def test_while_the_decoders_are_away_it_stands_and_everybody_is_told(lister: Lister) -> None:
    found = await sent_in(lister)
    number, told = found["id"], found["decoder"]
    assert (found["review"]["status"], told["status"], told["source"]) == ("submitted", "waiting", None)
    assert "What you sent in stands, and nothing is lost. We ask again by ourselves" in told["message"]
    seller = await page(await lister.floor.client("sam"), "GET", f"/sell/{number}")
    amy = await lister.floor.client("amy")
    review, queue = await page(amy, "GET", f"/admin/listings/{number}"), await page(amy, "GET", "/admin/listings")
    assert ('data-check="waiting"' in seller.text, "nothing is lost" in seller.text) == (True, True)
    assert all("Not checked by a decoder yet" in each.text for each in (review, queue))
    tell(lister, answer(specification=Specification(year=2018, make="Honda", model="Civic")))
    seller = await page(await lister.floor.client("sam"), "GET", f"/sell/{number}")
    review, queue = await page(amy, "GET", f"/admin/listings/{number}"), await page(amy, "GET", "/admin/listings")
    assert ('data-check="checked"' in seller.text, "1 field they say otherwise of" in seller.text) == (True, True)
    assert all("Not checked by a decoder yet" not in each.text for each in (review, queue))
    assert ("ClearVIN says “2018”" in " ".join(review.text.split()), "1 conflict" in queue.text) == (True, True)


async def test_what_only_the_catalogue_knows_lacks_its_records(lister: Lister) -> None:
    lister.vins.answers = [answer(Source.VPIC)]
    found = await sent_in(lister)
    assert found["decoder"]["status"] == "partly"
    assert "could not be had yet. We ask again" in found["decoder"]["message"]


async def test_what_no_decoder_knows_is_told_so(lister: Lister) -> None:
    lister.vins.answers = [Answer(source, now()) for source in Source]
    assert (await sent_in(lister))["decoder"]["status"] == "unknown"


async def test_a_car_of_before_1981_is_compared_by_hand(lister: Lister) -> None:
    assert (await sent_in(lister, **OLD))["decoder"]["status"] == "by_hand"
    assert lister.vins.asked == []


async def test_who_has_asked_too_often_sends_in_all_the_same(lister: Lister) -> None:
    number = await lister.begin()
    lister.photo(number)
    guesses = lister.floor.house.services.ways_in.guesses
    for _ in range(HOUR_LIMIT.tries):
        await guesses.may_ask(HOUR_LIMIT, str(lister.floor.person("sam")))
    assert (await lister.submit(number)).json()["decoder"]["status"] == "waiting"
    assert lister.vins.asked == []


async def test_a_draft_says_when_it_is_checked_and_a_list_has_each_of_its_own(lister: Lister) -> None:
    tell(lister, answer())
    checked, waiting = await lister.begin(), await lister.begin(vin=OTHER_VIN)
    items = (await lister.ask("sam", "GET", "/me/vehicles")).json()["items"]
    assert {each["id"]: each["decoder"]["status"] for each in items} == {checked: "checked", waiting: "waiting"}
    assert "when you send the listing in" in (await lister.own(waiting))["decoder"]["message"]


async def test_before_1981_two_cars_may_have_one_number_and_one_car_is_listed_once(lister: Lister) -> None:
    ford, dodge = await lister.begin(**OLD), await lister.begin("sid", **{**OLD, "make": "Dodge"})
    bare = await lister.begin("sid", vin=OLD["vin"], market="pre_1981", make="", year=None)
    same = await lister.ask("sid", "POST", "/vehicles", {**OLD, "make": "FORD"})
    own = await lister.ask("sam", "POST", "/vehicles", OLD)
    written = await lister.write(bare, "sid", **OLD)
    assert len({ford, dodge, bare}) == 3
    assert [(each.status_code, each.json()["code"]) for each in (same, own, written)] == [(409, "VIN_LISTED")] * 3
    assert [each.json()["vehicle_id"] for each in (same, own, written)] == [None, ford, None]


def test_the_example_of_records_has_their_shape() -> None:
    TypeAdapter(RecordsView).validate_python(dict(RECORDS_EXAMPLE))
