"""Vehicle identification numbers: the check digit, the model year, and why a text is not one (49 CFR 565, ISO 3779)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from domain.errors import InvalidError

LENGTH = 17
SHORTEST = 5
CHECK_POSITION = 8
YEAR_POSITION = 9
PLANT_POSITION = 10
YEAR_CYCLE_POSITION = 6
FIRST_YEAR = 1980
YEAR_CYCLE = 30
YEAR_CHARACTERS = "ABCDEFGHJKLMNPRSTVWXY123456789"
SERIAL_DIGITS = 4
WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
VALUES = {
    **{str(digit): digit for digit in range(10)},
    **dict(zip("ABCDEFGH", range(1, 9), strict=True)),
    **dict(zip("JKLMNPR", (1, 2, 3, 4, 5, 7, 9), strict=True)),
    **dict(zip("STUVWXYZ", range(2, 10), strict=True)),
}
LOOK_ALIKES = {"I": "1", "O": "0", "Q": "0"}
AS_DIGITS = str.maketrans(LOOK_ALIKES)
# What people put between the characters.
SEPARATORS = frozenset("-\u2010\u2011\u2012\u2013")


class Market(StrEnum):
    """How the seller says that it was built: for the United States and Canada since 1981, for elsewhere, or before."""

    US = "us"
    IMPORT = "import"
    PRE_1981 = "pre_1981"


class VinError(InvalidError):
    """A text that cannot be a VIN: `code` is stable, `detail` says what to look at, `data` carries the facts: the
    `position` from 1, and a whole VIN as `suggestion` where there is a likely one."""


@dataclass(frozen=True, slots=True)
class Vin:
    """A checked VIN of a passenger car or a light vehicle: 17 characters, and what they say."""

    text: str
    model_year: int

    @property
    def maker(self) -> str:
        """The world manufacturer identifier: positions 1 to 3."""
        return self.text[:3]

    @property
    def descriptor(self) -> str:
        """The vehicle's attributes: positions 4 to 8."""
        return self.text[3:CHECK_POSITION]

    @property
    def plant(self) -> str:
        """The plant of manufacture: position 11."""
        return self.text[PLANT_POSITION]

    @property
    def serial(self) -> str:
        """The sequential number: positions 12 to 17."""
        return self.text[PLANT_POSITION + 1 :]


@dataclass(frozen=True, slots=True)
class VinWarning:
    """What is odd about a VIN and does not block it: a stable code, and a sentence for the seller."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class VinReading:
    """A VIN by the rules of its market. `model_years` are those it may mean, the likeliest first; none where it does
    not say."""

    text: str
    market: Market
    model_years: tuple[int, ...] = ()
    warnings: tuple[VinWarning, ...] = ()

    @property
    def decodable(self) -> bool:
        """Whether a decoder may know it: those of before 1981 have no common form."""
        return len(self.text) == LENGTH and self.market is not Market.PRE_1981


def parse_vin(text: str) -> Vin:
    """Read a VIN of the US market as people type it: any case, with spaces or hyphens. Raises VinError with the
    reason; nothing is ever replaced silently."""
    vin = as_typed(text)
    _check_characters(vin)
    expected = check_digit(vin)
    if vin[CHECK_POSITION] != expected:
        raise VinError("VIN_CHECK_DIGIT", _wrong_check_digit(vin), position=CHECK_POSITION + 1, expected=expected)
    _check_impostor(vin)
    _check_serial(vin)
    return Vin(vin, model_year(vin))


def read_vin(text: str, market: Market = Market.US, *, latest_year: int) -> VinReading:
    """Read a VIN by the rules of its market; `latest_year` is the newest model year on sale. Raises VinError.

    An import's check digit and serial number only warn, because ISO 3779 leaves both to the maker, and one from before
    1981 has any 5 to 17 letters and digits.
    """
    match market:
        case Market.US:
            vin = parse_vin(text)
            return VinReading(vin.text, market, *_us_years(vin, latest_year))
        case Market.IMPORT:
            return _read_import(as_typed(text), latest_year)
        case Market.PRE_1981:
            return _read_old(as_typed(text))
        case _ as unreachable:
            assert_never(unreachable)


def as_typed(text: str) -> str:
    """The characters without case, spaces and hyphens. Only ASCII letters change: no other one becomes a letter."""
    kept = (sign for sign in text if not sign.isspace() and sign not in SEPARATORS)
    return "".join(sign.upper() if sign.isascii() else sign for sign in kept)


def check_digit(vin: str) -> str:
    """The digit (or X for ten) that position 9 must show; the character that stands there is not looked at.

    Weighted sum of the transliterated characters, modulo 11 (49 CFR 565.15(c)). `vin` has 17 legal characters.
    """
    weighted = zip(vin, WEIGHTS, strict=True)
    rest = sum(VALUES[character] * weight for character, weight in weighted if weight) % 11
    return "X" if rest == len("0123456789") else str(rest)


def model_year(vin: str) -> int:
    """The model year of position 10; position 7 tells the cycle: a digit 1980-2009, a letter 2010-2039.

    This holds for passenger cars, multipurpose vehicles and trucks of at most 10,000 lb (49 CFR 565.15(d)(1)).
    """
    character = vin[YEAR_POSITION]
    if character not in YEAR_CHARACTERS:
        message = f"{character} (position 10) is not the sign of a model year"
        raise VinError("VIN_MODEL_YEAR", message, position=YEAR_POSITION + 1, character=character)
    cycle = 0 if vin[YEAR_CYCLE_POSITION].isdigit() else YEAR_CYCLE
    return FIRST_YEAR + cycle + YEAR_CHARACTERS.index(character)


def _us_years(vin: Vin, latest_year: int) -> tuple[tuple[int, ...], tuple[VinWarning, ...]]:
    """Position 7 decides between 1991 and 2021, but for a year that is not there yet: then it is no light vehicle."""
    if vin.model_year <= latest_year:
        return (vin.model_year,), ()
    earlier = vin.model_year - YEAR_CYCLE
    message = f"positions 7 and 10 say {vin.model_year}, which is not on sale yet; {earlier} is taken"
    return (earlier,), (VinWarning("VIN_MODEL_YEAR_AHEAD", message),)


def _read_import(vin: str, latest_year: int) -> VinReading:
    _check_characters(vin)
    _check_impostor(vin)
    years, warnings = _import_years(vin, latest_year)
    return VinReading(vin, Market.IMPORT, years, (*_import_oddities(vin), *warnings))


def _import_oddities(vin: str) -> Iterator[VinWarning]:
    if vin[CHECK_POSITION] != check_digit(vin):
        yield VinWarning("VIN_CHECK_DIGIT", f"{_wrong_check_digit(vin)}, unless its maker does not use a check digit")
    if not vin[-SERIAL_DIGITS:].isdigit():
        yield VinWarning("VIN_SERIAL", _wrong_serial(vin))


def _import_years(vin: str, latest_year: int) -> tuple[tuple[int, ...], tuple[VinWarning, ...]]:
    """Both years of the sign that may be meant: outside North America position 7 decides nothing."""
    if vin[YEAR_POSITION] not in YEAR_CHARACTERS:
        return (), (VinWarning("VIN_MODEL_YEAR", "position 10 does not tell the model year"),)
    likelier = model_year(vin)
    other = likelier - YEAR_CYCLE if likelier >= FIRST_YEAR + YEAR_CYCLE else likelier + YEAR_CYCLE
    years = tuple(year for year in (likelier, other) if year <= latest_year)
    if len(years) == 1:
        return years, ()
    message = f"position 10 may mean {years[0]} or {years[1]}; compare it with the papers"
    return years, (VinWarning("VIN_MODEL_YEAR_AMBIGUOUS", message),)


def _read_old(vin: str) -> VinReading:
    if not SHORTEST <= len(vin) <= LENGTH:
        message = f"a VIN of before 1981 has {SHORTEST} to {LENGTH} characters; this one has {len(vin)}"
        raise VinError("VIN_LENGTH", message, length=len(vin))
    # Before 1981 each maker had a form of its own, in which I, O and Q are possible.
    _each(vin, lambda character: not (character.isascii() and character.isalnum()), _wrong_character)
    _check_impostor(vin)
    return VinReading(vin, Market.PRE_1981)


def _check_characters(vin: str) -> None:
    if len(vin) != LENGTH:
        older = "; for a vehicle of before 1981, say so" if SHORTEST <= len(vin) < LENGTH else ""
        message = f"a VIN has {LENGTH} characters; this one has {len(vin)}{older}"
        raise VinError("VIN_LENGTH", message, length=len(vin))
    _each(vin, lambda character: character not in VALUES and character not in LOOK_ALIKES, _wrong_character)
    _each(vin, lambda character: character in LOOK_ALIKES, _look_alike)


def _each(vin: str, is_wrong: Callable[[str], bool], error: Callable[[str, int], VinError]) -> None:
    """Raise the error of the first character that is wrong."""
    for position, character in enumerate(vin, start=1):
        if is_wrong(character):
            raise error(vin, position)


def _wrong_character(vin: str, position: int) -> VinError:
    character = vin[position - 1]
    message = f"{character!r} (position {position}) is neither a digit nor one of the letters of a VIN"
    return VinError("VIN_CHARACTER", message, position=position, character=character)


def _look_alike(vin: str, position: int) -> VinError:
    character = vin[position - 1]
    message = (
        f"{character} (position {position}) is never used in a VIN, because it looks like "
        f"{LOOK_ALIKES[character]}; is it {LOOK_ALIKES[character]}?"
    )
    return VinError(
        "VIN_LOOK_ALIKE",
        message,
        position=position,
        character=character,
        positions=[at for at, sign in enumerate(vin, start=1) if sign in LOOK_ALIKES],
        suggestion=_suggestion(vin),
    )


def _suggestion(vin: str) -> str | None:
    """The VIN with digits in the place of the letters that look like them, where its check digit agrees."""
    suggested = vin.translate(AS_DIGITS)
    return suggested if suggested[CHECK_POSITION] == check_digit(suggested) else None


def _wrong_check_digit(vin: str) -> str:
    return (
        f"the check digit (position 9) is {vin[CHECK_POSITION]} but the other characters make {check_digit(vin)}: "
        "one or more characters are wrong"
    )


def _check_impostor(vin: str) -> None:
    """Seventeen ones have a right check digit, and are nobody's VIN."""
    if len(set(vin)) == 1:
        message = "this is one character over and over, not the number of a vehicle"
        raise VinError("VIN_IMPOSTOR", message)


def _check_serial(vin: str) -> None:
    if not vin[-SERIAL_DIGITS:].isdigit():
        raise VinError("VIN_SERIAL", _wrong_serial(vin), position=LENGTH - SERIAL_DIGITS + 1)


def _wrong_serial(vin: str) -> str:
    return f"positions 14 to 17 must be digits; this VIN ends in {vin[-SERIAL_DIGITS:]}"
