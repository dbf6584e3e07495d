"""The newest end of the ledger: what waits to be recorded, and first answers that are never lost."""

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.ledger import Entry
from domain.tail import KEEP_RECORDED, MOST_UNRECORDED, START_RECORDING, TRIM_STEP, Tail


def entry(seq: int, bid_id: str | None = None, code: str | None = None) -> Entry:
    public = {"seq": seq, "kind": "bid", "outcome": "leading", "code": code}
    return Entry(seq, "", "", public if bid_id is None else {**public, "bid_id": bid_id})


def filled(count: int) -> Tail:
    tail = Tail()
    for seq in range(1, count + 1):
        tail.append(entry(seq, f"b{seq}"))
    return tail


def test_an_empty_tail_has_nothing_to_record_and_covers_every_question() -> None:
    tail = Tail()
    tail.confirm(10)

    assert (tail.first_seq, tail.unrecorded_count, tail.recorded_through) == (1, 0, 0)
    assert (tail.unrecorded(5), tail.covers(0), tail.is_full, tail.ending()) == ([], True, False, None)


def test_the_oldest_unrecorded_entries_come_first_and_no_more_than_asked_for() -> None:
    tail = filled(10)
    tail.confirm(3)

    assert [each.seq for each in tail.unrecorded(4)] == [4, 5, 6, 7]
    assert tail.unrecorded_count == 7


def test_a_confirmation_never_goes_back_nor_beyond_what_there_is() -> None:
    tail = filled(10)
    tail.confirm(5)
    tail.confirm(2)
    back = tail.recorded_through
    tail.confirm(99)

    assert (back, tail.recorded_through) == (5, 10)


def test_so_much_unrecorded_is_full() -> None:
    tail = filled(MOST_UNRECORDED - 1)
    almost = tail.is_full
    tail.append(entry(MOST_UNRECORDED))

    assert (almost, tail.is_full) == (False, True)
    assert START_RECORDING < MOST_UNRECORDED


def test_a_reused_id_does_not_replace_the_first_answer() -> None:
    tail = Tail()
    tail.append(entry(1, "one"))
    tail.append(entry(2, "one", "ID_REUSED"))
    found = tail.find("one")

    assert found is not None
    assert found.seq == 1


def test_recorded_entries_are_forgotten_once_they_are_no_longer_recent() -> None:
    tail = filled(2_000)
    tail.append(entry(2_001))
    tail.confirm(1_600)

    assert (tail.first_seq, tail.find("b1100"), tail.find("b1101") is not None) == (1_101, None, True)


def test_forgetting_an_entry_leaves_the_answers_of_other_ids() -> None:
    tail = Tail()
    for seq in range(1, 1_200):
        tail.append(entry(seq, "same" if seq in {1, 1_150} else None))
    tail.confirm(1_199)

    assert tail.find("same") is not None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 700), st.integers(0, 900)), max_size=12), st.integers(0, 6_000))
def test_a_question_that_is_covered_finds_every_answer_that_the_database_did_not_have(
    moves: list[tuple[int, int]], checked_through: int
) -> None:
    """The door looked at the database when it had everything up to `checked_through`; an id judged later is here."""
    tail, seq = Tail(), 0
    for added, behind in moves:
        for _ in range(added):
            seq += 1
            tail.append(entry(seq, f"b{seq}"))
        tail.confirm(max(seq - behind, 0))

    if tail.covers(checked_through):
        assert all(tail.find(f"b{number}") is not None for number in range(checked_through + 1, seq + 1))
    assert tail.recorded_through + 1 >= tail.first_seq
    assert len(tail.entries) <= tail.unrecorded_count + KEEP_RECORDED + TRIM_STEP
    assert [each.seq for each in tail.entries] == list(range(tail.first_seq, seq + 1))


def test_an_entry_is_found_by_its_seq_while_it_is_kept() -> None:
    tail = filled(1_600)
    tail.confirm(1_600)

    assert [found and found.seq for found in map(tail.at, (0, 1_100, 1_101, 1_600, 1_601))] == [
        None, None, 1_101, 1_600, None,
    ]  # fmt: skip
