"""Which listings are within some miles of a place: whole squares of the map at a time, and one by one at the edge."""

from array import array
from dataclasses import dataclass
from math import floor

from activities.search_index.columns import Column, listed, members_of
from domain.geo import LAT_MOST, LNG_MOST, Box, box_around, miles_between
from domain.search import Near

# A step is a hundredth of a degree, two thirds of a mile; a code is the number of steps from the south-west, plus 1.
STEPS = 100
PLACES = 16
# Squares are cut until one is this much smaller than the circle; what lies in those of the edge is measured.
FINEST = 24
# So few are measured one by one.
FEW = 3_000
UNKNOWN = 0
# A place on the line between two squares may be found in either.
ROUNDING_MILES = 0.01


@dataclass(frozen=True, slots=True)
class Square:
    """A square of the map by its lowest codes and its size in steps, with the listings in it."""

    south: int
    west: int
    place: int
    members: int

    @property
    def box(self) -> Box:
        """Its edges in degrees."""
        size = 1 << self.place
        south, west = _lat(self.south), _lng(self.west)
        return Box(south, south + size / STEPS, west, west + size / STEPS)


@dataclass(frozen=True, slots=True)
class Places:
    """Where every listing is: as columns for whole squares, and exactly; not a number where nobody knows."""

    lat_codes: Column
    lng_codes: Column
    lats: "array[float]"
    lngs: "array[float]"

    def put(self, member: int, lat: float, lng: float) -> None:
        """Note where a listing is, exactly."""
        for values, value in ((self.lats, lat), (self.lngs, lng)):
            if len(values) <= member:
                values.frombytes(bytes(values.itemsize * (member + 1 - len(values))))
            values[member] = value

    def within(self, near: Near, members: int) -> int:
        """The listings of a set that are within `near.miles`."""
        members = self._known(members)
        if members.bit_count() <= FEW:
            return self._measured(near, members)
        circle = box_around(near.lat, near.lng, near.miles + ROUNDING_MILES)
        found, edge = 0, 0
        waiting = [Square(0, 0, PLACES, members)]
        while waiting:
            square = waiting.pop()
            box = square.box
            if not square.members or not _touch(box, circle):
                continue
            if _is_inside(box, near):
                found |= square.members
            elif 1 << square.place <= max(1, near.miles * 2 // FINEST):
                edge |= square.members
            else:
                waiting += self._quarters(square)
        return found | self._measured(near, edge)

    def miles(self, near: Near, member: int) -> float:
        """How far a listing is."""
        return miles_between(near.lat, near.lng, self.lats[member], self.lngs[member])

    def _measured(self, near: Near, members: int) -> int:
        return members_of([member for member in listed(members) if self.miles(near, member) <= near.miles])

    def _known(self, members: int) -> int:
        return members ^ self.lat_codes.equal(UNKNOWN, members)

    def _quarters(self, square: Square) -> list[Square]:
        place = square.place - 1
        north = square.members & _place(self.lat_codes, place)
        found = []
        for lat, half in ((square.south, square.members ^ north), (square.south + (1 << place), north)):
            east = half & _place(self.lng_codes, place)
            found.append(Square(lat, square.west, place, half ^ east))
            found.append(Square(lat, square.west + (1 << place), place, east))
        return found


def lat_code(lat: float | None) -> int:
    """The code of a latitude."""
    return UNKNOWN if lat is None else floor((lat + LAT_MOST) * STEPS) + 1


def lng_code(lng: float | None) -> int:
    """The code of a longitude."""
    return UNKNOWN if lng is None else floor((lng + LNG_MOST) * STEPS) + 1


def _lat(code: int) -> float:
    return (code - 1) / STEPS - LAT_MOST


def _lng(code: int) -> float:
    return (code - 1) / STEPS - LNG_MOST


def _place(column: Column, place: int) -> int:
    return column.places[place] if place < len(column.places) else 0


def _touch(one: Box, other: Box) -> bool:
    return one.south <= other.north and one.north >= other.south and one.west <= other.east and one.east >= other.west


def _is_inside(box: Box, near: Near) -> bool:
    # Along a parallel and along a meridian the farthest point is one of the ends, so that the corners speak for all.
    corners = ((lat, lng) for lat in (box.south, box.north) for lng in (box.west, box.east))
    return all(miles_between(near.lat, near.lng, lat, lng) <= near.miles - ROUNDING_MILES for lat, lng in corners)
