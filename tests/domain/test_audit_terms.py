"""The clock's terms in the first entry: the audit reads them there, and infers them in ledgers from before."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from domain.audit import audit
from domain.audit_lot import Lot
from domain.clock import CLOCK_RULES, from_text
from domain.steering import cancel
from tests.domain.audit_ledgers import (
    NOON,
    PLAIN,
    SECOND,
    Sale,
    at,
    changed,
    lot_of,
    random_sale,
    rechained,
    with_public,
)
from tests.domain.lots import MONDAY_TEN, SUNDAY

EDITIONS = [1, CLOCK_RULES]
CLOCKS_TERMS = ("sunday_rule", "outage_stagger_ms")
STAGGER_MS = 500
MIDNIGHT = round((SUNDAY - NOON) / SECOND)


def staggered(edition: int) -> Sale:
    """Extended by an outage to ten minutes and half a second."""
    sale = Sale(length=3600, clock_rules=edition, outage_stagger_ms=STAGGER_MS)
    sale.start()
    sale.auction.outage(at(3500), since=at(3499))
    sale.close()
    return sale


def carried(edition: int) -> Sale:
    """A bid carries the end into the Sunday; the lot rests from midnight."""
    sale = Sale(length=MIDNIGHT - 60, sunday_rule=True, clock_rules=edition)
    sale.start()
    sale.bid("ann", PLAIN, 100_000, MIDNIGHT - 61)
    return _to_the_end(sale)


def carried_into_the_last_seconds(edition: int) -> Sale:
    """A bid carries the end into Saturday's last seconds."""
    sale = Sale(length=MIDNIGHT - 60, sunday_rule=True, clock_rules=edition, window_s=58)
    sale.start()
    sale.bid("ann", PLAIN, 100_000, MIDNIGHT - 61)
    return _to_the_end(sale)


def resumed_on_sunday(edition: int) -> Sale:
    """An admin lets it go on on Sunday, where it rests at once."""
    sale = Sale(length=MIDNIGHT - 60, sunday_rule=True, clock_rules=edition)
    sale.start()
    sale.auction.hold(at(MIDNIGHT - 65), "check")
    sale.auction.resume(at(MIDNIGHT + 30))
    return _to_the_end(sale)


def out_over_midnight(edition: int) -> Sale:
    """The end passes while everything is down, and the outage is noticed on Sunday."""
    sale = Sale(length=MIDNIGHT - 60, sunday_rule=True, clock_rules=edition, outage_stagger_ms=STAGGER_MS)
    sale.start()
    sale.auction.advance(at(MIDNIGHT + 60))
    return _to_the_end(sale)


def started_on_sunday(edition: int) -> Sale:
    """Held before its start, and resumed so late that it starts and would end on Sunday."""
    sale = Sale(length=3600, sunday_rule=True, clock_rules=edition)
    sale.auction.hold(at(-30), "check")
    sale.auction.resume(at(MIDNIGHT + 60))
    return _to_the_end(sale)


def _to_the_end(sale: Sale) -> Sale:
    auction = sale.auction
    while (due := auction.wake_at()) is not None:
        auction.advance(due)
    auction.close(auction.ends_at + SECOND)
    return sale


WEEKENDS = [carried, carried_into_the_last_seconds, resumed_on_sunday, out_over_midnight, started_on_sunday]


def ledger(sale: Sale, *, opened: bool = True) -> Lot:
    return lot_of(sale.auction.tail.entries, opened=opened)


def found(lot: Lot) -> set[str]:
    return {finding.check for finding in audit(rechained(lot))}


def without_the_terms(lot: Lot, *names: str) -> Lot:
    """The lot with a first entry that lacks some of the clock's terms, all unless some are named."""
    kept = {name: value for name, value in lot.terms.items() if name not in (names or CLOCKS_TERMS)}
    return changed(lot, 1, lambda entry: replace(entry, public=kept))


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("make", [staggered, *WEEKENDS])
@pytest.mark.parametrize("opened", [False, True])
def test_a_true_ledger_of_either_edition_has_no_findings(
    make: Callable[[int], Sale], edition: int, opened: bool
) -> None:
    assert audit(ledger(make(edition), opened=opened)) == []


@pytest.mark.parametrize("make", WEEKENDS)
def test_under_the_sunday_rule_a_lot_rests_until_monday(make: Callable[[int], Sale]) -> None:
    entries = make(CLOCK_RULES).auction.tail.entries
    closed = entries[-1].public

    assert [entry.public["reason"] for entry in entries if entry.public["kind"] == "held"][-1] == "sunday"
    assert (closed["kind"], from_text(closed["at"]) > MONDAY_TEN) == ("closed", True)


@pytest.mark.parametrize("seed", range(6))
def test_a_random_ledger_without_the_clocks_terms_is_read_as_before(seed: int) -> None:
    sale = random_sale(seed)
    assert audit(rechained(without_the_terms(ledger(sale, opened=False)))) == []


@pytest.mark.parametrize("opened", [False, True])
def test_an_export_from_before_has_its_stagger_read_off_its_extension(opened: bool) -> None:
    lot = ledger(staggered(1), opened=opened)

    assert lot.terms.keys().isdisjoint(CLOCKS_TERMS)
    assert audit(lot) == []


def test_an_extension_by_another_stagger_than_the_terms_is_found_by_anybody() -> None:
    lot = ledger(staggered(CLOCK_RULES), opened=False)

    assert "outages" in found(with_public(lot, 1, outage_stagger_ms=STAGGER_MS + 500))
    assert found(without_the_terms(lot)) == set()


def test_a_sale_on_a_sunday_is_found_by_anybody_where_the_terms_tell_of_the_rule() -> None:
    sale = Sale(length=MIDNIGHT - 1, clock_rules=CLOCK_RULES)
    sale.start()
    sale.close()
    lot = ledger(sale, opened=False)

    assert audit(lot) == []
    assert found(with_public(lot, 1, sunday_rule=True)) == {"sundays"}
    assert found(without_the_terms(lot)) == set()


def test_a_lot_that_the_published_rule_would_have_held_is_found_by_the_replay() -> None:
    sale = Sale(length=3600, clock_rules=CLOCK_RULES)
    sale.auction.hold(at(-30), "check")
    sale.auction.resume(at(MIDNIGHT + 60))
    sale.auction.advance(sale.auction.starts_at)
    cancel(sale.auction, sale.auction.starts_at + SECOND, "admin", "stolen")

    assert found(ledger(sale)) == set()
    assert found(with_public(ledger(sale), 1, sunday_rule=True)) == {"replay"}


@pytest.mark.parametrize("changes", [{"sunday_rule": 1}, {"outage_stagger_ms": -1}, {"outage_stagger_ms": True}])
def test_the_clocks_terms_have_their_types(changes: dict[str, object]) -> None:
    assert found(with_public(ledger(staggered(CLOCK_RULES)), 1, **changes)) == {"form"}


@pytest.mark.parametrize("name", CLOCKS_TERMS)
def test_one_of_the_clocks_terms_without_the_other_is_found(name: str) -> None:
    assert found(without_the_terms(ledger(staggered(CLOCK_RULES)), name)) == {"form"}


def test_a_cancellation_by_one_admin_and_its_refusal_have_no_findings() -> None:
    alone, refused = Sale(), Sale()
    for sale in (alone, refused):
        sale.start()
    refused.bid("ann", PLAIN, 100_000, 10)
    for sale in (alone, refused):
        cancel(sale.auction, at(20), "one_admin", "stolen")
    refused.close()

    assert [audit(ledger(sale)) for sale in (alone, refused)] == [[], []]


@pytest.mark.parametrize("edition", EDITIONS)
def test_the_hold_after_a_second_outage_has_no_findings(edition: int) -> None:
    sale = Sale(length=3600, clock_rules=edition, outage_stagger_ms=STAGGER_MS)
    sale.start()
    sale.bid("ann", PLAIN, 100_000, 10)
    sale.auction.outage(at(3500), since=at(3499))
    sale.auction.outage(at(3600), since=at(3599))
    held = [entry.public["reason"] for entry in sale.auction.tail.entries if entry.public["kind"] == "held"]
    assert held == ["outage"]
    sale.close()

    assert audit(ledger(sale)) == []
