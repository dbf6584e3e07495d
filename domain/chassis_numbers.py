"""Which number an open listing holds alone: a VIN is one car's for thirty years, an older chassis number is not."""

import hashlib
from base64 import b32encode

from domain.decoder_conflicts import MAKES
from domain.listings import Particulars
from domain.vehicle_words import words_of
from domain.vin import LENGTH, Market

# No VIN begins with it, so that no chassis number is ever taken for one.
MARK = "~"


def held_number(told: Particulars) -> str | None:
    """What no second open listing may hold: at most 17 characters; None while it is not known which car is meant.

    That is the VIN. Before 1981 each maker counted by itself, often anew each year, so that such a number names a car
    only together with its make and year: the key is made of all three, and there is none until all three are told. A
    number of 17 characters counts as a VIN whatever its market is said to be, or nobody's VIN would be safe.
    """
    if told.market is not Market.PRE_1981 or len(told.vin) == LENGTH:
        return told.vin
    packed = words_of(told.make).replace(" ", "")
    if not packed or told.year is None:
        return None
    told_of = f"{MAKES.get(packed, packed)}\n{told.year}\n{told.vin}"
    return MARK + b32encode(hashlib.sha256(told_of.encode()).digest()).decode()[: LENGTH - len(MARK)]
