"""What a draft may say: the facts' own numbers and nothing that only the seller, or nobody, can stand for."""

import pytest

from domain.description_check import LONGEST, Problem, Said, problems
from domain.description_claims import Claim, claims

SAID = Said(
    words="2019 Honda Civic EX; sedan; 1.5L turbo I4, 174 hp; 6-speed manual; FWD; gasoline; 41,250 miles;"
    " 4.2 out of 5; 4 cylinders; 4 doors",
    has_clean_title=True,
)
GOOD = "This 2019 Honda Civic EX sedan has a 1.5-liter turbo four-cylinder with 174 horsepower and shows 41,250 miles."


def found(text: str, said: Said = SAID) -> set[Problem]:
    """What is wrong with a text, its length apart."""
    return set(problems(f"{GOOD} {text}", said))


def test_a_text_of_the_facts_may_be_shown() -> None:
    assert problems(GOOD, SAID) == ()


@pytest.mark.parametrize(
    "text",
    [
        "It has 4 doors, a 6-speed gearbox and a grade of 4.2 out of 5 (4.2/5).",
        "The title is clean, and 41250 miles are on it.",
        "A Citroën it is not\u2014it\u2019s \u201cthe\u201d Civic & more!",
        "The model year is 2019.",
    ],
)
def test_the_facts_may_be_put_in_many_words(text: str) -> None:
    assert found(text) == set()


@pytest.mark.parametrize("text", ["", "Too short.", "So long. " * (LONGEST // 9 + 1)])
def test_a_text_has_a_length(text: str) -> None:
    assert Problem.LENGTH in problems(text, SAID)


@pytest.mark.parametrize(
    "text",
    [
        "It shows 12,000 miles.",
        "It shows 41,250 km.",
        "It shows 41,251 miles.",
        "Just 41k on it.",
        "Forty thousand of them.",
        "2019 miles in all.",
        "It has 5 doors.",
        "It has 174 doors.",
        "A 2.0-liter engine.",
        "A V8 it is.",
        "With 6 cylinders.",
        "The grade is 5 out of 5.",
        "The grade is 1.5/5.",
        "Twin exhausts.",
        "Two keys.",
        "Model year 2018.",
        "41,25 miles",
    ],
)
def test_every_number_is_one_of_the_facts_with_its_unit(text: str) -> None:
    assert found(text) == {Problem.NUMBER}


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("It comes with a clean Minnesota title.", Claim.CLEAN_TITLE),
        ("The title is clear.", Claim.CLEAN_TITLE),
        ("No accidents.", Claim.HISTORY),
        ("Never been in any accident!", Claim.HISTORY),
        ("It is accident-free.", Claim.HISTORY),
        ("no known prior damage", Claim.HISTORY),
        ("Free of rust.", Claim.HISTORY),
        ("A clean Carfax.", Claim.HISTORY),
        ("Never smoked in.", Claim.HISTORY),
        ("ONE-OWNER car.", Claim.OWNERS),
        ("From its first owners.", Claim.OWNERS),
        ("In mint condition.", Claim.CONDITION),
        ("Like-new inside.", Claim.CONDITION),
        ("It runs and drives great.", Claim.CONDITION),
        ("Well maintained.", Claim.CONDITION),
        ("Low miles for its age.", Claim.CONDITION),
        ("The actual mileage.", Claim.ODOMETER),
        ("The odometer is accurate.", Claim.ODOMETER),
        ("A fair price.", Claim.PRICE),
        ("No reserve!", Claim.PRICE),
        ("It is worth every mile.", Claim.PRICE),
        ("Under warranty.", Claim.ASSURANCE),
        ("Guaranteed to start.", Claim.ASSURANCE),
    ],
)
def test_a_claim_is_found_however_it_is_spelled(text: str, claim: Claim) -> None:
    assert claim in claims(text)
    assert Problem.CLAIM in found(text, Said(words=SAID.words))


@pytest.mark.parametrize(
    "text",
    [
        "Read the disclosures before you bid.",
        "A Lincoln Navigator Reserve in green.",
        "The seller has disclosed what is wrong with it.",
        "All-wheel drive, a hatchback, and a fold-down rear seat.",
    ],
)
def test_plain_words_claim_nothing(text: str) -> None:
    assert claims(text) == frozenset()


def test_a_clean_title_may_be_told_where_it_is_one_and_nothing_else() -> None:
    assert found("The title is clean.") == set()
    assert found("The title is clean.", Said(words=SAID.words)) == {Problem.CLAIM}
    assert found("The title is clean, one owner.") == {Problem.CLAIM, Problem.NUMBER}


@pytest.mark.parametrize(
    "text",
    [
        "<b>Fast</b>",
        "**Fast**",
        '{"description": "x"}',
        "A `code`",
        "\u0421lean",
        "hid\u200bden",
        "\uff12",
        "a\tb",
        "# Fast",
        "\u4e2d",
        "$1",
    ],
)
def test_it_is_plain_text(text: str) -> None:
    assert Problem.NOT_PLAIN in found(text)


@pytest.mark.parametrize("text", ["Call 612-555-0142.", "See mycars.com today.", "Write to sam at example dot com."])
def test_nobody_is_reached_by_it(text: str) -> None:
    assert Problem.CONTACT in found(text)


def test_a_branded_title_is_not_kept_quiet() -> None:
    branded = Said(words=SAID.words, is_branded=True)
    assert problems(GOOD, branded) == (Problem.OMISSION,)
    assert found("The title is branded: rebuilt.", branded) == set()
