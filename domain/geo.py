"""Distances on the globe, in statute miles and degrees; the one place where floats are right."""

from dataclasses import dataclass
from math import asin, cos, degrees, radians, sin, sqrt

# The mean radius (IUGG) of 6,371.0088 km in miles.
EARTH_MILES = 3_958.761_3
LAT_MOST, LNG_MOST = 90.0, 180.0


@dataclass(frozen=True, slots=True)
class Box:
    """All that lies between two latitudes and two longitudes, its edges included; it never crosses the date line."""

    south: float
    north: float
    west: float
    east: float

    def holds(self, lat: float, lng: float) -> bool:
        """Whether a place lies in it."""
        return self.south <= lat <= self.north and self.west <= lng <= self.east


def miles_between(lat: float, lng: float, other_lat: float, other_lng: float) -> float:
    """The great-circle distance of two places, by the haversine formula."""
    height = sin(radians(other_lat - lat) / 2) ** 2
    width = sin(radians(other_lng - lng) / 2) ** 2
    share = height + cos(radians(lat)) * cos(radians(other_lat)) * width
    return 2 * EARTH_MILES * asin(min(1.0, sqrt(share)))


def box_around(lat: float, lng: float, miles: float) -> Box:
    """A box that holds every place within `miles` of this one; near a pole or the date line it is a whole band."""
    angle = miles / EARTH_MILES
    south, north = lat - degrees(angle), lat + degrees(angle)
    if south <= -LAT_MOST or north >= LAT_MOST:
        return Box(max(south, -LAT_MOST), min(north, LAT_MOST), -LNG_MOST, LNG_MOST)
    # Far from the equator the meridians are closest a little poleward of the middle of the circle.
    width = degrees(asin(min(1.0, sin(angle) / cos(radians(lat)))))
    if lng - width < -LNG_MOST or lng + width > LNG_MOST:
        return Box(south, north, -LNG_MOST, LNG_MOST)
    return Box(south, north, lng - width, lng + width)
