"""Where a ZIP code is: 41,966 of the United States and their territories, without the military ones.

Source: the package `zipcodes` 3.0.0 of PyPI (MIT): the list of the USPS with coordinates of GeoNames (geonames.org,
CC BY 4.0), taken in November 2026, to a thousandth of a degree. One line each: `zip,lat,lng,state,city`, in order.
"""

import gzip
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FILE = Path(__file__).parent / "data" / "zips.csv.gz"
DIGITS = 5


@dataclass(frozen=True, slots=True)
class Zip:
    """The middle of a ZIP code's area in degrees, its state as two letters, and the name of its post office."""

    zip: str
    lat: float
    lng: float
    state: str
    city: str


def find(text: str) -> Zip | None:
    """The place of a ZIP code, also where it is written with four more digits; None for one that there is not."""
    digits, _, more = text.strip().partition("-")
    if not _is_number(digits, DIGITS) or (more and not _is_number(more, 4)):
        return None
    lines = _lines()
    at = lines.find(f"\n{digits},")
    if at < 0:
        return None
    _, lat, lng, state, city = lines[at + 1 : lines.index("\n", at + 1)].split(",", 4)
    return Zip(digits, float(lat), float(lng), state, city)


def _is_number(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdigit()


@lru_cache(maxsize=1)
def _lines() -> str:
    return gzip.decompress(FILE.read_bytes()).decode()
