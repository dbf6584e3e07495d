"""Vehicle identification numbers: good ones, bad ones with the reason, and the check digit's promise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.vin import CHECK_POSITION, VALUES, VinError, check_digit, model_year, parse_vin

SIGNS = "".join(VALUES)
SERIAL = st.text("0123456789", min_size=4, max_size=4)
YEARS = st.sampled_from("ABCDEFGHJKLMNPRSTVWXY123456789")


@st.composite
def vins(draw: st.DrawFn) -> str:
    start = draw(st.text(SIGNS, min_size=8, max_size=8))
    rest = draw(YEARS) + draw(st.text(SIGNS, min_size=3, max_size=3)) + draw(SERIAL)
    return start + check_digit(f"{start}0{rest}") + rest


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("1M8GDM9AXKP042788", 1989),
        ("1HGCM82633A004352", 2003),
        ("11111111111111111", 2001),
        ("5GZCZ43D13S812715", 2003),
    ],
)
def test_a_true_vin_is_read_with_its_model_year(text: str, year: int) -> None:
    assert parse_vin(text).model_year == year


def test_the_worked_example_of_the_regulation_has_the_check_digit_x() -> None:
    assert check_digit("1M8GDM9A_KP042788") == "X"


def test_a_vin_is_read_as_people_type_it() -> None:
    assert parse_vin(" 1m8gdm9a-xkp 042788\n").text == "1M8GDM9AXKP042788"


def test_a_vin_names_its_parts() -> None:
    vin = parse_vin("1M8GDM9AXKP042788")
    assert (vin.maker, vin.descriptor, vin.plant, vin.serial) == ("1M8", "GDM9A", "P", "042788")


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("1M8GDM9AXKP04278", "VIN_LENGTH", "this one has 16"),
        ("", "VIN_LENGTH", "this one has 0"),
        ("1M8GDM9AXKPO42788", "VIN_LOOK_ALIKE", "O (position 12)"),
        ("IM8GDM9AXKP042788", "VIN_LOOK_ALIKE", "is it 1?"),
        ("QM8GDM9AXKP042788", "VIN_LOOK_ALIKE", "is it 0?"),
        ("1M8GDM9AXKP04278É", "VIN_CHARACTER", "position 17"),
        ("1M8GDM9A?KP042788", "VIN_CHARACTER", "position 9"),
        ("1M8GDM9A1KP042788", "VIN_CHECK_DIGIT", "make X"),
    ],
)
def test_what_is_not_a_vin_is_refused_with_the_reason(text: str, code: str, words: str) -> None:
    with pytest.raises(VinError) as caught:
        parse_vin(text)
    assert (caught.value.code, words in caught.value.detail) == (code, True)


@pytest.mark.parametrize("sign", ["U", "Z", "0"])
def test_three_signs_are_of_no_model_year(sign: str) -> None:
    with pytest.raises(VinError) as caught:
        model_year(f"1M8GDM9A0{sign}P042788")
    assert caught.value.code == "VIN_MODEL_YEAR"


def test_the_last_four_must_be_digits() -> None:
    raw = "1M8GDM9A0KP0427B8"
    with pytest.raises(VinError) as caught:
        parse_vin(raw[:CHECK_POSITION] + check_digit(raw) + raw[CHECK_POSITION + 1 :])
    assert caught.value.code == "VIN_SERIAL"


@pytest.mark.parametrize(("seventh", "year"), [("9", 1980), ("A", 2010)])
def test_the_seventh_sign_tells_the_cycle_of_thirty_years(seventh: str, year: int) -> None:
    assert model_year(f"1M8GDM{seventh}A0AP042788") == year


@given(vins())
def test_every_vin_with_its_check_digit_is_read(text: str) -> None:
    assert parse_vin(text).text == text


@given(vins(), st.integers(0, 12), st.sampled_from(SIGNS))
def test_one_wrong_character_is_noticed_unless_it_weighs_the_same(text: str, position: int, sign: str) -> None:
    wrong = text[:position] + sign + text[position + 1 :]
    same_weight = position != CHECK_POSITION and VALUES[sign] == VALUES[text[position]]
    year_sign = position == CHECK_POSITION + 1
    if same_weight or year_sign or wrong == text:
        return
    with pytest.raises(VinError):
        parse_vin(wrong)
