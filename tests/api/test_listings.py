"""A seller's listings over HTTP: drafted, written on what was read, sent in, withdrawn, deleted."""

import asyncio
from typing import Any

import pytest
from httpx import Response

from activities.db.people import Scope
from api.listing_views import BODY
from tests.api.conftest import House
from tests.api.floor import DAY, refusal, wrong_fields
from tests.api.lister import OTHER_VIN, Lister, open_lister

VIN = BODY["vin"]


@pytest.fixture
def lister(house: House) -> Lister:
    return open_lister(house)


def error(answer: Response) -> dict[str, str]:
    """The one error of a 422."""
    assert answer.status_code == 422, answer.text
    (found,) = answer.json()["errors"]
    assert set(found) == {"field", "rule", "message"}
    return dict(found)


async def test_a_vin_is_enough_for_a_draft(lister: Lister) -> None:
    answer = await lister.ask("sam", "POST", "/vehicles", {"vin": VIN.lower()})
    found = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    assert answer.headers["location"] == f"/api/me/vehicles/{found['id']}"
    assert (found["status"], found["review"]["status"], found["public"]) == ("draft", "draft", None)
    assert (found["told"]["vin"], found["title"]) == (VIN, VIN)
    assert lister.door.followed == {found["id"]: 1}


async def test_a_draft_is_read_as_it_was_written_with_every_field(lister: Lister) -> None:
    rest: dict[str, Any] = {
        "market": "import",
        "stock_number": "A-17",
        "cylinders": 4,
        "doors": 4,
        "mileage_unit": "km",
        "odometer_status": "exempt",
        "has_lien": True,
        "lien_holder": "First Bank",
        "lat": 44.94,
        "lng": -93.1,
        "sale_type": "timed",
        "buy_now_cents": 1_500_000,
        "offers_open": True,
        "auto_accept_cents": 1_400_000,
        "auto_decline_cents": 900_000,
        "lights": ["yellow", "blue", "yellow"],
    }
    number = await lister.begin(**rest)
    assert (await lister.own(number))["told"] == {**BODY, **rest, "lights": ["blue", "yellow"]}


@pytest.mark.parametrize(
    ("body", "rule", "words"),
    [
        ({"vin": "19XFC1F37KE200001"}, "VIN_CHECK_DIGIT", "position 9"),
        ({"vin": "19XFC1F3XKE20000"}, "VIN_LENGTH", "17"),
        ({"vin": "I9XFC1F3XKE200001"}, "VIN_LOOK_ALIKE", "1"),
        ({"vin": "11111111111111111"}, "VIN_IMPOSTOR", ""),
        ({"vin": "000", "market": "pre_1981"}, "VIN_LENGTH", ""),
    ],
)
async def test_a_wrong_vin_is_told_by_field_rule_and_what_to_look_at(
    lister: Lister, body: dict[str, str], rule: str, words: str
) -> None:
    found = error(await lister.ask("sam", "POST", "/vehicles", body))
    assert (found["field"], found["rule"]) == ("vin", rule)
    assert words in found["message"]


async def test_the_market_decides_what_a_vin_must_be(lister: Lister) -> None:
    imported = await lister.ask("sam", "POST", "/vehicles", {"vin": "WVWZZZ1JZXW000001", "market": "import"})
    old = await lister.ask("sam", "POST", "/vehicles", {"vin": "9T02H118473", "market": "pre_1981"})
    assert [answer.status_code for answer in (imported, old)] == [201, 201]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"mileage": -1}, "mileage"),
        ({"year": 1800}, "year"),
        ({"condition_grade": 51}, "condition_grade"),
        ({"start_cents": 500_050}, "start_cents"),
        ({"lat": 91}, "lat"),
        ({"zip": "5510"}, "zip"),
        ({"title_state": "Minnesota"}, "title_state"),
        ({"fuel_type": "coal"}, "fuel_type"),
        ({"make": "Hon\nda"}, "make"),
        ({"description": "x" * 10_001}, "description"),
        ({"length_days": 4}, "length_days"),
        ({"lights": ["purple"]}, "lights.0"),
        ({"vin": ""}, "vin"),
        ({"listing_status": "approved"}, "listing_status"),
    ],
)
async def test_what_cannot_be_stored_is_refused_by_its_field(
    lister: Lister, change: dict[str, Any], field: str
) -> None:
    assert wrong_fields(await lister.ask("sam", "POST", "/vehicles", {**BODY, **change})) == [field]


async def test_a_vin_that_somebody_else_lists_is_refused_without_telling_whose(lister: Lister) -> None:
    number = await lister.begin("sam")
    answer = await lister.ask("sid", "POST", "/vehicles", {"vin": VIN})
    assert refusal(answer) == (409, "VIN_LISTED")
    assert answer.json()["vehicle_id"] is None
    mine = await lister.ask("sam", "POST", "/vehicles", {"vin": VIN})
    assert (*refusal(mine), mine.json()["vehicle_id"]) == (409, "VIN_LISTED", number)


async def test_of_two_who_list_one_vin_at_once_one_does(lister: Lister) -> None:
    await asyncio.gather(*(lister.floor.client(name) for name in ("sam", "sid")))
    wishes = (lister.ask(name, "POST", "/vehicles", {"vin": VIN}) for name in ("sam", "sid"))
    assert sorted(answer.status_code for answer in await asyncio.gather(*wishes)) == [201, 409]


async def test_a_draft_may_change_its_vin_but_not_to_a_listed_one(lister: Lister) -> None:
    first, second = await lister.begin("sam"), await lister.begin("sid", vin=OTHER_VIN)
    assert refusal(await lister.write(second, "sid", vin=VIN)) == (409, "VIN_LISTED")
    assert (await lister.write(first, vin="19XFC1F33KE200003")).status_code == 200
    assert (await lister.write(second, "sid", vin=VIN)).status_code == 200


async def test_the_vin_of_what_was_public_stays(lister: Lister) -> None:
    number = await lister.listed()
    assert refusal(await lister.write(number, vin=OTHER_VIN)) == (409, "VIN_FIXED")


async def test_a_write_needs_the_etag_that_was_read(lister: Lister) -> None:
    number = await lister.begin()
    missing = await lister.ask("sam", "PUT", f"/vehicles/{number}", BODY)
    assert refusal(missing) == (422, "IF_MATCH_NEEDED")
    assert error(missing)["field"] == "If-Match"
    assert refusal(await lister.ask("sam", "POST", f"/vehicles/{number}/submit")) == (422, "IF_MATCH_NEEDED")


@pytest.mark.parametrize("tag", ['"0"', '"7"', "*", '""', "x", '"1", "2"', '"' + "9" * 30 + '"', '"¹"'])
async def test_a_stale_or_strange_etag_loses_nothing(lister: Lister, tag: str) -> None:
    number = await lister.begin()
    client = await lister.floor.client("sam")
    headers = {b"If-Match": tag.encode("latin-1")}
    answer = await client.put(f"/api/vehicles/{number}", json={**BODY, "mileage": 1}, headers=headers)
    assert refusal(answer) == (412, "LISTING_CHANGED")
    assert (await lister.own(number))["told"]["mileage"] == BODY["mileage"]


async def test_a_write_is_the_next_version_and_the_same_one_again_is_none(lister: Lister) -> None:
    number = await lister.begin()
    first = await lister.write(number, tag='"1"', mileage=42_000)
    again = await lister.write(number, tag='"1"', mileage=42_000)
    other = await lister.write(number, tag='W/"1"', mileage=43_000)
    assert [answer.headers["etag"] for answer in (first, again)] == ['"2"', '"2"']
    assert (*refusal(other), other.json()["version"]) == (412, "LISTING_CHANGED", 2)
    assert lister.deeds(number) == ["listing_begun", "listing_written"]


async def test_of_two_writers_at_once_one_is_told_to_read_again(lister: Lister) -> None:
    number = await lister.begin()
    writes = (lister.write(number, tag='"1"', mileage=miles) for miles in (1, 2, 3))
    assert sorted(answer.status_code for answer in await asyncio.gather(*writes)) == [200, 412, 412]


async def test_what_is_missing_is_named_when_it_is_sent_in(lister: Lister) -> None:
    number = (await lister.ask("sam", "POST", "/vehicles", {"vin": VIN})).json()["id"]
    answer = await lister.submit(number)
    found = {each["field"]: each for each in answer.json()["errors"]}
    assert refusal(answer) == (409, "LISTING_INCOMPLETE")
    assert {"make", "mileage", "title_state", "zip", "start_cents", "photos"} <= set(found)
    assert found["photos"] == {"field": "photos", "rule": "REQUIRED", "message": "at least one photo is needed"}
    assert (await lister.own(number))["review"]["status"] == "draft"


async def test_a_complete_listing_is_sent_in_as_its_next_version(lister: Lister) -> None:
    number = await lister.begin()
    lister.photo(number)
    answer = await lister.submit(number, tag='"1"')
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    assert answer.json()["review"]["status"] == "submitted"
    assert answer.json()["review"]["submitted_at"] is not None


async def test_a_lost_answer_is_given_again_by_the_old_etag_or_the_new(lister: Lister) -> None:
    number = await lister.begin()
    lister.photo(number)
    tags = [(await lister.submit(number, tag=tag)).headers["etag"] for tag in ('"1"', '"1"', '"2"')]
    assert tags == ['"2"'] * 3
    assert lister.deeds(number) == ["listing_begun", "listing_submitted"]


async def test_sent_in_on_an_old_version_it_is_refused(lister: Lister) -> None:
    number = await lister.begin()
    lister.photo(number)
    await lister.write(number, mileage=42_000)
    assert refusal(await lister.submit(number, tag='"1"')) == (412, "LISTING_CHANGED")


async def test_while_temporal_is_away_nothing_is_lost_and_the_seller_is_told(lister: Lister) -> None:
    number = await lister.begin()
    lister.photo(number)
    lister.door.away = True
    answer = await lister.submit(number)
    assert (*refusal(answer), answer.headers["retry-after"]) == (503, "LISTING_UNAVAILABLE", "2")
    assert (await lister.own(number))["told"] == {**lister_defaults(), **BODY}
    lister.door.away = False
    assert (await lister.submit(number)).status_code == 200


def lister_defaults() -> dict[str, Any]:
    """What a body that leaves them out has."""
    empty = dict.fromkeys(
        ("cylinders", "doors", "lat", "lng", "buy_now_cents", "auto_accept_cents", "auto_decline_cents")
    )
    kinds = {"market": "us", "mileage_unit": "mi", "odometer_status": "actual", "sale_type": "timed"}
    return {**empty, **kinds, "stock_number": "", "lien_holder": "", "has_lien": False, "offers_open": False}


async def test_an_edit_takes_it_back_from_the_review(lister: Lister) -> None:
    number = await lister.submitted()
    answer = await lister.write(number, mileage=42_000)
    assert answer.json()["review"]["status"] == "draft"
    assert (await lister.ask("amy", "GET", "/admin/listings")).json()["total"] == 0


async def test_the_public_goes_on_seeing_what_was_approved_while_an_edit_waits(lister: Lister) -> None:
    number = await lister.listed()
    edited = (await lister.write(number, mileage=61_250, zip="55101")).json()
    public = (await lister.ask("", "GET", f"/vehicles/{number}")).json()
    assert (edited["changed"], edited["material"]) == (["mileage", "zip"], True)
    assert (edited["public"]["mileage"], public["mileage"]) == (41_250, 41_250)
    assert (await lister.own(number))["told"]["mileage"] == 61_250


async def test_an_edit_that_is_taken_back_needs_no_review(lister: Lister) -> None:
    number = await lister.listed()
    await lister.write(number, mileage=61_250)
    answer = await lister.write(number)
    assert (answer.json()["review"]["status"], answer.json()["changed"]) == ("none", [])
    assert answer.headers["etag"] == '"4"'


async def test_what_waits_for_a_review_cannot_be_put_up(lister: Lister) -> None:
    draft, edited = await lister.begin(vin=OTHER_VIN), await lister.listed()
    await lister.write(edited, mileage=61_250)
    post = lister.floor.post
    assert refusal(await post("sam", "/api/auctions", lister.floor.wish(draft))) == (404, "VEHICLE_NOT_FOUND")
    assert refusal(await post("sam", "/api/auctions", lister.floor.wish(edited))) == (409, "LISTING_NOT_APPROVED")


@pytest.mark.parametrize("name", ["sid", "ada", "sue", ""])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/me/vehicles/{}"),
        ("PUT", "/vehicles/{}"),
        ("DELETE", "/vehicles/{}"),
        ("POST", "/vehicles/{}/submit"),
        ("POST", "/vehicles/{}/withdraw"),
        ("GET", "/vehicles/{}"),
        ("GET", "/admin/listings/{}"),
        ("POST", "/admin/listings/{}/approve"),
    ],
)
async def test_nobody_else_learns_that_there_is_a_draft(lister: Lister, name: str, method: str, path: str) -> None:
    number = await lister.begin()
    draft = await lister.ask(name, method, path.format(number), {**BODY, "version": 1}, tag='"1"')
    nothing = await lister.ask(name, method, path.format(404), {**BODY, "version": 1}, tag='"1"')
    assert draft.status_code in {401, 403, 404, 422}
    assert refusal(draft) == refusal(nothing)
    assert (await lister.own(number))["version"] == 1


@pytest.mark.parametrize(("method", "path"), [("PUT", ""), ("DELETE", ""), ("POST", "/submit"), ("POST", "/withdraw")])
async def test_another_sellers_listing_is_not_touched(lister: Lister, method: str, path: str) -> None:
    number = await lister.listed()
    answer = await lister.ask("sid", method, f"/vehicles/{number}{path}", BODY, tag='"2"')
    assert refusal(answer) == (403, "NOT_YOUR_LISTING")
    assert (await lister.own(number))["status"] == "approved"


async def test_an_admin_corrects_a_listing_for_its_seller_but_needs_the_scope(lister: Lister) -> None:
    number = await lister.begin()
    assert (await lister.write(number, "amy", mileage=42_000)).status_code == 200
    machine = await lister.floor.machine("amy", Scope.SELL)
    answer = await machine.get(f"/api/me/vehicles/{number}")
    assert (*refusal(answer), answer.json()["scope"]) == (403, "SCOPE_MISSING", "admin")


async def test_a_dealers_system_lists_by_token(lister: Lister) -> None:
    machine = await lister.floor.machine("sam", Scope.SELL)
    made = await machine.post("/api/vehicles", json=dict(BODY))
    written = await machine.put(
        f"/api/vehicles/{made.json()['id']}", json={**BODY, "mileage": 1}, headers={"If-Match": made.headers["etag"]}
    )
    assert (made.status_code, written.status_code) == (201, 200)


async def test_own_listings_come_newest_first_in_pages(lister: Lister) -> None:
    mine = [await lister.begin(vin=vin) for vin in (VIN, OTHER_VIN, "19XFC1F33KE200003")]
    await lister.begin("sid", vin="19XFC1F35KE200004")
    first = (await lister.ask("sam", "GET", "/me/vehicles?limit=2")).json()
    rest = (await lister.ask("sam", "GET", f"/me/vehicles?limit=2&cursor={first['next_cursor']}")).json()
    assert [each["id"] for each in (*first["items"], *rest["items"])] == mine[::-1]
    assert (first["total"], rest["next_cursor"]) == (3, None)
    assert refusal(await lister.ask("sam", "GET", "/me/vehicles?cursor=x")) == (422, "INVALID_CURSOR")


async def test_a_withdrawn_listing_is_over_and_its_vin_free(lister: Lister) -> None:
    number = await lister.submitted()
    answers = [await lister.ask("sam", "POST", f"/vehicles/{number}/withdraw") for _ in range(2)]
    assert [answer.json()["status"] for answer in answers] == ["withdrawn", "withdrawn"]
    assert answers[0].json()["review"]["status"] == "draft"
    assert lister.deeds(number).count("listing_withdrawn") == 1
    assert lister.door.told == {number: 2}
    assert (await lister.ask("amy", "GET", "/admin/listings")).json()["total"] == 0
    assert refusal(await lister.write(number, mileage=1)) == (409, "LISTING_OVER")
    assert refusal(await lister.submit(number)) == (409, "LISTING_OVER")
    assert refusal(await lister.review(number)) == (409, "LISTING_OVER")
    assert (await lister.ask("sid", "POST", "/vehicles", {"vin": VIN})).status_code == 201


async def test_what_is_in_an_auction_is_neither_withdrawn_nor_deleted(lister: Lister) -> None:
    number = await lister.listed()
    await lister.lot(number)
    for method, path in (("POST", f"/vehicles/{number}/withdraw"), ("DELETE", f"/vehicles/{number}")):
        assert refusal(await lister.ask("sam", method, path)) == (409, "LISTING_IN_AUCTION")


async def test_a_draft_is_deleted_for_good(lister: Lister) -> None:
    number = await lister.begin()
    answer = await lister.ask("sam", "DELETE", f"/vehicles/{number}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert refusal(await lister.ask("sam", "DELETE", f"/vehicles/{number}")) == (404, "VEHICLE_NOT_FOUND")
    assert lister.deeds(number) == ["listing_begun", "listing_deleted"]
    assert lister.door.told == {number: 1}
    assert (await lister.ask("sam", "POST", "/vehicles", {"vin": VIN})).status_code == 201


async def test_what_bids_hang_on_is_hidden_and_its_auction_stays(lister: Lister) -> None:
    number = await lister.listed()
    lot = await lister.lot(number)
    lister.floor.lots.bid(lot, lister.floor.person("ada"), 600_000)
    lister.floor.lots.pass_time(2 * DAY)
    answer = await lister.ask("sam", "DELETE", f"/vehicles/{number}")
    assert answer.status_code == 204
    assert lister.deeds(number)[-1] == "listing_hidden"
    assert refusal(await lister.ask("", "GET", f"/vehicles/{number}")) == (404, "VEHICLE_NOT_FOUND")
    assert (await lister.ask("sam", "GET", "/me/vehicles")).json()["total"] == 0
    assert (await lister.ask("", "GET", f"/auctions/{lot}")).json()["vehicle"]["id"] == number


async def test_a_sold_listing_is_over(lister: Lister) -> None:
    number = await lister.listed(reserve_cents=None)
    lot = await lister.lot(number)
    lister.floor.lots.bid(lot, lister.floor.person("ada"), 600_000)
    lister.floor.lots.pass_time(2 * DAY)
    assert (await lister.own(number))["status"] == "sold"
    assert refusal(await lister.write(number, mileage=1)) == (409, "LISTING_OVER")
    assert refusal(await lister.ask("sam", "POST", f"/vehicles/{number}/withdraw")) == (409, "LISTING_OVER")
    assert refusal(await lister.floor.post("sam", "/api/auctions", lister.floor.wish(number))) == (409, "LISTING_OVER")


async def test_every_deed_is_kept_with_its_request_and_address(lister: Lister) -> None:
    number = await lister.listed()
    found = [deed for deed in lister.floor.deeds() if deed.subject == f"vehicle {number}"]
    assert [deed.action for deed in found] == ["listing_begun", "listing_submitted", "listing_approved"]
    assert {deed.address for deed in found} == {"127.0.0.1"}
    assert len({deed.request_id for deed in found}) == len(found)
    assert [deed.actor_id for deed in found] == [lister.floor.person(name) for name in ("sam", "sam", "amy")]
    assert not any(str(BODY["reserve_cents"]) in str(deed.detail) for deed in found)
