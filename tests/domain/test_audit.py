"""A ledger that the rules have written passes every check, and whatever is changed in one is found."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache, partial
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.auction import Status
from domain.audit import INTEGRITY, audit, checks, skipped
from domain.audit_form import ALWAYS
from domain.audit_lot import Lot, Opened
from domain.clock import from_text, to_text
from domain.ledger import commitment
from tests.domain.audit_ledgers import (
    AUTO,
    NOON,
    PLAIN,
    SECOND,
    Sale,
    at,
    bought,
    changed,
    eventful,
    lot_of,
    offered,
    random_sale,
    rechained,
    waived,
    with_public,
)

# What nobody but the bidder's receipt or a kept head can contradict once all hashes are made anew: names and words, and
# times within the limits that the rules leave them.
FREE = frozenset({"bid_id", "channel", "reason", "at", "received_at", "by", "purchase_id", "acceptance_id", "offer_id"})
FREE_HERE = frozenset(
    {
        *(("extended", "ends_at"), ("retracted", "bid_seq"), ("bid", "kind"), ("auto_bid", "kind")),
        *(("scheduled", "window_s"), ("scheduled", "starts_at")),
        *(("scheduled", "sunday_rule"), ("scheduled", "outage_stagger_ms"), ("scheduled", "offers_open")),
        ("scheduled", "buy_now_cents"),
    }
)
SALES = (eventful, waived, bought, offered)


@cache
def audited(*, opened: bool) -> tuple[Lot, ...]:
    return tuple(lot_of(sale.auction.tail.entries, opened=opened) for sale in (make() for make in SALES))


def wrong(name: str, value: Any) -> Iterator[Any]:
    """Other values that a fact of this name could have."""
    others: dict[str, list[Any]] = {
        "status": ["live", "held", "ended"],
        "reserve": ["none", "met", "not_met"],
        "outcome": ["leading", "outbid", "refused", "done"],
        "code": ["TOO_LATE", "BELOW_MINIMUM", None],
        "result": ["sold", "no_bids", "reserve_not_met", "cancelled"],
        "kind": ["bid", "auto_bid", "closed"],
        "leader": ["Bidder 1", "Bidder 9", None],
        "bidder": ["Bidder 2", "Bidder 9", None],
    }
    match value:
        case _ if name in others:
            yield from (other for other in others[name] if other != value)
        case bool():
            yield not value
        case int():
            yield from {value + 1, max(value - 100, 0)} - {value}
        case None:
            yield 100
        case list():
            yield [*value, 7]
        case _ if name == "at" or name.endswith("_at"):
            yield from (to_text(from_text(value) + step) for step in (SECOND, -9 * 60 * SECOND))
        case _:
            yield f"{value}!"


def mutations(lot: Lot) -> Iterator[tuple[int, str, Any]]:
    for entry in lot.entries:
        for name, value in entry.public.items():
            yield from ((entry.seq, name, other) for other in wrong(name, value))


@pytest.mark.parametrize("make", SALES)
@pytest.mark.parametrize("opened", [False, True])
def test_a_true_ledger_has_no_findings(make: Any, opened: bool) -> None:
    assert audit(lot_of(make().auction.tail.entries, opened=opened)) == []


def test_the_ledgers_of_these_tests_have_every_kind_of_entry() -> None:
    assert {entry.public["kind"] for lot in audited(opened=False) for entry in lot.entries} == set(ALWAYS)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**9))
def test_whatever_people_do_their_ledger_has_no_findings(seed: int) -> None:
    entries = random_sale(seed).auction.tail.entries
    assert audit(lot_of(entries, opened=True)) == []


def test_a_leader_whose_own_raise_meets_the_reserve_has_no_findings() -> None:
    sale = Sale(reserve=400_000)
    sale.start()
    sale.bid("ann", AUTO, 200_000, 10)
    sale.bid("ann", AUTO, 600_000, 20)
    sale.close()
    assert audit(lot_of(sale.auction.tail.entries)) == []


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 40))
def test_a_ledger_taken_while_running_has_no_findings(seed: int, length: int) -> None:
    entries = random_sale(seed).auction.tail.entries[:length]
    running = entries[-1].public["status"] != Status.ENDED
    assert audit(lot_of(entries, opened=True, running=running)) == []


def test_every_changed_fact_breaks_the_chain() -> None:
    for lot in audited(opened=False):
        for seq, name, other in mutations(lot):
            places = [place for place, _ in INTEGRITY["chain"](with_public(lot, seq, **{name: other}))]
            assert places == [seq], (name, other)


def test_with_private_parts_no_consequence_can_be_rewritten_even_under_new_hashes() -> None:
    missed = set()
    for lot in audited(opened=True):
        # Every third one: each fact of each kind comes up several times in the two ledgers.
        for seq, name, other in islice(mutations(lot), 0, None, 3):
            if not audit(rechained(with_public(lot, seq, **{name: other}))):
                missed.add((lot.entries[seq - 1].public["kind"], name))
    assert {(kind, name) for kind, name in missed if name not in FREE} <= FREE_HERE


@pytest.mark.parametrize("field", ["prev_hash", "hash", "commitment"])
def test_every_changed_hash_is_found(field: str) -> None:
    for lot in audited(opened=False):
        for entry in lot.entries:
            for other in ("0" * 64, "no hash", getattr(entry, field).upper() + "0"):
                forged = changed(lot, entry.seq, partial(replace, **{field: other}))
                assert list(INTEGRITY["chain"](forged)) != [], (entry.seq, other)


def test_a_removed_repeated_or_moved_entry_is_found() -> None:
    lot = audited(opened=False)[0]
    # Nothing but the signed head misses the last entry, a refusal.
    for place in range(len(lot.entries) - 1):
        kept = [*lot.entries[:place], *lot.entries[place + 1 :]]
        twice = [*lot.entries[: place + 1], *lot.entries[place:]]
        for entries in (kept, twice):
            assert list(INTEGRITY["sequence"](replace(lot, entries=entries))) != []


def test_a_ledger_that_is_cut_off_has_no_result() -> None:
    lot = audited(opened=False)[0]
    cut = replace(lot, entries=lot.entries[:20])
    assert [finding.check for finding in audit(cut)] == ["result"]


def test_an_empty_ledger_is_a_finding() -> None:
    assert [finding.check for finding in audit(Lot(7, []))] == ["form"]


def test_another_auctions_ledger_is_found() -> None:
    assert {finding.check for finding in audit(replace(audited(opened=False)[0], auction_id=8))} == {
        "sequence",
        "chain",
    }


def test_without_the_right_form_the_rules_are_skipped() -> None:
    lot = with_public(audited(opened=False)[0], 7, status="asleep")
    found = audit(lot)
    assert {finding.check for finding in found} == {"chain", "form"}
    assert skipped(lot, found) == tuple(name for name in checks(lot) if name not in INTEGRITY)


# The entries of `eventful`: 7 ann leads, 10 bob ties, 16 cid's slip, 17 its retraction, 20 ann's silent raise, 26 bob
# meets the reserve, 28 held, 31 resumed, 36 cid bids in the last minutes, 37 the outage, 40 closed.
@pytest.mark.parametrize(
    ("check", "seq", "changes"),
    [
        ("order", 8, {"at": to_text(at(9))}),
        ("order", 8, {"received_at": to_text(at(12))}),
        ("status", 8, {"status": "closing"}),
        ("bid times", 6, {"at": to_text(at(1))}),
        ("bid times", 7, {"received_at": to_text(at(1))}),
        ("bid times", 36, {"received_at": to_text(at(7212)), "at": to_text(at(7212))}),
        ("bid times", 40, {"at": to_text(at(7210))}),
        ("end", 36, {"ends_at": to_text(at(7328))}),
        ("holds", 28, {"remaining_ms": 1}),
        ("holds", 31, {"ends_at": to_text(at(7300))}),
        ("outages", 37, {"ends_at": to_text(at(7700))}),
        ("version", 20, {"version": 8}),
        ("refused change nothing", 13, {"price_cents": 325_000}),
        ("price", 26, {"price_cents": 200_000}),
        ("next minimum", 8, {"minimum_next_cents": 117_600}),
        ("bids", 7, {"price_cents": 150_000}),
        ("bids", 8, {"outcome": "leading"}),
        ("bids", 10, {"amount_cents": 305_000}),
        ("reserve", 27, {"reserve": "not_met"}),
        ("aliases", 8, {"bidder": "Bidder 3"}),
        ("leader", 26, {"leader": "Bidder 4"}),
        ("counts", 17, {"bid_count": 4}),
        ("counts", 16, {"bidder_count": 2}),
        ("bid ids", 10, {"bid_id": "bid-2"}),
        ("retractions", 17, {"bid_seq": 8}),
        ("retractions", 22, {"bid_seqs": [20]}),
        ("withdrawals", 22, {"by": "bidder"}),
        ("refusals", 30, {"code": "TOO_LATE"}),
        ("commands", 29, {"code": "CLOSED"}),
        ("result", 40, {"result": "no_bids"}),
        ("nothing after the result", 41, {"price_cents": 920_000}),
    ],
)
def test_the_public_sees_it_under_new_hashes_too(check: str, seq: int, changes: dict[str, Any]) -> None:
    found = audit(rechained(with_public(audited(opened=False)[0], seq, **changes)))
    assert check in {finding.check for finding in found}, found


def test_the_reserve_step_needs_one_reserve_that_explains_all_states() -> None:
    sale = Sale(reserve=300_000)
    sale.start()
    sale.bid("ann", AUTO, 250_000, 10)
    sale.bid("bob", PLAIN, 240_000, 11)
    sale.bid("bob", PLAIN, 400_000, 12)
    sale.close()
    lot = lot_of(sale.auction.tail.entries)
    forged = with_public(with_public(lot, 3, reserve="met", price_cents=240_000), 4, reserve="not_met")
    assert "reserve step" in {finding.check for finding in audit(rechained(forged))}


def test_a_late_judgement_in_the_last_minutes_needs_its_extension() -> None:
    lot = audited(opened=False)[0]
    entries = [entry for entry in lot.entries if entry.seq != 37]
    assert "sequence" in {finding.check for finding in audit(rechained(replace(lot, entries=entries)))}


def test_a_private_part_that_does_not_open_is_found() -> None:
    lot = audited(opened=True)[0]
    assert lot.opened is not None
    for seq, true in lot.opened.items():
        other = Opened({"bidder_id": "9", "cents": 100}, true.nonce or "00" * 32)
        found = audit(replace(lot, opened={**lot.opened, seq: other}))
        assert ("openings", seq) in {(finding.check, finding.seq) for finding in found}
        missing = {key: value for key, value in lot.opened.items() if key != seq}
        assert ("openings", seq) in {(finding.check, finding.seq) for finding in audit(replace(lot, opened=missing))}


def test_the_replay_proves_the_exact_price() -> None:
    sale = Sale()
    sale.start()
    sale.bid("ann", AUTO, 500_000, 10)
    sale.bid("bob", AUTO, 700_000, 11)
    sale.close()
    lot = lot_of(sale.auction.tail.entries, opened=True)
    dearer = lot
    for seq in (4, 5):
        dearer = with_public(dearer, seq, price_cents=600_000, minimum_next_cents=610_000)
    found = audit(rechained(dearer))
    assert [(finding.check, finding.seq) for finding in found] == [("replay", 4)]
    assert "510000, the ledger has 600000" in found[0].sentence


def test_a_lot_without_bids_and_one_held_over_a_sunday_have_no_findings() -> None:
    alone = Sale()
    alone.start()
    alone.close()
    assert audit(lot_of(alone.auction.tail.entries, opened=True)) == []
    days = 4 * 24 * 3600 + 16 * 3600 + 59 * 60
    weekend = Sale(length=days, sunday_rule=True, window_s=1800)
    weekend.start()
    weekend.bid("ann", PLAIN, 100_000, days - 60)
    wakes = weekend.auction.wake_at()
    assert wakes is not None
    weekend.auction.advance(wakes + timedelta(milliseconds=20))
    monday = weekend.auction.wake_at()
    assert monday is not None
    weekend.auction.advance(monday)
    weekend.close()
    kinds = [entry.public["kind"] for entry in weekend.auction.tail.entries]
    assert kinds == ["scheduled", "started", "bid", "held", "resumed", "closed"]
    assert audit(lot_of(weekend.auction.tail.entries, opened=True)) == []
    assert monday > NOON


def after_all(lot: Lot, *changes: tuple[int, dict[str, Any]]) -> set[str]:
    """The checks that find something after these changes, under new hashes."""
    for seq, facts in changes:
        lot = with_public(lot, seq, **facts)
    return {finding.check for finding in audit(rechained(lot))}


def test_what_the_terms_cannot_be_is_found() -> None:
    lot = audited(opened=False)[0]
    terms = lot.entries[0].public
    assert "status" in after_all(lot, (1, {"starts_at": terms["ends_at"]}))
    assert "price" in after_all(lot, (1, {"price_cents": 100_000, "leader": "Bidder 1"}))
    assert "version" in after_all(lot, (1, {"version": 1}))
    assert "counts" in after_all(lot, (1, {"bid_count": 1}))
    assert "reserve" in after_all(lot, (1, {"reserve": "met"}))


def test_nonsense_in_place_of_facts_is_found() -> None:
    lot = audited(opened=False)[0]
    for facts in ({"kind": "gavel"}, {"kind": 5}, {"at": "yesterday"}, {"at": "9999-99-99T00:00:00.000Z"}):
        assert "form" in after_all(lot, (8, facts))
    missing = {name: value for name, value in lot.entries[7].public.items() if name != "bid_id"}
    assert after_all(changed(lot, 8, lambda entry: replace(entry, public=missing))) == {"form"}


CANCELLED = {"outcome": "done", "code": None, "by": "admin", "reason": "", "result": "cancelled"}


def test_a_second_result_and_a_closing_lot_that_does_not_reopen_are_found() -> None:
    lot = audited(opened=False)[0]
    assert "result" in after_all(lot, (42, CANCELLED))
    assert "status" in after_all(lot, (35, {"status": "closing"}), (36, {"status": "closing"}))


def test_a_sellers_withdrawal_after_a_bid_is_found() -> None:
    assert "withdrawals" in after_all(audited(opened=False)[1], (5, {"by": "seller"}))


def test_private_parts_without_their_facts_are_found() -> None:
    lot = audited(opened=True)[0]
    assert lot.opened is not None
    for seq in (1, 7, 24):
        empty = Opened({}, "00" * 32)
        forged = changed(lot, seq, partial(replace, commitment=commitment(empty.private, empty.nonce)))
        found = audit(rechained(replace(forged, opened={**lot.opened, seq: empty})))
        assert {(finding.check, finding.seq) for finding in found} == {("replay", seq)}


def test_a_nonce_that_is_none_is_found_and_nothing_is_replayed() -> None:
    lot = audited(opened=True)[0]
    assert lot.opened is not None
    unreadable = {**lot.opened, 7: Opened({"bidder_id": "ann", "cents": 300_000}, "z" * 64)}
    found = audit(replace(lot, opened=unreadable))
    assert [(finding.check, finding.seq) for finding in found] == [("openings", 7)]
    assert skipped(lot, found) == ("replay",)


def test_outages_have_their_consequence_and_no_other() -> None:
    lot = audited(opened=False)[0]
    assert "outages" in after_all(lot, (37, {"reason": "a party"}))
    assert "outages" in after_all(lot, (40, {"at": to_text(at(7950))}))


def test_a_reserve_lowered_after_the_end_and_a_bid_without_effect_are_found() -> None:
    lot = audited(opened=False)[0]
    assert "bid times" in after_all(lot, (27, {"at": to_text(at(7300))}))
    assert "bids" in after_all(lot, (10, {"price_cents": 115_000, "minimum_next_cents": 120_000}))


def test_an_entry_that_no_rule_writes_and_one_that_is_missing_are_found_by_the_replay() -> None:
    lot = audited(opened=True)[0]
    twice = audit(rechained(with_public(lot, 33, kind="started")))
    assert ("replay", "the rules write no entry here") in {(finding.check, finding.sentence) for finding in twice}
    cut = audit(replace(lot, entries=lot.entries[:36]))
    assert ("replay", "the rules write one more entry here") in {(finding.check, finding.sentence) for finding in cut}


def test_a_private_part_without_a_nonce_opens_nothing() -> None:
    lot = audited(opened=True)[0]
    assert lot.opened is not None
    found = audit(replace(lot, opened={**lot.opened, 7: replace(lot.opened[7], nonce="")}))
    assert [(finding.check, finding.seq) for finding in found] == [("openings", 7)]


def test_bids_judged_while_closing_have_no_findings() -> None:
    sale = Sale(length=60, window_s=5)
    sale.start()
    sale.auction.advance(at(60))
    sale.bid("ann", PLAIN, 100_000, 55, late=5)
    sale.bid("bob", PLAIN, 200_000, 59, late=1.5)
    sale.close()
    statuses = [entry.public["status"] for entry in sale.auction.tail.entries]
    assert statuses == ["scheduled", "live", "closing", "live", "ended"]
    assert audit(lot_of(sale.auction.tail.entries, opened=True)) == []


def test_a_running_ledger_may_be_taken_before_the_consequence_of_an_outage_is_recorded() -> None:
    lot = audited(opened=True)[0]
    assert audit(replace(lot, entries=lot.entries[:36], running=True)) == []
