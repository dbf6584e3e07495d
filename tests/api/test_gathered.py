"""Many who ask at once are answered by few queries, each by what was read after it asked."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from api.gathered import MOST_IN_QUERY, Gathered


class Table:
    """Answers from its rows when the gate is open, and remembers what it was asked."""

    def __init__(self, **rows: int) -> None:
        self.rows = rows
        self.queries: list[list[str]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, keys: Sequence[str]) -> Mapping[str, int]:
        self.queries.append(list(keys))
        found = {key: self.rows[key] for key in keys if key in self.rows}
        await self.gate.wait()
        return found


async def _begun(table: Table, queries: int) -> None:
    while len(table.queries) < queries:
        await asyncio.sleep(0)


async def test_those_who_ask_in_one_moment_share_a_query_and_who_is_unknown_is_none() -> None:
    table = Table(ada=1, bob=2)
    loads = Gathered[str, int](table)
    assert await asyncio.gather(*(loads.one(name) for name in ("ada", "bob", "ada", "eve"))) == [1, 2, 1, None]
    assert table.queries == [["ada", "bob", "eve"]]


async def test_who_asks_while_a_query_is_under_way_is_answered_by_the_next_with_what_it_reads() -> None:
    table = Table(ada=1)
    table.gate.clear()
    loads = Gathered[str, int](table)
    first = asyncio.create_task(loads.one("ada"))
    await _begun(table, 1)
    table.rows["ada"] = 2
    later = [asyncio.create_task(loads.one(name)) for name in ("ada", "bob")]
    await asyncio.sleep(0)
    table.gate.set()
    assert (await first, await asyncio.gather(*later)) == (1, [2, None])
    assert table.queries == [["ada"], ["ada", "bob"]]


async def test_a_query_that_fails_fails_its_own_and_not_those_after_it() -> None:
    asked = 0

    async def load(keys: Sequence[str]) -> Mapping[str, int]:
        nonlocal asked
        asked += 1
        if asked == 1:
            raise ConnectionError
        return dict.fromkeys(keys, asked)

    loads = Gathered[str, int](load)
    failed = await asyncio.gather(loads.one("ada"), loads.one("bob"), return_exceptions=True)
    assert [type(each) for each in failed] == [ConnectionError, ConnectionError]
    assert await loads.one("ada") == 2


async def test_one_who_gives_up_does_not_spoil_it_for_the_others() -> None:
    table = Table(ada=1)
    table.gate.clear()
    loads = Gathered[str, int](table)
    first, second = (asyncio.create_task(loads.one("ada")) for _ in range(2))
    await _begun(table, 1)
    first.cancel()
    table.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await second == 1


async def test_a_crowd_is_asked_for_in_queries_of_a_bounded_size() -> None:
    table = Table()
    loads = Gathered[str, int](table)
    await asyncio.gather(*(loads.one(str(number)) for number in range(MOST_IN_QUERY + 1)))
    assert [len(query) for query in table.queries] == [MOST_IN_QUERY, 1]
