"""Seller profiles: written, decided, listed by how they stand on a day, and the vehicles that count."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from activities.db import people, sellers
from activities.db.engine import transaction
from activities.db.people import Role
from activities.db.sellers import Draft
from domain.sellers import Licence, LicenceClass, Profile, SellerStatus
from tests.db.market import DAY, NOON, add_car, add_lot, add_person, let_sell

TODAY = NOON.date()
LICENCE = Licence("DLR1", LicenceClass.WHOLESALE, "WI", date(2026, 12, 31))
DRAFT = Draft("Northstar", LICENCE, "5ea1", "5ea2")


@dataclass
class Office:
    connection: Connection
    ada: int
    sam: int
    cars: int = 0

    def lot(self, seller: int, *, car: int | None = None, **changes: Any) -> int:
        self.cars += 1
        vehicle = add_car(self.connection, seller, self.cars) if car is None else car
        add_lot(self.connection, seller, vehicle, **changes)
        return vehicle

    def count(self, seller: int, **besides: int) -> int:
        found = sellers.vehicle_counts(self.connection, [seller], NOON - 365 * DAY, **besides)
        return found[seller]

    def ids(self, status: SellerStatus | None, **page: Any) -> list[int]:
        wanted = {"after_id": None, "limit": 10, **page}
        found = sellers.seller_page(self.connection, status, TODAY, **wanted)
        return [seller.user_id for seller in found]


@pytest.fixture
def office(engine: Engine) -> Iterator[Office]:
    with transaction(engine) as connection:
        ada = add_person(connection, "ada@example.com")
        yield Office(connection, ada, add_person(connection, "sam@example.com", role=Role.SELLER))


def test_who_has_written_nothing_has_an_empty_profile(office: Office) -> None:
    assert sellers.seller(office.connection, office.ada) is None
    assert sellers.profile(office.connection, office.ada) == Profile()


def test_a_draft_is_read_as_it_was_written_and_the_next_one_replaces_it(office: Office) -> None:
    sellers.save_draft(office.connection, office.ada, DRAFT, SellerStatus.DRAFT, NOON)
    found = sellers.seller(office.connection, office.ada)
    assert found is not None
    assert found.profile == Profile(SellerStatus.DRAFT, "Northstar", LICENCE, has_tax_id=True, has_payout=True)
    assert (found.tax_id_sealed, found.payout_sealed, found.name) == ("5ea1", "5ea2", "Ada")
    sellers.save_draft(office.connection, office.ada, Draft("Ada", None), SellerStatus.DRAFT, NOON)
    assert sellers.profile(office.connection, office.ada) == Profile(SellerStatus.DRAFT, "Ada")


def test_what_is_sealed_shows_itself_nowhere(office: Office) -> None:
    sellers.save_draft(office.connection, office.ada, DRAFT, SellerStatus.DRAFT, NOON)
    assert "5ea" not in repr(sellers.seller(office.connection, office.ada)) + repr(DRAFT)


def test_an_approval_makes_a_buyer_a_seller_who_may_bid_as_before(office: Office) -> None:
    sellers.save_draft(office.connection, office.ada, DRAFT, SellerStatus.DRAFT, NOON)
    sellers.submit(office.connection, office.ada, NOON)
    sellers.decide(office.connection, office.ada, SellerStatus.APPROVED, reason="fine", by=7, now=NOON + DAY)
    person, found = people.person(office.connection, office.ada), sellers.seller(office.connection, office.ada)
    assert person is not None
    assert found is not None
    assert (person.role, person.can_bid) == (Role.SELLER, True)
    assert (found.profile.status, found.reason, found.reviewed_by) == (SellerStatus.APPROVED, "fine", 7)
    assert (found.submitted_at, found.reviewed_at) == (NOON, NOON + DAY)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.SUPPORT])
def test_the_staff_keep_their_role_when_they_are_approved_to_sell(office: Office, role: Role) -> None:
    staff = add_person(office.connection, "amy@example.com", role=role)
    let_sell(office.connection, staff)
    person = people.person(office.connection, staff)
    assert person is not None
    assert person.role is role


def test_a_suspension_takes_no_role_away_so_running_lots_can_be_steered(office: Office) -> None:
    let_sell(office.connection, office.ada)
    sellers.decide(office.connection, office.ada, SellerStatus.SUSPENDED, reason="complaints", by=7, now=NOON)
    person = people.person(office.connection, office.ada)
    assert person is not None
    assert person.role is Role.SELLER


def test_sellers_are_listed_by_how_they_stand_today(office: Office) -> None:
    over = replace(LICENCE, expires_on=TODAY - timedelta(days=1))
    last_day = replace(LICENCE, expires_on=TODAY)
    bob, cid = (add_person(office.connection, f"{name}@example.com") for name in ("bob", "cid"))
    sellers.add_approved(office.connection, office.ada, "private", None, NOON)
    sellers.add_approved(office.connection, office.sam, "lapsed", over, NOON)
    sellers.add_approved(office.connection, bob, "last day", last_day, NOON)
    sellers.save_draft(office.connection, cid, DRAFT, SellerStatus.SUBMITTED, NOON)
    expected = {
        SellerStatus.NONE: [],
        SellerStatus.DRAFT: [],
        SellerStatus.SUBMITTED: [cid],
        SellerStatus.APPROVED: [office.ada, bob],
        SellerStatus.LAPSED: [office.sam],
        SellerStatus.REJECTED: [],
        SellerStatus.SUSPENDED: [],
    }
    assert {status: office.ids(status) for status in SellerStatus} == expected
    counts = {status: sellers.count_sellers(office.connection, status, TODAY) for status in SellerStatus}
    assert counts == {status: len(found) for status, found in expected.items()}


def test_the_list_goes_on_after_a_seller(office: Office) -> None:
    for user_id in (office.ada, office.sam):
        let_sell(office.connection, user_id)
    assert office.ids(None, limit=1) == [office.ada]
    assert office.ids(None, after_id=office.ada) == [office.sam]


def test_sold_vehicles_of_the_year_and_those_on_sale_count_once_each(office: Office) -> None:
    year_ago = NOON - 365 * DAY
    sold: dict[str, Any] = {"status": "ended", "result": "sold"}
    office.lot(office.sam, ended_at=year_ago - DAY, **sold)
    office.lot(office.sam, ended_at=NOON, status="ended", result="reserve_not_met")
    assert office.count(office.sam) == 0
    twice = office.lot(office.sam, ended_at=year_ago, **sold)
    office.lot(office.sam, car=twice)
    office.lot(office.sam, status="scheduled")
    office.lot(office.ada)
    assert (office.count(office.sam), office.count(office.ada)) == (2, 1)
    assert office.count(office.sam, besides=twice) == 1
