"""Requests for a second admin in the database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine

from activities.db import approvals
from activities.db.approvals import Approval, NewApproval, Staff, State
from activities.db.engine import transaction
from activities.db.people import Role
from domain.bidding import Kind
from tests.db.market import NOON, add_bids, add_car, add_lot, add_person

LATER = NOON + timedelta(minutes=3)


@dataclass(frozen=True)
class Desk:
    connection: Connection
    amy: int
    alan: int

    def wanted(self, key: str = "key-1", auction_id: int = 7) -> NewApproval:
        return NewApproval(auction_id, "retract", {"bid_id": "b"}, "fraud", self.amy, key)

    def file(self, key: str = "key-1") -> Approval:
        return self.known(approvals.add_approval(self.connection, self.wanted(key), NOON))

    def known(self, number: int) -> Approval:
        found = approvals.approval(self.connection, number)
        assert found is not None
        return found

    def decide(self, found: Approval, *, rejected: bool = False) -> Approval:
        approvals.decide(self.connection, found, by=self.alan, at=LATER, decision_key="d", rejected=rejected)
        return self.known(found.id)

    def finish(self, found: Approval, outcome: State, code: str | None = None) -> Approval:
        approvals.finish(self.connection, found, outcome=outcome, seq=9, code=code)
        return self.known(found.id)

    def ids(self, state: State | None) -> list[int]:
        found = approvals.approval_page(self.connection, state, before_id=None, limit=10)
        assert approvals.count_approvals(self.connection, state) == len(found)
        return [each.id for each in found]


@pytest.fixture
def desk(engine: Engine) -> Iterator[Desk]:
    with transaction(engine) as connection:
        amy, alan = (add_person(connection, f"{name}@example.com", role=Role.ADMIN) for name in ("amy", "alan"))
        yield Desk(connection, amy, alan)


def test_a_request_is_open_until_somebody_decides(desk: Desk) -> None:
    found = desk.file()
    assert (found.state, found.requested_by, found.requested_at) == (State.OPEN, Staff(desk.amy, "Amy"), NOON)
    assert (found.facts, found.decided_by, found.decision_key, found.seq) == ({"bid_id": "b"}, None, None, None)


def test_an_approved_request_waits_for_its_outcome(desk: Desk) -> None:
    found = desk.decide(desk.file())
    assert (found.state, found.decided_by, found.decided_at) == (State.APPROVED, Staff(desk.alan, "Alan"), LATER)
    assert found.decision_key == "d"


def test_a_rejected_request_is_finished(desk: Desk) -> None:
    assert desk.decide(desk.file(), rejected=True).state is State.REJECTED


def test_an_outcome_is_kept_with_its_entry_and_code(desk: Desk) -> None:
    found = desk.finish(desk.decide(desk.file()), State.REFUSED, "TOO_LATE")
    assert (found.state, found.seq, found.code, found.decision_key) == (State.REFUSED, 9, "TOO_LATE", "d")


def test_the_first_outcome_stays(desk: Desk) -> None:
    done = desk.finish(desk.decide(desk.file()), State.DONE)
    assert desk.finish(done, State.REFUSED, "TOO_LATE") == done


def test_an_open_or_rejected_request_has_no_outcome_to_write(desk: Desk) -> None:
    assert desk.finish(desk.file(), State.DONE).state is State.OPEN


def test_a_request_is_found_by_the_key_of_its_admin_and_auction(desk: Desk) -> None:
    found = desk.file()
    assert approvals.filed_under(desk.connection, desk.wanted()) == found
    assert approvals.filed_under(desk.connection, desk.wanted("key-2")) is None
    assert approvals.filed_under(desk.connection, desk.wanted(auction_id=8)) is None


def test_each_request_is_in_one_state_and_newest_first(desk: Desk) -> None:
    made = [desk.file(f"key-{number}") for number in range(5)]
    desk.finish(desk.decide(made[1]), State.DONE)
    desk.finish(desk.decide(made[2]), State.REFUSED, "CLOSED")
    desk.decide(made[3], rejected=True)
    desk.decide(made[4])
    listed = {state: desk.ids(state) for state in State}
    assert listed == {
        State.OPEN: [made[0].id],
        State.APPROVED: [made[4].id],
        State.DONE: [made[1].id],
        State.REFUSED: [made[2].id],
        State.REJECTED: [made[3].id],
    }
    assert desk.ids(None) == [each.id for each in reversed(made)]


def test_a_page_goes_on_below_an_id(desk: Desk) -> None:
    made = [desk.file(f"key-{number}").id for number in range(3)]
    page = approvals.approval_page(desk.connection, None, before_id=made[2], limit=1)
    assert [each.id for each in page] == [made[1]]


def test_an_unknown_request_is_not_found(desk: Desk) -> None:
    assert approvals.locked_approval(desk.connection, 404) is None


def test_an_alias_counts_bidders_by_their_first_accepted_bid(desk: Desk) -> None:
    connection = desk.connection
    seller, ada, bob = (add_person(connection, f"{name}@example.com") for name in ("sam", "ada", "bob"))
    lot = add_lot(connection, seller, add_car(connection, seller, 1))
    bid, auto = Kind.BID, Kind.AUTO_BID
    attempts = [(ada, bid, 100), (bob, auto, 900_000), (ada, bid, 600_000), (bob, auto, 950_000)]
    add_bids(connection, lot, seller, attempts)
    found = [approvals.bidder_of(connection, lot, f"Bidder {number}") for number in (1, 2, 3)]
    assert found == [bob, ada, None]
