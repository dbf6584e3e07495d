"""Vehicle identification numbers: good ones, bad ones with the reason, and the check digit's promise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidError
from domain.vin import CHECK_POSITION, VALUES, Market, VinError, as_typed, check_digit, model_year, parse_vin, read_vin

SIGNS = "".join(VALUES)
SERIAL = st.text("0123456789", min_size=4, max_size=4)
YEARS = st.sampled_from("ABCDEFGHJKLMNPRSTVWXY123456789")
NOW = 2027
GOLF = "WVWZZZ1KZAW123456"


@st.composite
def vins(draw: st.DrawFn) -> str:
    # An A first, so that none is one sign over and over.
    start = "A" + draw(st.text(SIGNS, min_size=7, max_size=7))
    rest = draw(YEARS) + draw(st.text(SIGNS, min_size=3, max_size=3)) + draw(SERIAL)
    return start + check_digit(f"{start}0{rest}") + rest


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("1M8GDM9AXKP042788", 1989),
        ("1HGCM82633A004352", 2003),
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


@pytest.mark.parametrize("text", ["11111111111111111", "0" * 17, " 1111 1111-1111 11111 "])
def test_one_sign_over_and_over_is_nobodys_vin(text: str) -> None:
    for market in Market:
        with pytest.raises(VinError) as caught:
            read_vin(text, market, latest_year=NOW)
        assert caught.value.code == "VIN_IMPOSTOR"


def test_a_wrong_vin_is_bad_input() -> None:
    assert issubclass(VinError, InvalidError)


def test_letters_that_look_like_digits_are_named_with_the_vin_that_may_be_meant() -> None:
    with pytest.raises(VinError) as caught:
        parse_vin("IM8GDM9AXKPO42788")
    assert caught.value.data == {
        "position": 1,
        "character": "I",
        "positions": [1, 12],
        "suggestion": "1M8GDM9AXKP042788",
    }


def test_a_vin_that_would_be_wrong_with_digits_too_is_not_suggested() -> None:
    with pytest.raises(VinError) as caught:
        parse_vin("IM8GDM9A1KP042788")
    assert caught.value.data["suggestion"] is None


@pytest.mark.parametrize("sign", ["\u0131", "\u00df", "\uff11", "\u0410", "\ufb01"])
def test_no_sign_of_another_script_becomes_one_of_a_vin(sign: str) -> None:
    with pytest.raises(VinError) as caught:
        parse_vin(f"{sign}M8GDM9AXKP042788")
    assert (caught.value.code, caught.value.data["position"]) == ("VIN_CHARACTER", 1)


def test_dashes_of_all_lengths_are_no_part_of_it() -> None:
    assert as_typed("1m8\u2013gdm9a\u2011x\u00a0kp\t042788") == "1M8GDM9AXKP042788"


def test_the_us_reading_is_the_strict_one_with_its_year() -> None:
    reading = read_vin("1m8gdm9axkp042788", latest_year=NOW)
    assert (reading.text, reading.market, reading.model_years) == ("1M8GDM9AXKP042788", Market.US, (1989,))
    assert (reading.warnings, reading.decodable) == ((), True)


@pytest.mark.parametrize(("seventh", "year"), [("9", 1991), ("A", 2021)])
def test_the_same_sign_means_1991_or_2021_by_position_seven(seventh: str, year: int) -> None:
    raw = f"1M8GDM{seventh}A0MP042788"
    text = raw[:CHECK_POSITION] + check_digit(raw) + raw[CHECK_POSITION + 1 :]
    assert read_vin(text, latest_year=NOW).model_years == (year,)


def test_a_year_that_is_not_on_sale_yet_is_taken_for_the_one_thirty_years_before() -> None:
    raw = "1M8GDMAA0XP042788"
    text = raw[:CHECK_POSITION] + check_digit(raw) + raw[CHECK_POSITION + 1 :]
    reading = read_vin(text, latest_year=NOW)
    assert (reading.model_years, [each.code for each in reading.warnings]) == ((1999,), ["VIN_MODEL_YEAR_AHEAD"])


def test_an_import_is_warned_of_its_check_digit_and_may_go_on() -> None:
    reading = read_vin(GOLF.lower(), Market.IMPORT, latest_year=NOW)
    assert (reading.text, reading.decodable) == (GOLF, True)
    assert reading.model_years == (1980, 2010)
    assert [each.code for each in reading.warnings] == ["VIN_CHECK_DIGIT", "VIN_MODEL_YEAR_AMBIGUOUS"]


def test_an_imports_sign_may_mean_two_years() -> None:
    years = {seventh: read_vin(f"WVWZZZ{seventh}KZMW123456", Market.IMPORT, latest_year=NOW) for seventh in "1K"}
    assert {seventh: reading.model_years for seventh, reading in years.items()} == {
        "1": (1991, 2021),
        "K": (2021, 1991),
    }
    assert "1991 or 2021" in years["1"].warnings[-1].message


def test_of_two_years_the_one_that_is_not_there_yet_is_left_out() -> None:
    reading = read_vin("WVWZZZ1KZXW123456", Market.IMPORT, latest_year=NOW)
    assert (reading.model_years, [each.code for each in reading.warnings]) == ((1999,), ["VIN_CHECK_DIGIT"])


def test_an_imports_year_and_serial_may_be_anything() -> None:
    reading = read_vin("WVWZZZ1KZZW1234AB", Market.IMPORT, latest_year=NOW)
    assert reading.model_years == ()
    assert [each.code for each in reading.warnings] == ["VIN_CHECK_DIGIT", "VIN_SERIAL", "VIN_MODEL_YEAR"]


def test_an_import_with_everything_right_is_warned_of_nothing() -> None:
    assert read_vin("WBA8D9G57JNU97840", Market.IMPORT, latest_year=2017).warnings == ()


@pytest.mark.parametrize("text", ["WVWZZZ1KZAW12345", "WVWZZZ1KZAW12345O", "WVWZZZ1KZAW12345?"])
def test_an_import_has_seventeen_legal_signs_all_the_same(text: str) -> None:
    with pytest.raises(VinError):
        read_vin(text, Market.IMPORT, latest_year=NOW)


@pytest.mark.parametrize("text", ["9T02H118473", "194677s100001", "1122334455", "O1I2Q"])
def test_before_1981_a_vin_is_short_and_has_no_check_digit(text: str) -> None:
    reading = read_vin(text, Market.PRE_1981, latest_year=NOW)
    assert (reading.text, reading.model_years, reading.decodable) == (text.upper(), (), False)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1234", "VIN_LENGTH"),
        ("123456789012345678", "VIN_LENGTH"),
        ("12345/78", "VIN_CHARACTER"),
        ("12345\u00e978", "VIN_CHARACTER"),
        ("00000000", "VIN_IMPOSTOR"),
    ],
)
def test_before_1981_not_everything_is_a_vin(text: str, code: str) -> None:
    with pytest.raises(VinError) as caught:
        read_vin(text, Market.PRE_1981, latest_year=NOW)
    assert caught.value.code == code


@pytest.mark.parametrize(("text", "hint"), [("9T02H118473", True), ("123", False), ("1M8GDM9AXKP0427881", False)])
def test_who_types_a_short_vin_is_told_of_the_ones_from_before_1981(text: str, hint: bool) -> None:
    with pytest.raises(VinError) as caught:
        parse_vin(text)
    assert ("before 1981" in caught.value.detail) is hint
