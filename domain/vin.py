"""Vehicle identification numbers: the check digit, the model year, and why a text is not one (49 CFR 565)."""

from dataclasses import dataclass

from domain.errors import DomainError

LENGTH = 17
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


class VinError(DomainError):
    """A text that cannot be a VIN: `code` is stable, `detail` says what to look at, `data` carries the facts."""


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


def parse_vin(text: str) -> Vin:
    """Read a VIN as people type it: any case, with spaces or hyphens. Raises VinError with the reason."""
    vin = "".join(text.split()).replace("-", "").upper()
    if len(vin) != LENGTH:
        message = f"a VIN has {LENGTH} characters; this one has {len(vin)}"
        raise VinError("VIN_LENGTH", message, length=len(vin))
    for position, character in enumerate(vin, start=1):
        _check_character(position, character)
    expected = check_digit(vin)
    if vin[CHECK_POSITION] != expected:
        message = (
            f"the check digit (position 9) is {vin[CHECK_POSITION]} but the other characters make {expected}: "
            "one or more characters are wrong"
        )
        raise VinError("VIN_CHECK_DIGIT", message, position=CHECK_POSITION + 1, expected=expected)
    _check_serial(vin)
    return Vin(vin, model_year(vin))


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


def _check_character(position: int, character: str) -> None:
    if character in LOOK_ALIKES:
        message = (
            f"{character} (position {position}) is never used in a VIN, because it looks like "
            f"{LOOK_ALIKES[character]}; is it {LOOK_ALIKES[character]}?"
        )
        raise VinError("VIN_LOOK_ALIKE", message, position=position, character=character)
    if character not in VALUES:
        message = f"{character!r} (position {position}) is neither a digit nor one of the letters of a VIN"
        raise VinError("VIN_CHARACTER", message, position=position, character=character)


def _check_serial(vin: str) -> None:
    if not vin[-SERIAL_DIGITS:].isdigit():
        message = f"positions 14 to 17 must be digits; this VIN ends in {vin[-SERIAL_DIGITS:]}"
        raise VinError("VIN_SERIAL", message, position=LENGTH - SERIAL_DIGITS + 1)
