"""What a seller's system is told, where to, and for how long it is tried."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.seller_feed import (
    FACTS,
    FIRST_PAUSE,
    GIVEN_UP_AFTER,
    LONGEST_PAUSE,
    FeedKind,
    Reach,
    may_reach,
    next_try,
    reach_of,
    told,
    wrong_with,
)

NOON = datetime(2026, 5, 5, 12, tzinfo=UTC)
PUBLIC = Reach()
AT_HOME = Reach(plain=True, loopback=True)
SECRET_WORDS = ("reserve", "maximum", "threshold", "auto_accept", "auto_decline", "buyer", "name", "email", "leader")


def test_every_kind_says_what_it_tells_and_none_tells_a_secret_or_a_person() -> None:
    assert set(FACTS) == set(FeedKind)
    assert [name for names in FACTS.values() for name in names if any(word in name for word in SECRET_WORDS)] == []


def test_what_a_kind_does_not_name_stays_here() -> None:
    facts = {"result": "sold", "price_cents": 900_000, "reserve": "met", "leader": "Bidder 2"}
    assert told(FeedKind.AUCTION_ENDED, facts) == {"result": "sold", "price_cents": 900_000}


def test_pauses_double_up_to_hours_and_end_after_three_days() -> None:
    moment, pauses = NOON, []
    attempts = 1
    while (when := next_try(attempts, NOON, moment)) is not None:
        pauses.append(when - moment)
        moment, attempts = when, attempts + 1
    assert pauses[:4] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE, 8 * FIRST_PAUSE]
    assert pauses[-1] == LONGEST_PAUSE
    assert GIVEN_UP_AFTER - LONGEST_PAUSE <= moment - NOON <= GIVEN_UP_AFTER


@given(attempts=st.integers(1, 10_000), late_s=st.integers(0, 10**7))
def test_a_next_try_is_always_later_and_never_after_three_days(attempts: int, late_s: int) -> None:
    now = NOON + timedelta(seconds=late_s)
    when = next_try(attempts, NOON, now)
    assert when is None or now < when <= NOON + GIVEN_UP_AFTER


@pytest.mark.parametrize("profile", ["production", "embedded"])
def test_loopback_is_never_reached_in_production(profile: str) -> None:
    reach = reach_of(profile, loopback=True)
    assert may_reach("127.0.0.1", reach) is (profile == "embedded")
    assert (wrong_with("http://dealer.example/", reach) is None) is (profile == "embedded")
    assert may_reach("127.0.0.1", reach_of(profile, loopback=False)) is False


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.9.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::1",
        "2001:0:a00:1::1",
        "dealer.example",
        "",
    ],
)
def test_what_is_not_public_is_not_reached(address: str) -> None:
    assert may_reach(address, PUBLIC) is False


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_what_is_public_is(address: str) -> None:
    assert may_reach(address, PUBLIC) is True


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_loopback_is_reached_where_it_is_allowed_and_nothing_else_private_by_that(address: str) -> None:
    assert may_reach(address, AT_HOME) is True
    assert may_reach("10.0.0.1", AT_HOME) is False


@pytest.mark.parametrize(
    "url",
    [
        "http://dealer.example/",
        "ftp://dealer.example/",
        "dealer.example",
        "https://",
        "https://:443/",
        "https://dealer.example:0/",
        "https://dealer.example:99999/",
        "https://[::1/",
        "https://user:secret@dealer.example/",
        "https://dealer.example/#part",
        "https://dealer.example/a b",
        "https://dealer.example/\r\nX: y",
        "https://händler.example/",
        "https://dealer.example/" + "a" * 500,
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
    ],
)
def test_a_wrong_address_is_refused_with_a_sentence(url: str) -> None:
    wrong = wrong_with(url, PUBLIC)
    assert wrong is not None
    assert wrong.endswith(".")


@pytest.mark.parametrize(
    "url",
    ["https://dealer.example", "https://dealer.example:8443/hooks?key=1", "https://1.1.1.1/", "https://localhost/"],
)
def test_a_good_address_is_taken_and_its_name_looked_up_later(url: str) -> None:
    assert wrong_with(url, PUBLIC) is None


def test_a_machine_at_home_may_be_told_in_plain() -> None:
    assert wrong_with("http://127.0.0.1:9000/hooks", AT_HOME) is None
