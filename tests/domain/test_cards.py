import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.cards import holds_card_number, is_card_number

# Authorize.Net's published test numbers (testing guide).
PUBLISHED = [
    "4111111111111111",
    "4007000000027",
    "4012888818888",
    "5424000000000015",
    "2223000010309703",
    "370000000000002",
    "6011000000000012",
    "3088000000000017",
    "38000000000006",
]
# The range 3088 belongs to no list of issuers that is in use; the number is the vendor's own.
KNOWN = [number for number in PUBLISHED if not number.startswith("3088")]


@pytest.mark.parametrize("number", KNOWN)
def test_a_card_number_is_seen_bare_and_in_groups(number: str) -> None:
    grouped = " ".join(number[start : start + 4] for start in range(0, len(number), 4))
    for text in (number, grouped, grouped.replace(" ", "-"), f"my card: {grouped}, thanks", f'{{"note": "{number}"}}'):
        assert holds_card_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4111111111111112",
        "1763865600000",
        "1234567890123456",
        "order 41111111111111110000000",
        "a4111111111111111",
        "550e8400-e29b-41d4-a716-446655440000",
        "1HGCM82633A004352",
        "+1 612 555 0100 and 55401-1234",
    ],
)
def test_what_only_looks_long_is_let_through(text: str) -> None:
    assert not holds_card_number(text)


@given(st.sampled_from(KNOWN), st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_is_no_card_number(number: str, place: int, more: int) -> None:
    wrong = f"{number[:place]}{(int(number[place]) + more) % 10}{number[place + 1 :]}"
    assert not is_card_number(wrong)


@given(st.text(max_size=60), st.sampled_from(KNOWN), st.text(max_size=60))
def test_a_number_is_found_wherever_it_stands_alone(before: str, number: str, after: str) -> None:
    assert holds_card_number(f"{before} | {number} | {after}")
