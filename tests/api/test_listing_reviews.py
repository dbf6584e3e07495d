"""The review of listings: the queue, decisions on the version that was read, and edits while bids stand."""

import asyncio
from typing import Any

import pytest

from activities.db.engine import reading
from activities.db.people import Scope
from activities.db.vehicles import vehicle
from domain.auction import MATERIAL_EDIT, Status
from domain.bidding import Kind
from tests.api.conftest import House
from tests.api.floor import refusal, wrong_fields
from tests.api.lister import OTHER_VIN, Lister, open_lister

QUEUE = "/admin/listings"
NOTES = {"mileage": "The photo shows 61,000 miles."}
HIDDEN = ("reserve_cents", "auto_accept_cents", "auto_decline_cents", "lien_holder", "stock_number", "draft", "told")


@pytest.fixture
def lister(house: House) -> Lister:
    return open_lister(house)


async def test_what_waits_for_review_comes_in_pages_oldest_first(lister: Lister) -> None:
    first, second = await lister.submitted(), await lister.submitted(vin=OTHER_VIN)
    page = (await lister.ask("amy", "GET", f"{QUEUE}?limit=1")).json()
    rest = (await lister.ask("amy", "GET", f"{QUEUE}?limit=1&cursor={page['next_cursor']}")).json()
    assert [each["id"] for each in (*page["items"], *rest["items"])] == [first, second]
    assert (page["total"], rest["next_cursor"]) == (2, None)
    drafts = (await lister.ask("amy", "GET", f"{QUEUE}?review=draft")).json()
    assert (drafts["items"], drafts["total"]) == ([], 0)


async def test_an_admin_reads_the_working_copy_beside_what_is_public(lister: Lister) -> None:
    number = await lister.listed()
    await lister.write(number, mileage=61_250)
    await lister.submit(number)
    found = (await lister.ask("amy", "GET", f"{QUEUE}/{number}")).json()
    assert (found["told"]["mileage"], found["public"]["mileage"]) == (61_250, 41_250)
    assert (found["changed"], found["material"], found["told"]["reserve_cents"]) == (["mileage"], True, 1_100_000)
    assert f"vehicle {number}" in {deed.subject for deed in lister.floor.deeds() if "read" in deed.action}


async def test_an_approval_makes_it_public_with_its_disclosures_hashed(lister: Lister) -> None:
    number = await lister.submitted(lights=["yellow"], disclosures="The left mirror is loose.")
    assert (await lister.ask("", "GET", f"/vehicles/{number}")).status_code == 404
    answer = await lister.review(number)
    public = (await lister.ask("", "GET", f"/vehicles/{number}")).json()
    assert (answer.json()["status"], answer.json()["review"]["status"]) == ("approved", "none")
    assert (public["lights"], public["title_state"], public["market"]) == (["yellow"], "MN", "us")
    assert public["disclosures_hash"] == answer.json()["disclosures_hash"]
    assert len(public["disclosures_hash"]) == 64
    assert public["listed_at"] is not None
    assert lister.mails() == [("listing_approved", "sam@example.com")]


@pytest.mark.parametrize("name", ["", "ada", "sid", "sue"])
async def test_what_is_the_sellers_own_is_shown_to_nobody(lister: Lister, name: str) -> None:
    secret: dict[str, Any] = {"reserve_cents": 987_600, "auto_accept_cents": 1_234_500, "auto_decline_cents": 876_500}
    private: dict[str, Any] = {"has_lien": True, "lien_holder": "First Bank of Nowhere", "stock_number": "SECRET-17"}
    number = await lister.listed(**secret, **private)
    lot = await lister.lot(number)
    await lister.write(number, **secret, **private, description="A working copy.")
    for path in (f"/vehicles/{number}", "/vehicles", f"/auctions/{lot}", "/auctions", f"/auctions/{lot}/bids"):
        text = (await lister.ask(name, "GET", path)).text
        assert [word for word in HIDDEN if f'"{word}"' in text] == []
        told = ("987600", "1234500", "876500", "Nowhere", "SECRET", "working copy")
        assert [value for value in told if value in text] == []


async def test_changes_are_asked_for_by_field_and_the_seller_is_told(lister: Lister) -> None:
    number = await lister.submitted()
    answer = await lister.review(number, "request-changes", notes=NOTES)
    own = await lister.own(number)
    assert answer.json()["review"]["status"] == "changes_requested"
    assert (own["review"]["status"], own["review"]["notes"]) == ("changes_requested", NOTES)
    assert lister.mails() == [("listing_changes_requested", "sam@example.com")]
    await lister.write(number, mileage=61_000)
    assert (await lister.submit(number)).json()["review"]["notes"] == {}
    assert (await lister.review(number)).status_code == 200


async def test_each_round_of_a_review_is_told_of_anew(lister: Lister) -> None:
    number = await lister.submitted()
    for _ in range(2):
        await lister.review(number, "request-changes", notes=NOTES)
        lister.photo(number)
        await lister.submit(number)
    assert lister.mails() == [("listing_changes_requested", "sam@example.com")] * 2


async def test_what_was_rejected_is_written_anew_before_it_is_sent_in_again(lister: Lister) -> None:
    number = await lister.submitted()
    assert (await lister.review(number, "reject", notes={"listing": "This car is not here."})).status_code == 200
    assert refusal(await lister.submit(number)) == (409, "LISTING_STATUS")
    await lister.write(number, description="It is here now.")
    assert (await lister.submit(number)).status_code == 200
    assert lister.deeds(number).count("listing_rejected") == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"notes": {}}, "notes"),
        ({"notes": {"colour": "Is no field."}}, "notes.colour"),
        ({"notes": {"mileage": "no"}}, "notes.mileage"),
        ({"notes": {"mileage": "two\nlines"}}, "notes.mileage"),
        ({}, "notes"),
    ],
)
async def test_findings_are_sentences_about_fields(lister: Lister, body: dict[str, Any], field: str) -> None:
    number = await lister.submitted()
    assert wrong_fields(await lister.review(number, "reject", **body)) == [field]


@pytest.mark.parametrize("verb", ["approve", "request-changes", "reject"])
async def test_what_changed_since_it_was_read_is_not_decided_on(lister: Lister, verb: str) -> None:
    number = await lister.submitted()
    await lister.write(number, mileage=61_000)
    await lister.submit(number)
    body: dict[str, Any] = {} if verb == "approve" else {"notes": NOTES}
    answer = await lister.review(number, verb, version=2, **body)
    assert (*refusal(answer), answer.json()["version"]) == (412, "LISTING_CHANGED", 4)
    assert (await lister.ask("", "GET", f"/vehicles/{number}")).status_code == 404


async def test_of_an_approval_that_races_an_edit_the_edit_stays_unseen(lister: Lister) -> None:
    number = await lister.submitted()

    async def edit() -> None:
        assert (await lister.write(number, mileage=1, tag='"2"')).status_code == 200

    lister.door.before_step = edit
    assert refusal(await lister.review(number, version=2)) == (412, "LISTING_CHANGED")
    assert (await lister.own(number))["public"] is None


async def test_an_approval_and_an_edit_at_once_never_publish_what_nobody_read(lister: Lister) -> None:
    number = await lister.submitted()
    approved, edited = await asyncio.gather(
        lister.review(number, version=2), lister.write(number, tag='"2"', mileage=1)
    )
    assert edited.status_code == 200
    public = (await lister.own(number))["public"]
    assert (approved.status_code, public and public["mileage"]) in {(200, 41_250), (412, None)}


async def test_of_two_admins_who_decide_otherwise_the_second_is_refused(lister: Lister) -> None:
    number = await lister.submitted()
    assert (await lister.review(number, "reject", "amy", version=2, notes=NOTES)).status_code == 200
    answer = await lister.review(number, "approve", "alan", version=2)
    assert (*refusal(answer), answer.json()["review"]) == (409, "LISTING_STATUS", "rejected")


async def test_two_admins_at_once_decide_once(lister: Lister) -> None:
    number = await lister.submitted()
    answers = await asyncio.gather(*(lister.review(number, "approve", name, version=2) for name in ("amy", "alan")))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert lister.deeds(number).count("listing_approved") == 1
    assert lister.mails() == [("listing_approved", "sam@example.com")]


async def test_an_admin_does_not_review_their_own_listing(lister: Lister) -> None:
    number = await lister.begin("amy")
    lister.photo(number)
    await lister.submit(number, "amy")
    assert refusal(await lister.review(number, "approve", "amy")) == (403, "OWN_LISTING")
    assert (await lister.review(number, "approve", "alan")).status_code == 200


async def test_photos_alone_are_sent_in_and_shown_after_their_review(lister: Lister) -> None:
    number = await lister.listed()
    new = lister.photo(number)
    assert new not in lister.shown_photos(number)
    sent = await lister.submit(number)
    assert (sent.json()["review"]["status"], sent.json()["changed"]) == ("submitted", [])
    unseen = lister.photo(number)
    assert (await lister.review(number)).status_code == 200
    assert new in lister.shown_photos(number)
    assert unseen not in lister.shown_photos(number)


async def test_an_approval_that_comes_late_does_not_show_the_photos_of_a_later_round(lister: Lister) -> None:
    number = await lister.listed()
    new = lister.photo(number)
    await lister.submit(number)
    assert refusal(await lister.review(number, version=2)) == (412, "LISTING_CHANGED")
    assert new not in lister.shown_photos(number)


async def test_what_lost_its_photos_meanwhile_is_not_approved(lister: Lister) -> None:
    number = await lister.submitted()
    lister.lose_photos(number)
    answer = await lister.review(number)
    assert (*refusal(answer), answer.json()["errors"][0]["field"]) == (409, "LISTING_INCOMPLETE", "photos")


@pytest.mark.parametrize("name", ["", "ada", "sam", "sue"])
@pytest.mark.parametrize("path", ["approve", "reject", "request-changes"])
async def test_only_admins_review(lister: Lister, name: str, path: str) -> None:
    number = await lister.submitted()
    answer = await lister.ask(name, "POST", f"{QUEUE}/{number}/{path}", {"version": 2, "notes": NOTES})
    assert answer.status_code == (403 if name else 401)
    assert (await lister.own(number))["review"]["status"] == "submitted"


async def test_a_dealers_token_with_every_scope_reviews_nothing(lister: Lister) -> None:
    number = await lister.submitted()
    machine = await lister.floor.machine("sam", *Scope)
    answer = await machine.post(f"/api{QUEUE}/{number}/approve", json={"version": 2})
    assert refusal(answer) == (403, "ADMINS_ONLY")


async def test_an_unknown_listing_is_404_and_an_away_workflow_503(lister: Lister) -> None:
    assert refusal(await lister.review(404, version=1)) == (404, "VEHICLE_NOT_FOUND")
    number = await lister.submitted()
    lister.door.away = True
    assert refusal(await lister.review(number)) == (503, "LISTING_UNAVAILABLE")


async def test_a_decision_is_kept_with_its_admin_address_and_words(lister: Lister) -> None:
    number = await lister.submitted()
    await lister.review(number, "reject", "alan", notes=NOTES)
    (deed,) = [deed for deed in lister.floor.deeds() if deed.action == "listing_rejected"]
    assert (deed.actor_id, deed.address, deed.detail["notes"]) == (lister.floor.person("alan"), "127.0.0.1", NOTES)


# While bids stand


async def bid_on(lister: Lister) -> tuple[int, int]:
    """A listing and its lot, on which ada leads bob."""
    number = await lister.listed()
    lot = await lister.lot(number)
    lister.floor.lots.bid(lot, lister.floor.person("bob"), 600_000)
    lister.floor.lots.bid(lot, lister.floor.person("ada"), 900_000, Kind.AUTO_BID)
    return number, lot


async def edit(lister: Lister, number: int, **changes: Any) -> Any:
    """Edit, send in and approve."""
    await lister.write(number, **changes)
    await lister.submit(number)
    return await lister.review(number)


async def test_a_material_edit_while_bids_stand_holds_the_lot_and_asks_its_bidders(lister: Lister) -> None:
    number, lot = await bid_on(lister)
    assert (await edit(lister, number, mileage=61_250)).status_code == 200
    shown = (await lister.ask("", "GET", f"/auctions/{lot}")).json()
    assert (shown["status"], shown["hold_reason"], shown["vehicle"]["mileage"]) == ("held", MATERIAL_EDIT, 61_250)
    told = sorted(address for kind, address in lister.mails() if kind == "listing_edited")
    assert told == ["ada@example.com", "bob@example.com"]


@pytest.mark.parametrize("change", [{"description": "More words."}, {"zip": "55101"}, {"reserve_cents": None}])
async def test_what_no_bidder_relies_on_changes_without_a_hold(lister: Lister, change: dict[str, Any]) -> None:
    number, lot = await bid_on(lister)
    assert (await edit(lister, number, **change)).status_code == 200
    assert (await lister.ask("", "GET", f"/auctions/{lot}")).json()["status"] == "live"
    assert lister.door.held == []


async def test_without_bids_nothing_is_held(lister: Lister) -> None:
    number = await lister.listed()
    lot = await lister.lot(number)
    assert (await edit(lister, number, mileage=61_250)).status_code == 200
    assert (await lister.ask("", "GET", f"/auctions/{lot}")).json()["status"] == "live"


async def test_a_lot_that_is_on_hold_for_another_reason_keeps_the_edit_waiting(lister: Lister) -> None:
    number, lot = await bid_on(lister)
    await lister.floor.post("amy", f"/api/auctions/{lot}/hold", {"reason": "the title is in question"})
    assert refusal(await edit(lister, number, mileage=61_250)) == (409, "LOT_NOT_HELD")
    with reading(lister.floor.house.engine) as connection:
        public = vehicle(connection, number)
    assert public is not None
    assert public.mileage == 41_250
    await lister.floor.post("amy", f"/api/auctions/{lot}/resume", {})
    assert (await lister.review(number)).status_code == 200


async def test_a_second_edit_during_the_hold_asks_again(lister: Lister) -> None:
    number, lot = await bid_on(lister)
    await edit(lister, number, mileage=61_250)
    assert (await edit(lister, number, mileage=71_250)).status_code == 200
    assert len([kind for kind, _ in lister.mails() if kind == "listing_edited"]) == 4
    assert lister.floor.lots.auctions[lot].status is Status.HELD


async def withdraw(lister: Lister, name: str, lot: int, key: str | None = None) -> Any:
    return await lister.floor.post(name, f"/api/auctions/{lot}/withdraw-bids", {}, key=key)


async def test_during_the_hold_a_bidder_steps_back_and_the_price_follows(lister: Lister) -> None:
    number, lot = await bid_on(lister)
    await edit(lister, number, mileage=61_250)
    answer = await withdraw(lister, "ada", lot)
    found = answer.json()
    assert (answer.status_code, found["kind"], found["outcome"]) == (200, "bidder_removed", "done")
    assert (found["leader"], found["price_cents"], found["auction_status"]) == ("Bidder 1", 600_000, "held")
    last = (await lister.ask("", "GET", f"/auctions/{lot}/bids")).json()["items"]
    assert [line["bidder"] for line in last if not line["retracted"]] == ["Bidder 1"]
    deed = lister.floor.deeds()[-1]
    assert (deed.action, deed.subject, deed.address) == ("withdraw_bids", f"auction {lot}", "127.0.0.1")


async def test_stepping_back_is_told_as_ones_own_wish(lister: Lister) -> None:
    number = await lister.listed()
    lot = await lister.lot(number)
    bid = lister.floor.lots.bid(lot, lister.floor.person("ada"), 600_000)
    await edit(lister, number, mileage=61_250)
    await withdraw(lister, "ada", lot)
    told = (await lister.ask("ada", "GET", f"/bids/{bid}/explanation")).text
    assert "at your own wish" in told
    assert "the listing was changed" in told


async def test_the_same_wish_to_step_back_has_one_answer_even_after_the_hold(lister: Lister) -> None:
    number, lot = await bid_on(lister)
    await edit(lister, number, mileage=61_250)
    first = await withdraw(lister, "ada", lot, key="k")
    await lister.floor.post("amy", f"/api/auctions/{lot}/resume", {})
    again = await withdraw(lister, "ada", lot, key="k")
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["seq"] == again.json()["seq"]
    assert refusal(await withdraw(lister, "bob", lot)) == (409, "NOT_WITHDRAWABLE")


async def test_at_any_other_time_bids_stand(lister: Lister) -> None:
    _, lot = await bid_on(lister)
    assert refusal(await withdraw(lister, "ada", lot)) == (409, "NOT_WITHDRAWABLE")
    await lister.floor.post("amy", f"/api/auctions/{lot}/hold", {"reason": "the title is in question"})
    assert refusal(await withdraw(lister, "ada", lot)) == (409, "NOT_WITHDRAWABLE")


async def test_who_has_no_bid_has_nothing_to_withdraw_and_takes_nobody_elses(lister: Lister) -> None:
    number, lot = await bid_on(lister)
    await edit(lister, number, mileage=61_250)
    await withdraw(lister, "bob", lot)
    assert refusal(await withdraw(lister, "bob", lot)) == (404, "NO_SUCH_BID")
    assert lister.floor.lots.auctions[lot].standing.leader == str(lister.floor.person("ada"))


@pytest.mark.parametrize(("name", "status", "code"), [("", 401, "NOT_SIGNED_IN"), ("eve", 403, "NOT_APPROVED_TO_BID")])
async def test_only_bidders_step_back(lister: Lister, name: str, status: int, code: str) -> None:
    lot = await lister.lot(await lister.listed())
    assert refusal(await withdraw(lister, name, lot)) == (status, code)


async def test_an_unknown_lot_is_404_and_a_key_is_needed(lister: Lister) -> None:
    assert refusal(await withdraw(lister, "ada", 404)) == (404, "AUCTION_NOT_FOUND")
    client = await lister.floor.client("ada")
    assert wrong_fields(await client.post("/api/auctions/1/withdraw-bids", json={})) == ["Idempotency-Key"]
