"""Events of sellers and their deliveries: in order, never missed by a cursor, due vehicle by vehicle, sent again."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, Engine, func, select

from activities.db import seller_deliveries, seller_endpoints, seller_feed
from activities.db.engine import reading, transaction
from activities.db.seller_deliveries import Key, Looked
from activities.db.seller_endpoints import Endpoint, TooManyEndpointsError
from activities.db.seller_feed_tables import seller_deliveries as rows
from activities.db.tables import metadata
from activities.offer_contracts import OfferStep
from domain.bidding import Kind
from domain.offers import Act, Offer, OfferStatus, Side
from domain.seller_feed import DeliveryState, Disabled, FeedKind
from tests.db.market import DAY, NOON, SECOND, add_bids, add_car, add_lot, add_person

URL = "https://stock.dealer.example/hooks"
ASKED = FeedKind.QUESTION_ASKED
TWO_S = 2 * SECOND


@dataclass(frozen=True)
class Stake:
    offer_id: str
    seller_id: int
    vehicle_id: int
    auction_id: int


@pytest.fixture
def engine(engine: Engine) -> Engine:
    metadata.create_all(engine)
    return engine


@dataclass
class Desk:
    connection: Connection
    sam: int
    sid: int

    def endpoint(self, seller_id: int | None = None, *kinds: FeedKind) -> Endpoint:
        seller_id = seller_id or self.sam
        return seller_endpoints.add(self.connection, seller_id, URL, kinds, lambda number: f"sealed {number}", NOON)

    def note(self, vehicle_id: int, kind: FeedKind = ASKED, at: datetime = NOON, **facts: Any) -> int:
        return seller_feed.note_event(self.connection, self.sam, vehicle_id, kind, facts, at)

    def look(self, endpoint_id: int, now: datetime = NOON) -> Looked:
        return seller_deliveries.look(self.connection, endpoint_id, now, 20)

    def due(self, endpoint_id: int, now: datetime = NOON) -> list[int]:
        return [head.event_id for head in self.look(endpoint_id, now).due]

    def key(self, endpoint_id: int, event_id: int) -> Key:
        own = (rows.c.endpoint_id == endpoint_id) & (rows.c.event_id == event_id)
        return Key(endpoint_id, event_id, self.connection.execute(select(rows.c.replays).where(own)).scalar_one())

    def deliver(self, endpoint_id: int, event_id: int, now: datetime = NOON) -> None:
        seller_deliveries.mark_delivered(self.connection, self.key(endpoint_id, event_id), 200, now)

    def fail(self, endpoint_id: int, event_id: int, again_at: datetime | None) -> None:
        key = self.key(endpoint_id, event_id)
        seller_deliveries.mark_failed(self.connection, key, NOON, again_at, 500, "status 500")

    def states(self, endpoint_id: int) -> dict[int, DeliveryState]:
        found = seller_deliveries.log_of(self.connection, endpoint_id, None, None, 100)
        return {each.event_id: each.state for each in found}

    def asleep(self, now: datetime = NOON) -> list[int]:
        return [each.endpoint_id for each in seller_endpoints.asleep(self.connection, now, 10)]


@pytest.fixture
def desk(engine: Engine) -> Iterator[Desk]:
    with transaction(engine) as connection:
        sam, sid = (add_person(connection, f"{name}@example.com") for name in ("sam", "sid"))
        yield Desk(connection, sam, sid)


def test_an_event_is_the_same_bytes_for_whoever_asks_and_tells_only_what_it_may(desk: Desk) -> None:
    endpoint = desk.endpoint()
    facts = {"result": "sold", "price_cents": 900_000, "reserve_cents": 800_000, "leader": "Bidder 3"}
    kind = FeedKind.AUCTION_ENDED
    number = seller_feed.note_event(desk.connection, desk.sam, 12, kind, facts, NOON, auction_id=7)
    event = seller_feed.events(desk.connection, desk.sam, after=0, limit=10)[0]
    out = seller_deliveries.outgoing(desk.connection, Key(endpoint.id, number, 0))
    assert out is not None
    assert event.body == out.event.body
    assert msgspec.json.decode(event.body) == {
        "id": number,
        "kind": "auction_ended",
        "vehicle_id": 12,
        "auction_id": 7,
        "at": "2026-05-05T12:00:00.000Z",
        "facts": {"price_cents": 900_000, "result": "sold"},
    }


def test_an_event_goes_to_the_endpoints_of_its_seller_that_want_it(desk: Desk) -> None:
    every, some, other = desk.endpoint(), desk.endpoint(desk.sam, ASKED), desk.endpoint(desk.sid)
    asked, submitted = desk.note(1), desk.note(1, FeedKind.LISTING_SUBMITTED)
    assert [list(desk.states(each.id)) for each in (every, some, other)] == [[submitted, asked], [asked], []]


def test_the_cursor_goes_on_after_the_last_event_and_sees_nobody_elses(desk: Desk) -> None:
    numbers = [desk.note(1) for _ in range(3)]
    seller_feed.note_event(desk.connection, desk.sid, 2, ASKED, {}, NOON)
    found = seller_feed.events(desk.connection, desk.sam, after=numbers[0], limit=10)
    assert [event.id for event in found] == numbers[1:]


def test_the_next_event_of_a_vehicle_waits_for_the_one_before_and_other_vehicles_go_on(desk: Desk) -> None:
    endpoint = desk.endpoint().id
    first, second, third, other = desk.note(1), desk.note(1), desk.note(1), desk.note(2)
    assert desk.due(endpoint) == [first, other]
    desk.fail(endpoint, first, NOON + DAY)
    assert desk.look(endpoint).next_at == NOON + DAY
    assert desk.due(endpoint) == [other]
    desk.deliver(endpoint, other)
    assert desk.due(endpoint) == []
    assert desk.due(endpoint, NOON + DAY) == [first]
    desk.deliver(endpoint, first)
    assert desk.due(endpoint) == [second]
    desk.fail(endpoint, second, None)
    assert desk.due(endpoint) == [third]


def test_what_waits_for_an_earlier_event_is_not_sent_though_somebody_asks(desk: Desk) -> None:
    endpoint = desk.endpoint().id
    first, second = desk.note(1), desk.note(1)
    assert seller_deliveries.outgoing(desk.connection, desk.key(endpoint, second)) is None
    assert seller_deliveries.outgoing(desk.connection, desk.key(endpoint, first)) is not None
    desk.deliver(endpoint, first)
    assert seller_deliveries.outgoing(desk.connection, desk.key(endpoint, first)) is None


def test_the_log_tells_attempts_and_the_last_answer_newest_first(desk: Desk) -> None:
    endpoint = desk.endpoint().id
    first, second = desk.note(1), desk.note(2)
    desk.fail(endpoint, first, NOON + SECOND)
    desk.fail(endpoint, first, NOON + TWO_S)
    desk.deliver(endpoint, second, NOON + DAY)
    log = seller_deliveries.log_of(desk.connection, endpoint, None, None, 10)
    failed = seller_deliveries.log_of(desk.connection, endpoint, DeliveryState.PENDING, second, 10)
    assert [each.event_id for each in log] == [second, first]
    assert (log[0].state, log[0].attempts, log[0].delivered_at) == (DeliveryState.DELIVERED, 1, NOON + DAY)
    assert [(each.attempts, each.next_at, each.last_status, each.last_error) for each in failed] == [
        (2, NOON + TWO_S, 500, "status 500")
    ]
    assert seller_deliveries.count_waiting(desk.connection, [endpoint]) == {endpoint: 1}
    assert seller_deliveries.has_taken_since(desk.connection, endpoint, NOON) is True
    assert seller_deliveries.has_taken_since(desk.connection, endpoint, NOON + DAY) is False


def test_a_replay_sends_again_what_came_after_a_cursor_also_from_before_the_endpoint(desk: Desk) -> None:
    before, asked_before = desk.note(1, FeedKind.LISTING_APPROVED), desk.note(1)
    endpoint = desk.endpoint(desk.sam, ASKED).id
    after, last = desk.note(1), desk.note(2)
    for number in (after, last):
        desk.deliver(endpoint, number)
    found = seller_deliveries.replay(desk.connection, endpoint, before, NOON, 2)
    assert (found.events, found.through, found.more) == (2, after, True)
    assert desk.states(endpoint) == {
        last: DeliveryState.DELIVERED,
        after: DeliveryState.PENDING,
        asked_before: DeliveryState.PENDING,
    }
    rest = seller_deliveries.replay(desk.connection, endpoint, found.through, NOON, 2)
    assert (rest.events, rest.through, rest.more) == (1, last, False)
    assert desk.due(endpoint) == [asked_before, last]
    nothing = seller_deliveries.replay(desk.connection, endpoint, last, NOON, 2)
    assert (nothing.events, nothing.through, nothing.more) == (0, last, False)


def test_an_answer_to_an_earlier_sending_settles_no_replay(desk: Desk) -> None:
    endpoint = desk.endpoint().id
    number = desk.note(1)
    key = desk.key(endpoint, number)
    seller_deliveries.replay(desk.connection, endpoint, 0, NOON, 10)
    seller_deliveries.mark_delivered(desk.connection, key, 200, NOON)
    assert desk.states(endpoint) == {number: DeliveryState.PENDING}


def test_a_disabled_endpoint_gets_nothing_until_a_replay_switches_it_on(desk: Desk) -> None:
    endpoint = desk.endpoint().id
    waiting = desk.note(1)
    assert seller_endpoints.disable(desk.connection, endpoint, Disabled.GONE, NOON) is True
    assert seller_endpoints.disable(desk.connection, endpoint, Disabled.UNREACHABLE, NOON) is False
    missed = desk.note(1)
    assert desk.states(endpoint) == {waiting: DeliveryState.GIVEN_UP}
    assert desk.look(endpoint).is_open is False
    assert seller_deliveries.outgoing(desk.connection, desk.key(endpoint, waiting)) is None
    seller_deliveries.replay(desk.connection, endpoint, waiting, NOON, 10)
    found = seller_endpoints.endpoint(desk.connection, endpoint)
    assert found is not None
    assert (found.disabled_at, found.disabled_reason) == (None, None)
    assert desk.due(endpoint) == [missed]


def test_a_test_is_for_one_endpoint_and_is_not_sent_to_others_by_a_replay(desk: Desk) -> None:
    one, other = desk.endpoint().id, desk.endpoint().id
    number = seller_feed.note_test(desk.connection, desk.sam, one, NOON)
    seller_deliveries.replay(desk.connection, other, 0, NOON, 10)
    assert (desk.due(one), desk.due(other)) == ([number], [])


def test_whom_nobody_has_told_is_found_and_whoever_has_looked_is_left_alone(desk: Desk) -> None:
    endpoint = desk.endpoint().id
    assert desk.asleep() == []
    number = desk.note(1)
    assert desk.asleep() == [endpoint]
    asleep = seller_endpoints.asleep(desk.connection, NOON, 10)[0]
    seller_endpoints.mark_told(desk.connection, asleep, NOON)
    assert (desk.asleep(), desk.asleep(NOON + DAY)) == ([], [endpoint])
    desk.look(endpoint)
    desk.deliver(endpoint, number)
    desk.look(endpoint)
    assert desk.asleep(NOON + DAY) == []
    desk.note(2)
    assert desk.asleep() == [endpoint]
    stale = asleep
    desk.fail(endpoint, desk.due(endpoint)[0], NOON + SECOND)
    desk.look(endpoint)
    seller_endpoints.mark_told(desk.connection, stale, NOON + DAY)
    assert (desk.asleep(NOON + SECOND), desk.asleep(NOON + 7 * SECOND)) == ([], [endpoint])
    seller_endpoints.disable(desk.connection, endpoint, Disabled.GONE, NOON)
    assert desk.asleep(NOON + DAY) == []


def test_five_endpoints_are_the_most_and_a_deleted_one_makes_room(desk: Desk) -> None:
    made = [desk.endpoint().id for _ in range(5)]
    with pytest.raises(TooManyEndpointsError):
        desk.endpoint()
    desk.note(1)
    seller_endpoints.remove(desk.connection, made[-1], NOON)
    assert seller_endpoints.endpoint(desk.connection, made[-1]) is None
    assert desk.states(made[-1]) == {}
    again = desk.endpoint().id
    assert again not in made
    seller_endpoints.forget_all(desk.connection, desk.sam, NOON)
    assert seller_endpoints.of_seller(desk.connection, desk.sam) == []


def test_a_replaced_secret_is_good_for_another_day(desk: Desk) -> None:
    endpoint = desk.endpoint().id
    found = seller_endpoints.rotate(desk.connection, endpoint, "sealed anew", NOON)
    assert found.old_until == NOON + DAY
    both = seller_endpoints.sealed_secrets(desk.connection, endpoint, NOON + DAY - SECOND)
    one = seller_endpoints.sealed_secrets(desk.connection, endpoint, NOON + DAY)
    assert (both, one) == (["sealed anew", f"sealed {endpoint}"], ["sealed anew"])


def test_a_lot_tells_its_beginning_and_its_end_and_never_a_bid(desk: Desk) -> None:
    ada, car = add_person(desk.connection, "ada@example.com"), add_car(desk.connection, desk.sam, 1)
    lot = add_lot(desk.connection, desk.sam, car)
    auction = add_bids(
        desk.connection, lot, desk.sam, [(ada, Kind.BID, 500_000), (ada, Kind.AUTO_BID, 900_000)], end=True
    )
    seen = seller_feed.events(desk.connection, desk.sam, after=0, limit=10)
    if not seen:  # Until the ledger's recording calls it.
        seller_feed.note_lot(desk.connection, lot, auction.tail.entries)
        seen = seller_feed.events(desk.connection, desk.sam, after=0, limit=10)
    began, ended = (msgspec.json.decode(event.body) for event in seen)
    assert (began["kind"], began["auction_id"], began["vehicle_id"]) == ("auction_started", lot, car)
    assert began["facts"] == {"ends_at": "2026-05-06T12:00:00.000Z", "minimum_next_cents": 500_000}
    assert ended["facts"] == {"bid_count": 1, "price_cents": 500_000, "result": "sold"}
    assert (ended["kind"], ended["at"]) == ("auction_ended", "2026-05-06T12:00:00.000Z")


def test_an_offer_is_told_by_its_steps_and_never_by_its_buyer(desk: Desk) -> None:
    at_stake = Stake("an-offer", desk.sam, 12, 7)
    offer = Offer(700_000, NOON + DAY, 1, Side.BUYER, OfferStatus.OPEN, 1)
    steps = [
        OfferStep(Act.OFFER, Side.BUYER, NOON, offer),
        OfferStep(Act.ACCEPT, Side.SELLER, NOON, replace(offer, status=OfferStatus.ACCEPTING, step=2)),
        OfferStep(Act.SELL, Side.HOUSE, NOON, replace(offer, status=OfferStatus.ACCEPTED, step=3)),
    ]
    seller_feed.note_offer(desk.connection, at_stake, steps)
    told = [msgspec.json.decode(each.body) for each in seller_feed.events(desk.connection, desk.sam, after=0, limit=9)]
    assert [(each["kind"], each["facts"]["status"], each["facts"]["cents"]) for each in told] == [
        ("offer_received", "open", 700_000),
        ("offer_accepted", "accepted", 700_000),
    ]
    assert (told[0]["vehicle_id"], told[0]["auction_id"]) == (12, 7)
    assert told[0]["facts"]["expires_at"] == "2026-05-06T12:00:00.000Z"


def test_no_reader_passes_an_event_that_is_not_committed_yet(engine: Engine) -> None:
    """Ids are given in one order and committed in another, unless a seller's events wait for each other."""
    writers, each = 4, 10
    with transaction(engine) as connection:
        sam = add_person(connection, "sam@example.com")
        seller_feed.note_event(connection, sam, 1, ASKED, {}, NOON)
    start, failures = threading.Barrier(writers + 1), list[Exception]()

    def write() -> None:
        try:
            start.wait()
            for _ in range(each):
                with transaction(engine) as connection:
                    seller_feed.note_event(connection, sam, 1, ASKED, {}, NOON)
                    connection.execute(select(func.count()).select_from(rows))
        except Exception as error:  # noqa: BLE001 - told to the test
            failures.append(error)

    threads = [threading.Thread(target=write) for _ in range(writers)]
    for thread in threads:
        thread.start()
    start.wait()
    read: list[int] = []
    while len(read) < writers * each + 1 and not failures:
        # Looked at first: what the last of them wrote before its end is there to be read afterwards.
        more_to_come = any(thread.is_alive() for thread in threads)
        with reading(engine) as connection:
            found = seller_feed.events(connection, sam, after=read[-1] if read else 0, limit=1_000)
        read += [event.id for event in found]
        assert found or more_to_come, "an event was passed over"
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(set(read)) == writers * each + 1


def test_the_first_events_of_a_seller_may_come_side_by_side(engine: Engine) -> None:
    with transaction(engine) as connection:
        sam = add_person(connection, "sam@example.com")
    start, failures = threading.Barrier(4), list[Exception]()

    def write() -> None:
        try:
            start.wait()
            with transaction(engine) as connection:
                seller_feed.note_event(connection, sam, 1, ASKED, {}, NOON)
        except Exception as error:  # noqa: BLE001 - told to the test
            failures.append(error)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(engine) as connection:
        assert len(seller_feed.events(connection, sam, after=0, limit=10)) == 4
    assert failures == []


def test_a_look_costs_the_same_however_much_waits(desk: Desk) -> None:
    endpoint = desk.endpoint().id
    for vehicle in range(30):
        desk.note(vehicle, at=NOON + timedelta(seconds=vehicle))
    assert len(desk.look(endpoint, NOON + DAY).due) == 20
