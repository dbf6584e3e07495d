"""Columns of bits against lists of numbers."""

from hypothesis import given
from hypothesis import strategies as st

from activities.search_index.columns import Column, below, highest, listed, members_of

VALUES = st.lists(st.integers(0, 300), min_size=1, max_size=60)
SETS = st.sets(st.integers(0, 59), max_size=60)
BOUNDS = st.integers(-5, 700)


def within(values: list[int], members: set[int]) -> set[int]:
    return {member for member in members if member < len(values)}


@given(SETS)
def test_a_set_lists_its_members(members: set[int]) -> None:
    assert listed(members_of(members)) == sorted(members)


@given(SETS, st.integers(0, 70))
def test_the_highest_members_and_those_below_one(members: set[int], number: int) -> None:
    bits = members_of(members)
    assert listed(highest(bits, number)) == (sorted(members)[-number:] if number else [])
    assert listed(below(number, bits)) == sorted(member for member in members if member < number)


@given(VALUES, SETS, BOUNDS, BOUNDS)
def test_equal_and_ranges(values: list[int], chosen: set[int], low: int, high: int) -> None:
    column, members = Column.of(values), within(values, chosen)
    bits = members_of(members)
    assert listed(column.equal(max(0, low), bits)) == sorted(m for m in members if values[m] == max(0, low))
    assert listed(column.at_most(high, bits)) == sorted(m for m in members if values[m] <= high)
    assert listed(column.between(low, high, bits)) == sorted(m for m in members if low <= values[m] <= high)


@given(VALUES, SETS)
def test_counts(values: list[int], chosen: set[int]) -> None:
    members = within(values, chosen)
    numbers = [values[member] for member in members]
    assert Column.of(values).counts(members_of(members)) == {value: numbers.count(value) for value in set(numbers)}


@given(VALUES, SETS, st.integers(0, 30), st.booleans())
def test_first_ones(values: list[int], chosen: set[int], count: int, greatest: bool) -> None:
    members = within(values, chosen)
    ordered = sorted(members, key=lambda m: (-values[m] if greatest else values[m], -m))
    found = Column.of(values).first(members_of(members), count, greatest=greatest)
    assert listed(found) == sorted(ordered[:count])


@given(VALUES, st.dictionaries(st.integers(0, 59), st.integers(0, 1_000), min_size=1))
def test_changes_member_by_member_and_as_a_column(values: list[int], changes: dict[int, int]) -> None:
    size = max(len(values), max(changes) + 1)
    expected = [changes.get(m, values[m] if m < len(values) else 0) for m in range(size)]
    everyone = (1 << size) - 1
    new = [changes.get(m, 0) for m in range(size)]
    for column in (
        Column.of(values).changed(changes),
        Column.of(values).replaced(members_of(changes), Column.of(new)),
    ):
        assert [next(iter(column.counts(everyone & 1 << m)), 0) for m in range(size)] == expected
