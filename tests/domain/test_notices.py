"""How a mail's status follows from the vendor's events, in whatever order and however often they come."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.notices import (
    RANK,
    TROUBLED,
    VALUES,
    MailEventKind,
    NoticeKind,
    NoticeStatus,
    after,
    is_with_vendor,
    later,
    missing_or_strange,
)

S, E = NoticeStatus, MailEventKind


def test_every_kind_says_what_it_needs_and_every_status_has_its_rank() -> None:
    assert set(VALUES) == set(NoticeKind)
    assert sorted(RANK) == sorted(NoticeStatus)


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        (S.SENDING, E.PROCESSED, S.SENT),
        (S.UNKNOWN, E.DEFERRED, S.SENT),
        (S.UNKNOWN, E.OTHER, S.SENT),
        (S.GIVEN_UP, E.DELIVERED, S.DELIVERED),
        (S.SENT, E.DELIVERED, S.DELIVERED),
        (S.DELIVERED, E.PROCESSED, S.DELIVERED),
        (S.DELIVERED, E.SPAM_REPORT, S.DELIVERED),
        (S.DELIVERED, E.BOUNCE, S.BOUNCED),
        (S.BOUNCED, E.DELIVERED, S.BOUNCED),
        (S.SENT, E.DROPPED, S.DROPPED),
    ],
)
def test_an_event_moves_a_mail_forwards_only(status: NoticeStatus, kind: MailEventKind, expected: NoticeStatus) -> None:
    assert after(status, kind) is expected


@given(st.sampled_from(NoticeStatus), st.lists(st.sampled_from(MailEventKind), max_size=4))
def test_the_order_and_number_of_events_do_not_matter(status: NoticeStatus, events: list[MailEventKind]) -> None:
    ends = set()
    for order in permutations(events):
        end = status
        for kind in (*order, *order):
            end = after(end, kind)
        ends.add(end)
        assert later(status, end) is end
    assert len(ends) == 1
    assert not events or is_with_vendor(ends.pop())


def test_only_what_the_vendor_has_is_with_the_vendor() -> None:
    assert {status for status in S if is_with_vendor(status)} == {S.SENT, S.DELIVERED, S.DROPPED, S.BOUNCED}
    assert frozenset({S.BOUNCED, S.DROPPED, S.GIVEN_UP, S.UNKNOWN}) == TROUBLED


def test_values_that_are_missing_or_strange_are_named() -> None:
    names = frozenset({"link", "password"})
    assert missing_or_strange(NoticeKind.WELCOME, names) == {"link_expires_at", "password"}
    assert missing_or_strange(NoticeKind.WELCOME, VALUES[NoticeKind.WELCOME]) == frozenset()
