"""Changes of a snapshot, few and many, in whatever order they come."""

from activities.db.search import CHANGE
from activities.search_index.batch import MANY, Changes
from activities.search_index.coding import Coding
from activities.search_index.snapshot import Snapshot

LISTING = {
    **dict.fromkeys(CHANGE, ""),
    **dict.fromkeys(("changed_at", "listed_at", "mileage", "condition_grade", "no_reserve"), "0"),
    "put_at": "10",
    "make": "Honda",
    "status": "live",
}


def row(vehicle_id: int, **changes: str) -> list[str]:
    facts = {**LISTING, "vehicle_id": str(vehicle_id), "year": "2019", **changes}
    return [facts[name] for name in CHANGE]


def years(snapshot: Snapshot, size: int) -> dict[int, int]:
    return snapshot.column("year").counts((1 << size) - 2)


def test_few_and_then_many_are_all_there() -> None:
    changes = Changes(Snapshot.empty(Coding()), 0)
    changes.note([row(number) for number in range(1, MANY)])
    changes.note([row(number, year="2018") for number in range(MANY, 2 * MANY)])
    assert years(changes.snapshot(), 2 * MANY) == {2019: MANY - 1, 2018: MANY}


def test_of_two_changes_of_a_listing_the_later_counts() -> None:
    changes = Changes(Snapshot.empty(Coding()), 0)
    changes.note([row(1), row(2)])
    changes.note([row(1, year="2018")])
    changes.note([row(number, year="2017") for number in range(2, MANY + 2)])
    assert years(changes.snapshot(), MANY + 2) == {2018: 1, 2017: MANY}


def test_what_was_put_long_ago_changes_only_in_what_an_auction_moves() -> None:
    first = Changes(Snapshot.empty(Coding()), 0)
    first.note([row(1)])
    later = Changes(first.snapshot(), 11)
    later.note([row(1, year="1999", price_cents="500")])
    snapshot = later.snapshot()
    assert (years(snapshot, 2), snapshot.column("price_cents").counts(2)) == ({2019: 1}, {500: 1})


def test_nothing_changes_nothing() -> None:
    snapshot = Snapshot.empty(Coding())
    changes = Changes(snapshot, 0)
    changes.note([])
    assert changes.snapshot() is snapshot
