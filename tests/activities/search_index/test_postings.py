"""Postings against the rule of what has a word."""

from hypothesis import given
from hypothesis import strategies as st

from activities.search_index.columns import listed
from activities.search_index.postings import Postings, frequent_terms
from domain.words import has_words

TEXT = st.lists(st.sampled_from(["cam", "camr", "camry", "camrys", "camaro", "cat", "q5zz", "red"]), unique=True)
TEXTS = st.dictionaries(st.integers(1, 3_000), TEXT.map(" ".join), max_size=30)
LEAST = st.integers(1, 8)


def having(texts: dict[int, str], term: str) -> list[int]:
    return sorted(member for member, text in texts.items() if has_words(text, (term,)))


@given(TEXTS, LEAST)
def test_a_term_is_frequent_when_so_many_texts_have_it(texts: dict[int, str], least: int) -> None:
    terms = frequent_terms(texts.values(), least)
    for term in ("camry", "cam*", "camr*", "camry*", "q5zz", "red*"):
        assert (term in terms) == (len(having(texts, term)) >= least)
    assert "ca*" not in terms


@given(TEXTS, TEXTS, LEAST, st.booleans())
def test_each_term_has_the_listings_that_have_it_also_after_edits(
    texts: dict[int, str], edits: dict[int, str], least: int, is_packed: bool
) -> None:
    terms = frequent_terms(texts.values(), least)
    postings = Postings(terms)
    postings.add(texts.items())
    if is_packed:
        postings.pack()
    assert {term: listed(postings.members(term) or 0) for term in terms} == {t: having(texts, t) for t in terms}
    postings.replace(edits)
    now = texts | edits
    assert {term: listed(postings.members(term) or 0) for term in terms} == {t: having(now, t) for t in terms}


def test_a_term_that_is_not_frequent_is_not_known() -> None:
    postings = Postings(frequent_terms(["toyota camry", "toyota corolla"], 2))
    assert (postings.members("camry"), postings.members("cor*"), postings.members("toyota")) == (None, None, 0)
