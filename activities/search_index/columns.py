"""A column of whole numbers, kept bit by bit: one big integer per binary place, in which bit n belongs to member n.

Ranges, counts and smallest values are then a few dozen ANDs over all members at once, which Python does at the speed of
memory: a million members are 125 KB per place. A set of members is such an integer too.
"""

import re
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

BITS = 8
WIDTH = 8
FILLED = re.compile(rb"[^\0]")
# For each place of a byte, the digits that tell whether a byte has that bit.
DIGITS = tuple(bytes(b"01"[byte >> place & 1] for byte in range(256)) for place in range(BITS))


@dataclass(frozen=True, slots=True)
class Column:
    """The places of every member's value, lowest first. Members that nobody has set have 0."""

    places: tuple[int, ...] = ()

    @classmethod
    def of(cls, values: Sequence[int]) -> "Column":
        """A column of the values (0 or more, below 2**64) of members 0, 1, 2 and so on."""
        planes = array("Q", reversed(values)).tobytes()
        width = max(values, default=0).bit_length()
        return cls(
            tuple(int(planes[place // BITS :: WIDTH].translate(DIGITS[place % BITS]), 2) for place in range(width))
        )

    def changed(self, values: Mapping[int, int]) -> "Column":
        """The column with new values of some members."""
        touched = members_of(values)
        width = max(len(self.places), max(values.values(), default=0).bit_length())
        old = (*self.places, *(0,) * (width - len(self.places)))
        return Column(
            tuple(
                (bits ^ (bits & touched)) | members_of(member for member, value in values.items() if value >> place & 1)
                for place, bits in enumerate(old)
            )
        )

    def replaced(self, touched: int, other: "Column") -> "Column":
        """The column with the values of another one for a set of members."""
        pairs = zip_longest(self.places, other.places, fillvalue=0)
        return Column(tuple((bits ^ (bits & touched)) | new for bits, new in pairs))

    def equal(self, value: int, within: int) -> int:
        """The members of a set that have this value."""
        if value.bit_length() > len(self.places):
            return 0
        for place, bits in enumerate(self.places):
            within = within & bits if value >> place & 1 else within ^ (within & bits)
        return within

    def at_most(self, value: int, within: int) -> int:
        """The members of a set that have this value or less."""
        if value < 0 or value.bit_length() > len(self.places):
            return 0 if value < 0 else within
        less, equal = 0, within
        for place in reversed(range(len(self.places))):
            high = equal & self.places[place]
            if value >> place & 1:
                less |= equal ^ high
                equal = high
            else:
                equal ^= high
        return less | equal

    def between(self, low: int, high: int, within: int) -> int:
        """The members of a set whose value is from `low` to `high`, both included."""
        found = self.at_most(high, within)
        return found ^ self.at_most(low - 1, found)

    def counts(self, within: int) -> dict[int, int]:
        """How many members of a set have each value; without the values that none has."""
        found: dict[int, int] = {}
        waiting = [(len(self.places), 0, within)]
        while waiting:
            place, value, members = waiting.pop()
            if not members:
                continue
            if place == 0:
                found[value] = members.bit_count()
                continue
            high = members & self.places[place - 1]
            waiting.append((place - 1, value << 1 | 1, high))
            waiting.append((place - 1, value << 1, members ^ high))
        return found

    def first(self, within: int, count: int, *, greatest: bool = False) -> int:
        """The members of a set with its `count` smallest or greatest values; of equal ones the higher members."""
        sure, equal, left = 0, within, count
        for bits in reversed(self.places):
            high = equal & bits
            better = high if greatest else equal ^ high
            size = better.bit_count()
            if size > left:
                equal = better
            else:
                sure, equal, left = sure | better, equal ^ better, left - size
            if not left:
                return sure
        return sure | highest(equal, left)


def members_of(members: Iterable[int]) -> int:
    """The set of some members."""
    known = list(members)
    bits = bytearray(max(known, default=0) // BITS + 1)
    for member in known:
        bits[member // BITS] |= 1 << member % BITS
    return int.from_bytes(bits, "little")


def listed(members: int) -> list[int]:
    """The members of a set, in order."""
    found: list[int] = []
    bits = members.to_bytes((members.bit_length() + BITS - 1) // BITS, "little")
    for match in FILLED.finditer(bits):
        at, byte = match.start() * BITS, match[0][0]
        found += [at + place for place in range(BITS) if byte >> place & 1]
    return found


def highest(members: int, count: int) -> int:
    """The `count` highest members of a set, or all of it."""
    rest = members
    for _ in range(count):
        if not rest:
            return members
        rest ^= 1 << (rest.bit_length() - 1)
    return members ^ rest


def below(member: int, within: int) -> int:
    """The members of a set that come before this one."""
    return within & ((1 << member) - 1)
