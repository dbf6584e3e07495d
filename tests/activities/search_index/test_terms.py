"""What the engine has said about words, what was put since, and which of the two counts."""

import pytest

from activities.search_index.columns import listed, members_of
from activities.search_index.postings import Postings
from activities.search_index.terms import MOST_FRESH, MOST_TERMS, Terms


def found(terms: Terms, term: str) -> list[int] | None:
    known = terms.known(term)
    return None if known is None else listed(known)


@pytest.fixture
def terms() -> Terms:
    """`red` is frequent; of `blue` the engine has told."""
    postings = Postings(["red"])
    postings.add([(1, "red car"), (2, "blue car")])
    terms = Terms(postings)
    terms.keep("blue", members_of([2]), terms.edition)
    return terms


def test_frequent_words_are_known_and_others_once_the_engine_was_asked(terms: Terms) -> None:
    assert (found(terms, "red"), found(terms, "blue"), found(terms, "car")) == ([1], [2], None)


def test_what_was_put_since_speaks_for_itself(terms: Terms) -> None:
    terms.follow({1: "blue van", 3: "red van"})
    terms.follow({3: ""})
    assert (found(terms, "red"), found(terms, "blue")) == ([], [1, 2])
    assert listed(terms.current("van", members_of([3]))) == [1]


def test_after_many_edits_frequent_words_are_written_down_and_others_asked_anew(terms: Terms) -> None:
    edition = terms.edition
    terms.follow(dict.fromkeys(range(2, MOST_FRESH + 3), "red bus"))
    assert (found(terms, "red"), found(terms, "blue")) == ([*range(1, MOST_FRESH + 3)], None)
    terms.keep("bus", 0, edition)
    assert found(terms, "bus") is None
    terms.keep("bus", members_of([7]), terms.edition)
    assert found(terms, "bus") == [7]


def test_what_nobody_asks_for_is_forgotten(terms: Terms) -> None:
    for number in range(MOST_TERMS):
        terms.keep(f"word{number}", 0, terms.edition)
        assert found(terms, "word0") == []
    assert (found(terms, "blue"), found(terms, "red")) == (None, [1])
