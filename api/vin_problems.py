"""Why a text is no VIN, by stable code, as `api.problems` has all other refusals."""

from collections.abc import Mapping
from types import MappingProxyType

from domain.errors import DomainError, InvalidError

VINS: Mapping[str, tuple[type[DomainError], str]] = MappingProxyType(
    {
        "VIN_LENGTH": (InvalidError, "A VIN has 17 characters, before 1981 5 to 17; `length` says how many came."),
        "VIN_CHARACTER": (InvalidError, "The character at `position` is none of a VIN's."),
        "VIN_LOOK_ALIKE": (
            InvalidError,
            "I, O and Q are never used, because they look like 1 and 0; `suggestion` may be the VIN that is meant.",
        ),
        "VIN_CHECK_DIGIT": (InvalidError, "Position 9 does not fit the other characters; `expected` would."),
        "VIN_IMPOSTOR": (InvalidError, "This is one character over and over, not the number of a vehicle."),
        "VIN_SERIAL": (InvalidError, "Positions 14 to 17 must be digits."),
        "VIN_MODEL_YEAR": (InvalidError, "The character at position 10 is not the sign of a model year."),
    }
)
