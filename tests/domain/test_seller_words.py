"""A seller's text before it is sent away: nobody can be reached or named by what is left of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.questions import contacts
from domain.seller_words import LONGEST, on_one_line, without_people

VIN = "19XFC1F30KE902117"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Call me: 612-555-0142 after six.", "555"),
        ("six one two five five five 0142 is my number", "0142"),
        ("6125550142", "612"),
        ("\uff16\uff11\uff12 \uff15\uff15\uff15 \uff10\uff11\uff14\uff12", "555"),
        ("write to sam.seller@example.com please", "seller@"),
        ("sam at example dot com has photos", "example"),
        ("photos on https://mycars.example/7?x=1 there", "mycars"),
        ("see www.mycars.example", "mycars"),
        ("on WhatsApp as @sam_sells", "sam_sells"),
        (f"The VIN is {VIN}.", "902117"),
        ("VIN ends in 902117", "902117"),
        ("vin KE902117", "KE902117"),
        ("serial x902117y", "902117"),
        ("another car is 1HGCV1F32JA911482", "911482"),
        ("Licence plate: ABC 123 front and back", "ABC"),
        ("plates number 7 KLM 22", "KLM"),
        ("it wears BXK-4471", "BXK"),
        ("parked at 1420 W. Summit Avenue, Apt 3", "Summit"),
        ("PO Box 77, then a walk", "77"),
        ("come to Saint Paul, MN 55102", "55102"),
        ("zip 55102-1234", "55102"),
        ("Ask for Bob Miller at the gate", "Miller"),
        ("My name is Roberta", "Roberta"),
        ("Sam Seller keeps it clean", "Seller"),
        ("ask SELLER about it", "SELLER"),
        ("<script>alert(1)</script> rust", "<script>"),
        ("zero\u200bwidth 612\u200b5550142", "\u200b"),
    ],
)
def test_nothing_of_anybody_is_left(text: str, secret: str) -> None:
    left = without_people(text, vin=VIN, names=("Sam Seller", ""))
    assert secret not in left
    assert contacts(left) == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "Stone chips on the hood. A curb scrape on the right front wheel.",
        "New front brakes at 40,000 miles, and all 4 tyres are from 2023.",
        "4WD works; the 3.6 V6 was serviced in May 2025.",
        "",
    ],
)
def test_plain_words_stay_as_they_are(text: str) -> None:
    assert without_people(text, vin=VIN, names=("Sam Seller",)) == text


def test_what_is_removed_leaves_a_gap_between_whole_words() -> None:
    assert without_people("Call 612-555-0142 or 612-555-0143 now") == "Call (removed) or (removed) now"


def test_a_short_vin_or_token_tells_of_nothing() -> None:
    assert without_people("number 117 of 300", vin="117") == "number 117 of 300"
    assert without_people("number 117 of 300", vin=VIN) == "number 117 of 300"


def test_a_long_text_ends_with_a_whole_sentence() -> None:
    assert without_people("Rust on the frame. " * 300).endswith("Rust on the frame")
    assert without_people("a" * (LONGEST + 1)) == ""


def test_what_still_reaches_somebody_is_not_sent_at_all() -> None:
    # The handle shows only when the address before it is gone.
    assert without_people("12 Main St.@bobby") == ""


def test_a_line_is_one_line() -> None:
    assert on_one_line(" a\n\tb\u2028c\u00adc\x00d ") == "a b cc d"


@given(st.text(max_size=300), st.lists(st.sampled_from(["Sam Seller", "Bo", "..."]), max_size=2))
def test_whatever_is_written_nobody_is_reached_by_what_is_left(text: str, names: list[str]) -> None:
    left = without_people(text, vin=VIN, names=names)
    assert contacts(left) == frozenset()
    assert len(left) <= LONGEST
    assert left == on_one_line(left)
