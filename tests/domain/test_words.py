"""Words that both full-text engines keep alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.words import MOST_WORDS, has_words, kept_words, wanted_words


@pytest.mark.parametrize("typed", ["F-150", "f150", "F 150", "150", "f-15", "ford f-150", "FORD"])
def test_a_model_with_a_hyphen_is_found_however_it_is_typed(typed: str) -> None:
    assert has_words(kept_words("2019", "Ford", "F-150"), wanted_words(typed))


def test_short_names_are_kept_long_enough_for_innodb() -> None:
    assert kept_words("Audi Q5") == "audi q5zz"
    assert wanted_words("audi q5") == ("audi", "q5zz")


def test_the_last_word_may_be_half_typed() -> None:
    kept = kept_words("Toyota Camry")
    assert wanted_words("toyota cam") == ("toyota", "cam*")
    assert has_words(kept, wanted_words("toyota cam"))
    assert not has_words(kept, wanted_words("cam toyota"))
    assert wanted_words("camry ") == ("camry",)


def test_accents_and_usual_words_do_not_matter() -> None:
    assert kept_words("Citroën of the year") == "citroen year"
    assert wanted_words("the car of an owner!") == ("car", "owner")


def test_what_has_no_word_wants_none() -> None:
    assert wanted_words(" !? the ") == ()
    assert has_words("anything", ())


@given(st.text(max_size=300))
def test_nobody_can_type_an_operator_or_too_many_words(text: str) -> None:
    words = wanted_words(text)
    assert len(words) <= MOST_WORDS
    assert all(word.rstrip("*").isalnum() and word.isascii() and len(word.rstrip("*")) >= 3 for word in words)


@given(st.text(max_size=80))
def test_every_text_is_found_by_itself(text: str) -> None:
    assert has_words(kept_words(text), wanted_words(text))
