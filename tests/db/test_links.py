"""Linked accounts: whoever shows the same thing is found, scored and barred, until a human decides."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import OperationalError

from activities.db import link_facts, links
from activities.db.account_tables import fingerprints
from activities.db.engine import reading, transaction
from activities.db.links import Link, LinkKey
from activities.fingerprints import Fingerprints
from domain.bidding import Kind
from domain.links import MOST_SHARING, Decision, Evidence
from tests.db.market import NOON, add_bids, add_car, add_lot, add_person

PRINTS = Fingerprints(b"k" * 32)


@dataclass
class Desk:
    connection: Connection
    sam: int
    ada: int
    bob: int
    lots: list[int] = field(default_factory=list)

    def show(self, user_id: int, kind: Evidence, thing: str = "the same") -> list[int]:
        return links.note_fingerprint(self.connection, user_id, kind, PRINTS.of(kind, thing), NOON)

    def share(self, kind: Evidence, *people: int) -> None:
        for user_id in people:
            self.show(user_id, kind)

    def link(self, one: int, other: int) -> Link:
        found = links.link(self.connection, one, other)
        assert found is not None
        return found

    def decide(self, one: int, other: int, decision: Decision) -> None:
        links.decide(self.connection, self.link(one, other), decision, reason="a call", by=9, now=NOON)

    def barred(self, seller: int) -> tuple[int, ...]:
        return links.barred_with(self.connection, [seller])[seller]

    def lot(self, seller: int, *attempts: tuple[int, Kind, int], **changes: Any) -> int:
        self.lots.append(add_lot(self.connection, seller, add_car(self.connection, seller, len(self.lots)), **changes))
        if attempts:
            add_bids(self.connection, self.lots[-1], seller, attempts, end=True)
        return self.lots[-1]


@pytest.fixture
def desk(engine: Engine) -> Iterator[Desk]:
    with transaction(engine) as connection:
        sam, ada, bob = (add_person(connection, f"{name}@example.com") for name in ("sam", "ada", "bob"))
        yield Desk(connection, sam, ada, bob)


def test_nobody_is_linked_by_what_only_they_have_shown(desk: Desk) -> None:
    assert desk.show(desk.sam, Evidence.CARD) == desk.show(desk.sam, Evidence.CARD) == []
    assert desk.show(desk.ada, Evidence.CARD, "another") == []
    assert links.link(desk.connection, desk.sam, desk.ada) is None


def test_two_who_show_the_same_are_a_pair_from_both_sides(desk: Desk) -> None:
    desk.show(desk.ada, Evidence.BANK)
    assert desk.show(desk.sam, Evidence.BANK) == [desk.ada]
    found = desk.link(desk.ada, desk.sam)
    assert found == desk.link(desk.sam, desk.ada)
    assert (found.first_id, found.second_id) == (desk.sam, desk.ada)
    assert (found.evidence, found.score, found.decision) == (frozenset({Evidence.BANK}), 80, Decision.OPEN)


def test_two_who_show_the_same_at_one_moment_find_each_other(engine: Engine) -> None:
    with transaction(engine) as connection:
        people = [add_person(connection, f"{name}@example.com") for name in ("sam", "ada")]
    digest, ready = PRINTS.of(Evidence.CARD, "the same"), threading.Barrier(2)

    def show(user_id: int) -> None:
        ready.wait()
        for _ in range(3):
            try:
                with transaction(engine) as own:
                    links.note_fingerprint(own, user_id, Evidence.CARD, digest, NOON)
            except OperationalError:
                # A deadlock: the database undid one of the two, who comes again as an activity would.
                continue
            return

    threads = [threading.Thread(target=show, args=(user_id,)) for user_id in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(engine) as connection:
        found = links.link(connection, people[0], people[1])
    assert found is not None
    assert found.evidence == frozenset({Evidence.CARD})


def test_the_same_text_of_another_kind_is_another_thing(desk: Desk) -> None:
    desk.show(desk.ada, Evidence.ADDRESS)
    assert desk.show(desk.sam, Evidence.DEVICE) == []


def test_evidence_adds_up_and_is_noted_once(desk: Desk) -> None:
    for kind in (Evidence.DEVICE, Evidence.ADDRESS, Evidence.ADDRESS):
        desk.share(kind, desk.sam, desk.ada)
    found = desk.link(desk.sam, desk.ada)
    assert (found.evidence, found.score) == (frozenset({Evidence.DEVICE, Evidence.ADDRESS}), 50)
    count = select(func.count()).select_from(fingerprints)
    assert desk.connection.execute(count).scalar_one() == 4


def test_only_keyed_hashes_are_kept(desk: Desk) -> None:
    desk.show(desk.sam, Evidence.CARD, "4111 1111 1111 1111")
    (kept,) = desk.connection.execute(select(fingerprints.c.hash)).scalars()
    assert kept != Fingerprints(b"o" * 32).of(Evidence.CARD, "4111 1111 1111 1111")
    assert len(bytes.fromhex(kept)) == 32


def test_what_very_many_share_links_nobody(desk: Desk) -> None:
    crowd = [add_person(desk.connection, f"reader{number}@example.com") for number in range(MOST_SHARING + 1)]
    desk.share(Evidence.DEVICE, *crowd)
    assert desk.show(desk.sam, Evidence.DEVICE) == []
    assert links.link(desk.connection, desk.sam, crowd[0]) is None


def test_a_shared_bank_account_bars_before_anybody_has_looked_and_neither_card_nor_household_does(desk: Desk) -> None:
    desk.share(Evidence.BANK, desk.sam, desk.ada)
    desk.share(Evidence.CARD, desk.sam, desk.bob)
    desk.share(Evidence.HOUSEHOLD, desk.sam, desk.bob)
    assert desk.barred(desk.sam) == (desk.ada,)
    assert desk.barred(desk.ada) == (desk.sam,)
    assert desk.barred(desk.bob) == ()


def test_a_human_decides_who_is_barred(desk: Desk) -> None:
    desk.share(Evidence.BANK, desk.sam, desk.ada)
    desk.share(Evidence.HOUSEHOLD, desk.sam, desk.bob)
    desk.decide(desk.sam, desk.ada, Decision.DISMISSED)
    desk.decide(desk.bob, desk.sam, Decision.LINKED)
    assert desk.barred(desk.sam) == (desk.bob,)
    found = desk.link(desk.sam, desk.bob)
    assert (found.decision, found.decided_by, found.decided_at, found.reason) == (Decision.LINKED, 9, NOON, "a call")


def test_a_dismissed_pair_is_opened_again_for_new_evidence_only(desk: Desk) -> None:
    desk.share(Evidence.ADDRESS, desk.sam, desk.ada)
    desk.decide(desk.sam, desk.ada, Decision.DISMISSED)
    desk.share(Evidence.ADDRESS, desk.sam, desk.ada)
    assert desk.link(desk.sam, desk.ada).decision is Decision.DISMISSED
    desk.share(Evidence.BANK, desk.sam, desk.ada)
    assert desk.link(desk.sam, desk.ada).decision is Decision.OPEN
    assert desk.barred(desk.sam) == (desk.ada,)


def test_who_may_not_bid_on_a_lot_is_known_at_any_time(desk: Desk) -> None:
    lot = desk.lot(desk.sam)
    assert links.barred_on(desk.connection, lot) == frozenset()
    desk.share(Evidence.BANK, desk.sam, desk.ada)
    assert links.barred_on(desk.connection, lot) == {desk.ada}
    assert links.barred_on(desk.connection, 404) == frozenset()


def test_the_strongest_come_first_and_weak_signs_are_not_worth_a_look(desk: Desk) -> None:
    desk.share(Evidence.HOUSEHOLD, desk.sam, desk.ada)
    desk.share(Evidence.BANK, desk.sam, desk.bob)
    desk.share(Evidence.DEVICE, desk.ada, desk.bob)
    first, second = links.link_page(desk.connection, None, after=None, limit=5)
    assert [(first.score, first.second_id), (second.score, second.second_id)] == [(80, desk.bob), (40, desk.ada)]
    assert links.count_links(desk.connection, Decision.OPEN) == 2
    key = LinkKey(first.score, first.first_id, first.second_id)
    assert links.link_page(desk.connection, Decision.OPEN, after=key, limit=5) == [second]
    assert links.link_page(desk.connection, Decision.LINKED, after=None, limit=5) == []


def test_a_weak_pair_that_was_decided_stays_in_sight(desk: Desk) -> None:
    desk.share(Evidence.DEVICE, desk.ada, desk.bob)
    desk.decide(desk.ada, desk.bob, Decision.LINKED)
    assert links.count_links(desk.connection, Decision.LINKED) == 1


def test_pages_of_equal_strength_go_on_where_the_last_one_ended(desk: Desk) -> None:
    desk.share(Evidence.CARD, desk.sam, desk.ada, desk.bob)
    seen, key = [], None
    while found := links.link_page(desk.connection, None, after=key, limit=1):
        seen.append((found[0].first_id, found[0].second_id))
        key = LinkKey(found[0].score, *seen[-1])
    assert seen == [(desk.sam, desk.ada), (desk.sam, desk.bob), (desk.ada, desk.bob)]


def test_lots_are_shared_where_one_bid_on_the_others(desk: Desk) -> None:
    won = desk.lot(desk.sam, (desk.ada, Kind.BID, 500_000), (desk.ada, Kind.AUTO_BID, 900_000))
    refused = desk.lot(desk.sam, (desk.ada, Kind.BID, 100))
    back = desk.lot(desk.ada, (desk.sam, Kind.BID, 500_000), (desk.bob, Kind.BID, 600_000))
    desk.lot(desk.sam, (desk.bob, Kind.BID, 500_000))
    found = link_facts.shared_lots(desk.connection, desk.sam, desk.ada, limit=9)
    assert [(lot.auction_id, lot.seller_id, lot.bidder_id) for lot in found] == [
        (back, desk.ada, desk.sam),
        (won, desk.sam, desk.ada),
    ]
    assert refused not in {lot.auction_id for lot in found}
    assert [(lot.is_over, lot.leader_id) for lot in found] == [(True, desk.bob), (True, desk.ada)]


def test_standings_tell_how_both_accounts_stand(desk: Desk) -> None:
    first, second = link_facts.standings(desk.connection, [desk.ada, desk.sam])
    assert [first.user_id, second.user_id] == [desk.sam, desk.ada]
    assert (first.role, first.can_bid, first.on_hold_reason, first.seller_status, first.disabled) == (
        "buyer",
        True,
        None,
        None,
        False,
    )


@pytest.mark.parametrize("parts", [(), ("",), ("street", " - ")])
def test_nothing_told_makes_no_fingerprint(parts: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="address"):
        PRINTS.of(Evidence.ADDRESS, *parts)


def test_spelling_does_not_change_a_fingerprint_and_parts_do() -> None:
    one = PRINTS.of(Evidence.ADDRESS, "12 Main St.", "55101")
    assert one == PRINTS.of(Evidence.ADDRESS, "12 MAIN ST", "55101 ")
    assert one != PRINTS.of(Evidence.ADDRESS, "12 Main St. 55101")
