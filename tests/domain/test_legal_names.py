"""Two spellings of a name: what may differ, and what makes them two people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.legal_names import LegalName, is_same_person, words

NAMES = st.text(min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("given_name", "found"),
    [
        (("Jane", "Doe"), ("JANE", "DOE")),
        (("José", "Núñez"), ("Jose", "Nunez")),
        (("Søren", "Ærø"), ("Soren", "Aero")),
        (("Jürgen", "Weiß"), ("JURGEN", "WEISS")),
        (("Jane", "O’Brien"), ("JANE", "OBRIEN")),  # noqa: RUF001
        (("Anna-Maria", "Smith-Jones"), ("ANNA MARIA", "SMITH JONES")),
        (("Maryann", "Delacruz"), ("Mary Ann", "de la Cruz")),
        (("Jane Q.", "Doe"), ("Jane Quincy", "Doe")),
        (("Jane", "Doe"), ("Jane Alexandra Beatrice", "Doe")),
        (("John", "Smith Jr."), ("John", "Smith")),
        (("Юлия", "Иванова"), ("ЮЛИЯ", "ИВАНОВА")),
    ],
)
def test_these_are_one_person(given_name: tuple[str, str], found: tuple[str, str]) -> None:
    assert is_same_person(LegalName(*given_name), LegalName(*found))


@pytest.mark.parametrize(
    ("given_name", "found"),
    [
        (("Jane", "Doe"), ("Janet", "Doe")),
        (("Jane", "Doe"), ("Jane", "Dole")),
        (("Jane", "Doe"), ("Doe", "Jane")),
        (("Q", "Doe"), ("Jane Q", "Doe")),
        (("", "Doe"), ("Jane", "Doe")),
        (("Jane", "Doe"), ("", "Doe")),
        (("Jane", ""), ("Jane", "")),
        (("-", "Doe"), ("-", "Doe")),
        (("Jane", "Jr"), ("Jane", "Sr")),
    ],
)
def test_these_are_not(given_name: tuple[str, str], found: tuple[str, str]) -> None:
    assert not is_same_person(LegalName(*given_name), LegalName(*found))


@given(NAMES, NAMES, NAMES, NAMES)
def test_it_does_not_matter_who_is_asked_first(one: str, two: str, three: str, four: str) -> None:
    a, b = LegalName(one, two), LegalName(three, four)

    assert is_same_person(a, b) == is_same_person(b, a)


@given(NAMES, NAMES)
def test_everybody_with_a_name_is_themselves(first: str, last: str) -> None:
    named = bool(words(first) and words(last))

    assert is_same_person(LegalName(first, last), LegalName(first, last)) == named


def test_a_name_does_not_show_itself() -> None:
    assert "Doe" not in repr(LegalName("Jane", "Doe"))
