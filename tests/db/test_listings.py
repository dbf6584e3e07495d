"""Listings as rows: a working copy beside the approved values, its versions, the queue, what ends one."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, update
from sqlalchemy.exc import IntegrityError

from activities.db import auctions, listings, schedules, vehicles
from activities.db.auctions import PreviousRun
from activities.db.engine import transaction
from activities.db.listings import Listing, Verdict
from activities.db.people import Role
from activities.db.tables import auctions as auction_table
from domain.bidding import Kind
from domain.listings import Light, Particulars, Review, SaleType, Status, disclosed_hash
from domain.vehicles import BodyType, Drivetrain, FuelType, TitleStatus
from domain.vin import Market
from tests.db.market import DAY, NOON, SECOND, add_bids, add_car, add_lot, add_person

VIN, OTHER_VIN = "19XFC1F3XKE200001", "19XFC1F31KE200002"
CIVIC = Particulars(
    vin=VIN,
    market=Market.IMPORT,
    stock_number="A-17",
    year=2019,
    make="Honda",
    model="Civic",
    trim="EX",
    body_type=BodyType.SEDAN,
    exterior_color="Silver",
    interior_color="Black",
    engine="1.5 L turbo I4",
    cylinders=4,
    doors=4,
    transmission="CVT",
    drivetrain=Drivetrain.FWD,
    fuel_type=FuelType.GASOLINE,
    mileage=41_250,
    title_status=TitleStatus.CLEAN,
    title_state="MN",
    has_lien=True,
    lien_holder="First Bank",
    condition_grade=42,
    lights=(Light.YELLOW, Light.BLUE),
    disclosures="Stone chips.",
    description="One owner.",
    city="Saint Paul",
    state="MN",
    zip="55102",
    lat=44.94,
    lng=-93.1,
    sale_type=SaleType.TIMED,
    start_cents=500_000,
    reserve_cents=900_000,
    buy_now_cents=1_500_000,
    offers_open=True,
    auto_accept_cents=1_400_000,
    auto_decline_cents=800_000,
    length_days=7,
)


@dataclass
class Office:
    connection: Connection
    sam: int
    amy: int

    def add(self, told: Particulars = CIVIC, seller: int | None = None) -> int:
        return listings.add(self.connection, seller or self.sam, told, NOON)

    def get(self, vehicle_id: int) -> Listing:
        found = listings.listing(self.connection, vehicle_id, lock=True)
        assert found is not None
        return found

    def save(self, vehicle_id: int, **changes: Any) -> int:
        found = self.get(vehicle_id)
        return listings.save(self.connection, found, replace(found.told, **changes), NOON + SECOND)

    def submit(self, vehicle_id: int) -> Listing:
        listings.submit(self.connection, self.get(vehicle_id), NOON + 2 * SECOND)
        return self.get(vehicle_id)

    def decide(self, vehicle_id: int, review: Review, **notes: str) -> Listing:
        verdict = Verdict(review, notes, self.amy, NOON + 3 * SECOND)
        listings.decide(self.connection, self.get(vehicle_id), verdict)
        return self.get(vehicle_id)

    def listed(self, told: Particulars = CIVIC) -> int:
        number = self.add(told)
        self.submit(number)
        self.decide(number, Review.NONE)
        return number


@pytest.fixture
def office(engine: Engine) -> Iterator[Office]:
    with transaction(engine) as connection:
        sam = add_person(connection, "sam@example.com", role=Role.SELLER)
        yield Office(connection, sam, add_person(connection, "amy@example.com", role=Role.ADMIN))


@pytest.mark.parametrize("told", [CIVIC, Particulars(vin=VIN)], ids=["complete", "a VIN alone"])
def test_a_draft_is_read_as_it_was_written_and_nobody_else_sees_it(office: Office, told: Particulars) -> None:
    number = office.add(told)
    found = office.get(number)
    assert (found.told, found.public, found.version) == (told, None, 1)
    assert (found.status, found.review, found.notes) == (Status.DRAFT, Review.DRAFT, {})
    assert vehicles.vehicle(office.connection, number) is None


def test_an_approval_puts_every_value_into_its_column(office: Office) -> None:
    number = office.listed()
    found, public = office.get(number), vehicles.vehicle(office.connection, number)
    assert (found.told, found.public, found.review, found.status) == (CIVIC, CIVIC, Review.NONE, Status.APPROVED)
    assert found.listed_at == found.reviewed_at == NOON + 3 * SECOND
    assert found.disclosures_hash == disclosed_hash(CIVIC)
    assert public is not None
    assert (public.market, public.lights, public.cylinders, public.title_state) == ("import", "yellow,blue", 4, "MN")
    assert (public.buy_now_cents, public.offers_open, public.listed_at) == (1_500_000, True, found.listed_at)
    names = set(type(public).__dataclass_fields__)
    assert not names & {
        "reserve_cents",
        "auto_accept_cents",
        "auto_decline_cents",
        "lien_holder",
        "stock_number",
        "draft",
    }


def test_the_second_approval_keeps_the_day_it_was_first_listed(office: Office) -> None:
    number = office.listed()
    before = office.get(number).listed_at
    listings.move(office.connection, number, Status.SCHEDULED, NOON)
    office.save(number, mileage=61_250)
    office.submit(number)
    found = office.decide(number, Review.NONE)
    assert (found.listed_at, found.status) == (before, Status.SCHEDULED)
    assert found.public is not None
    assert found.public.mileage == 61_250


def test_each_edit_and_each_handing_in_is_the_next_version(office: Office) -> None:
    number = office.add()
    assert office.save(number, mileage=1) == 2
    found = office.submit(number)
    assert (found.version, found.review, found.submitted_at) == (3, Review.SUBMITTED, NOON + 2 * SECOND)
    assert office.decide(number, Review.CHANGES_REQUESTED, mileage="The photo shows more.").version == 3
    assert office.get(number).notes == {"mileage": "The photo shows more."}
    assert office.submit(number).notes == {}


def test_a_working_copy_that_says_what_is_public_is_none(office: Office) -> None:
    number = office.listed()
    office.save(number, mileage=1)
    assert office.get(number).review is Review.DRAFT
    office.save(number, mileage=CIVIC.mileage)
    assert office.get(number).review is Review.NONE


@pytest.mark.parametrize("end", ["sold", "withdrawn", "hidden"])
def test_a_vin_is_listed_once_at_a_time(office: Office, end: str) -> None:
    number = office.listed()
    assert listings.open_with_number(office.connection, VIN) == number
    with pytest.raises(IntegrityError), office.connection.begin_nested():
        office.add()
    if end == "sold":
        lot = add_lot(office.connection, office.sam, number)
        listings.end_lot(office.connection, lot, "sold", NOON)
    elif end == "withdrawn":
        listings.withdraw(office.connection, office.get(number), NOON)
    else:
        assert not listings.remove(office.connection, office.get(number), NOON)
    assert listings.open_with_number(office.connection, VIN) is None
    assert office.add() != number


def test_a_draft_moves_its_vin_and_a_public_listing_keeps_it(office: Office) -> None:
    draft = office.add()
    office.save(draft, vin=OTHER_VIN)
    assert listings.open_with_number(office.connection, OTHER_VIN) == draft
    public = office.listed()
    office.save(public, vin="19XFC1F33KE200003")
    assert listings.open_with_number(office.connection, VIN) == public


@pytest.mark.parametrize(
    ("result", "status"),
    [
        ("sold", Status.SOLD),
        ("reserve_not_met", Status.UNSOLD),
        ("no_bids", Status.UNSOLD),
        ("cancelled", Status.UNSOLD),
    ],
)
def test_the_end_of_a_lot_is_the_end_of_its_listing_or_not(office: Office, result: str, status: Status) -> None:
    number, other = office.listed(), office.listed(replace(CIVIC, vin=OTHER_VIN))
    lot = add_lot(office.connection, office.sam, number)
    listings.end_lot(office.connection, lot, result, NOON + DAY)
    assert (office.get(number).status, office.get(other).status) == (status, Status.APPROVED)


def test_a_recorded_close_ends_the_listing_in_the_same_write(office: Office) -> None:
    number = office.listed()
    lot = add_lot(office.connection, office.sam, number)
    ada = add_person(office.connection, "ada@example.com")
    add_bids(office.connection, lot, office.sam, [(ada, Kind.BID, 600_000)], end=True)
    assert office.get(number).status is Status.SOLD


def test_a_draft_is_deleted_and_what_was_public_is_hidden(office: Office) -> None:
    draft, public = office.add(replace(CIVIC, vin=OTHER_VIN)), office.listed()
    assert listings.remove(office.connection, office.get(draft), NOON)
    assert not listings.remove(office.connection, office.get(public), NOON)
    assert [listings.listing(office.connection, each) for each in (draft, public)] == [None, None]
    assert vehicles.vehicle(office.connection, public) is None
    assert listings.count_of_seller(office.connection, office.sam) == 0


def test_a_withdrawn_listing_waits_for_no_review(office: Office) -> None:
    edited, photos_alone = office.add(), office.listed(replace(CIVIC, vin=OTHER_VIN))
    for number in (edited, photos_alone):
        office.submit(number)
        listings.withdraw(office.connection, office.get(number), NOON)
    assert [office.get(number).review for number in (edited, photos_alone)] == [Review.DRAFT, Review.NONE]
    assert office.get(edited).status is Status.WITHDRAWN


def test_the_queue_has_what_is_open_oldest_first_in_pages(office: Office) -> None:
    numbers = [office.add(replace(CIVIC, vin=f"19XFC1F3XKE20001{n}")) for n in range(4)]
    for number in numbers:
        office.submit(number)
    lot = add_lot(office.connection, office.sam, numbers[1])
    listings.end_lot(office.connection, lot, "sold", NOON)
    page = listings.in_review(office.connection, Review.SUBMITTED, after_id=None, limit=2)
    rest = listings.in_review(office.connection, Review.SUBMITTED, after_id=page[-1].id, limit=2)
    assert [found.id for found in (*page, *rest)] == [numbers[0], *numbers[2:]]
    assert listings.count_in_review(office.connection, Review.SUBMITTED) == 3
    assert listings.in_review(office.connection, Review.REJECTED, after_id=None, limit=2) == []


def test_a_sellers_own_come_newest_first_in_pages(office: Office) -> None:
    mine = [office.add(replace(CIVIC, vin=f"19XFC1F3XKE20001{n}")) for n in range(3)]
    office.add(seller=office.amy)
    page = listings.of_seller(office.connection, office.sam, after_id=None, limit=2)
    rest = listings.of_seller(office.connection, office.sam, after_id=page[-1].id, limit=2)
    assert [found.id for found in (*page, *rest)] == mine[::-1]
    assert listings.count_of_seller(office.connection, office.sam) == 3


def test_vehicles_from_before_reviews_count_as_approved(office: Office) -> None:
    number = add_car(office.connection, office.sam, 1)
    found = office.get(number)
    assert (found.status, found.review, found.told) == (Status.APPROVED, Review.NONE, found.public)


def test_bidders_whose_bids_stand_are_found_and_admins_to_review(office: Office) -> None:
    people = [add_person(office.connection, f"{name}@example.com") for name in ("ada", "bob", "eve")]
    ada, bob, _ = people
    lot = add_lot(office.connection, office.sam, office.listed())
    add_bids(office.connection, lot, office.sam, [(ada, Kind.BID, 600_000), (bob, Kind.BID, 100_000)])
    found = [user_id for user_id, _, _ in listings.standing_bidders(office.connection, lot)]
    assert found == [ada]
    assert listings.reviewers(office.connection) == [(office.amy, "Amy", "amy@example.com")]


def test_the_last_lot_of_a_vehicle_is_its_newest(office: Office) -> None:
    number = office.listed()
    assert listings.last_lot(office.connection, number) is None
    add_lot(office.connection, office.sam, number, status="ended", result="no_bids")
    lot = add_lot(office.connection, office.sam, number)
    found = listings.last_lot(office.connection, number)
    assert found is not None
    assert (found.auction_id, found.status, found.result) == (lot, "live", None)


def test_a_relisted_lot_is_linked_to_the_run_before_it(office: Office) -> None:
    number = office.listed()
    ended = {"status": "ended", "ended_at": NOON, "result": "reserve_not_met", "price_cents": 800_000}
    first = add_lot(office.connection, office.sam, number, **ended)
    second = add_lot(office.connection, office.sam, number, **{**ended, "result": "no_bids", "price_cents": None})
    third = add_lot(office.connection, office.sam, number)
    add_lot(office.connection, office.sam, add_car(office.connection, office.sam, 9), **ended)
    runs = [auctions.full_lot(office.connection, each) for each in (first, second, third)]
    assert [run and run.previous for run in runs] == [
        None,
        PreviousRun(first, "reserve_not_met", 800_000, NOON),
        PreviousRun(second, "no_bids", None, NOON),
    ]


def test_a_sellers_planned_ends_are_those_of_open_lots_around(office: Office) -> None:
    car = add_car(office.connection, office.sam, 9)
    ends = [NOON + n * SECOND for n in range(4)]
    lots = [add_lot(office.connection, office.sam, car, planned_ends_at=end) for end in ends]
    add_lot(office.connection, office.amy, car, planned_ends_at=ends[1])
    over = update(auction_table).where(auction_table.c.id == lots[2]).values(status="ended")
    office.connection.execute(over)
    assert sorted(schedules.planned_ends(office.connection, office.sam, ends[1], ends[3])) == [ends[1], ends[3]]


OLD = Particulars(vin="9T02H118473", market=Market.PRE_1981, make="Ford", year=1969)


@pytest.mark.parametrize("change", [{"make": "Dodge"}, {"year": 1970}, {"make": ""}, {"year": None}])
def test_before_1981_another_car_may_have_the_same_number(office: Office, change: dict[str, Any]) -> None:
    first = office.add(OLD)
    assert office.add(replace(OLD, **change)) != first


def test_before_1981_the_same_car_is_listed_once(office: Office) -> None:
    office.add(OLD)
    with pytest.raises(IntegrityError), office.connection.begin_nested():
        office.add(replace(OLD, make="FORD"))


def test_before_1981_a_draft_that_turns_out_to_be_a_listed_car_is_not_written(office: Office) -> None:
    office.add(OLD)
    draft = office.add(replace(OLD, make=""))
    with pytest.raises(IntegrityError), office.connection.begin_nested():
        office.save(draft, make="Ford")
    assert office.get(draft).told.make == ""


def test_before_1981_an_edit_of_the_year_holds_the_new_one(office: Office) -> None:
    public = office.listed(replace(CIVIC, vin="9T02H118473", market=Market.PRE_1981, make="Ford", year=1969))
    office.save(public, year=1970)
    assert office.add(OLD) != public
    with pytest.raises(IntegrityError), office.connection.begin_nested():
        office.add(replace(OLD, year=1970))


def test_what_is_withdrawn_has_a_page_while_an_auction_is_told_of_and_is_in_no_list(office: Office) -> None:
    number = office.listed()
    shown = vehicles.shown_vehicle(office.connection, number)
    assert shown is not None
    assert (shown.status, shown.withdrawn_at) == (Status.APPROVED, None)
    listings.withdraw(office.connection, office.get(number), NOON + DAY)
    assert vehicles.shown_vehicle(office.connection, number) is None
    assert vehicles.vehicle_page(office.connection, vehicles.ANY_VEHICLE, after_id=None, limit=9) == []
    assert vehicles.makes(office.connection) == []
    add_lot(office.connection, office.sam, number)
    shown = vehicles.shown_vehicle(office.connection, number)
    assert shown is not None
    assert (shown.status, shown.withdrawn_at, shown.vehicle.make) == (Status.WITHDRAWN, NOON + DAY, "Honda")


def test_what_was_never_public_or_was_deleted_has_no_page_even_with_auctions(office: Office) -> None:
    draft, public = office.add(), office.listed(replace(CIVIC, vin=OTHER_VIN))
    add_lot(office.connection, office.sam, public)
    assert listings.remove(office.connection, office.get(public), NOON + DAY) is False
    assert [vehicles.shown_vehicle(office.connection, number) for number in (draft, public)] == [None, None]
