"""A scheduled row becomes the same workflow input however often it is tried, and by whatever process."""

from dataclasses import replace

from activities.db.schedules import Unstarted
from domain.clock import CLOCK_RULES
from temporal.schedules import STAGGER_MS, STAGGER_PLACES, start_of
from tests.db.market import DAY, NOON

SECRET = b"k" * 32
ROW = Unstarted(7, 42, 500_000, 900_000, NOON, NOON + DAY, 120, "2026-1", True, "2019 Honda Civic EX")


def test_the_terms_are_those_of_the_row_and_bar_the_seller() -> None:
    terms = start_of(SECRET, ROW).terms
    found = (terms.auction_id, terms.barred, terms.start_cents, terms.reserve_cents, terms.starts_at, terms.ends_at)
    assert found == (7, ("42",), 500_000, 900_000, NOON, NOON + DAY)
    assert (terms.window_s, terms.increments, terms.sunday_rule) == (120, "2026-1", True)
    assert terms.clock_rules == CLOCK_RULES


def test_whoever_is_linked_to_the_seller_is_barred_too() -> None:
    assert start_of(SECRET, replace(ROW, barred=(43, 50))).terms.barred == ("42", "43", "50")


def test_trying_again_gives_the_same_input() -> None:
    assert start_of(SECRET, ROW) == start_of(SECRET, ROW)


def test_each_auction_has_a_nonce_of_its_own_that_only_the_platform_can_tell() -> None:
    rows = (ROW, replace(ROW, auction_id=8))
    nonces = {start_of(secret, row).nonce for secret in (SECRET, b"o" * 32) for row in rows}
    assert len(nonces) == 4
    assert {len(bytes.fromhex(nonce)) for nonce in nonces} == {32}


def test_lots_that_one_outage_extends_end_one_after_the_other() -> None:
    staggers = [start_of(SECRET, replace(ROW, auction_id=number)).terms.outage_stagger_ms for number in range(1, 121)]
    assert len(set(staggers)) == STAGGER_PLACES
    assert max(staggers) == (STAGGER_PLACES - 1) * STAGGER_MS
