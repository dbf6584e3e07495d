"""Worked sequences played from a file, and one clear line for a file that cannot be."""

from copy import deepcopy
from typing import Any

import pytest

from domain.rehearsal import RehearsalError, play

SETUP = {
    "start_cents": 50_000,
    "reserve_cents": None,
    "starts_at": "2026-05-05T12:00:00.000Z",
    "ends_at": "2026-05-07T18:00:00.000Z",
    "window_s": 120,
    "seller": "S",
}
AT = "2026-05-06T12:00:00.000Z"
BID = {"at": AT, "kind": "bid", "bidder": "A", "amount_cents": 60_000, "id": "b1"}


def document(*actions: object, **setup: Any) -> Any:
    sequence = {"name": "one", "setup": {**SETUP, **setup}, "steps": [{"action": action} for action in actions]}
    return deepcopy({"sequences": [sequence]})


def results(*actions: object, **setup: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = play(document(*actions, **setup))[0]["results"]
    return found


def test_every_kind_of_action_can_be_played() -> None:
    actions = [
        {**BID, "at": AT},
        {"at": AT, "kind": "auto_bid", "bidder": "B", "max_cents": 90_000, "id": "b2"},
        {"at": AT, "kind": "lower_reserve", "reserve_cents": None},
        {"at": AT, "kind": "hold"},
        {"at": AT, "kind": "resume"},
        {"at": AT, "kind": "retract", "bid_id": "b1"},
        {"at": AT, "kind": "remove_bidder", "bidder": "B"},
        {"at": "2026-05-08T12:00:00.000Z", "kind": "close"},
        {"at": "2026-05-08T12:00:01.000Z", "kind": "close"},
    ]

    assert [step["outcome"] for step in results(*actions, reserve_cents=900_000)] == [
        "leading", "leading", "done", "done", "done", "done", "done", "done", "done",
    ]  # fmt: skip
    assert [step["result"] for step in results(*actions)[-2:]] == ["no_bids", "no_bids"]


def test_a_cancelled_lot_refuses_bids() -> None:
    played = results({"at": AT, "kind": "cancel"}, BID)

    assert (played[0]["result"], played[1]["code"], played[1]["leader"]) == ("cancelled", "CLOSED", None)


def test_a_second_close_has_the_first_result_although_a_bid_came_late() -> None:
    end = SETUP["ends_at"]
    played = results({"at": end, "kind": "close"}, {**BID, "at": end}, {"at": end, "kind": "close"})

    assert (played[1]["code"], played[2]) == ("TOO_LATE", played[0])


@pytest.mark.parametrize(
    ("broken", "line"),
    [
        ([], "the file must be a JSON object"),
        ({}, "the file: 'sequences' must be a JSON list"),
        ({"sequences": [1]}, "sequence 1 must be a JSON object"),
        ({"sequences": [{}]}, "sequence 1: 'name' must be a non-empty string"),
        ({"sequences": [{"name": "one"}]}, "sequence 1 (one), setup must be a JSON object"),
        (document(1), "sequence 1 (one), step 1, action must be a JSON object"),
        (document({**BID, "kind": "buy"}), "sequence 1 (one), step 1, action: 'kind' must be bid, auto_bid"),
        (document({**BID, "amount_cents": 1.5}), "step 1, action: 'amount_cents' must be an integer"),
        (document({**BID, "amount_cents": True}), "step 1, action: 'amount_cents' must be an integer"),
        (document({**BID, "bidder": ""}), "step 1, action: 'bidder' must be a non-empty string"),
        (document({**BID, "at": "noon"}), "step 1, action: 'at' must be a time like"),
        (document({**BID, "at": "2026-05-06T12:00:00"}), "step 1, action: 'at' must be a time like"),
        (document({**BID, "at": "0001-01-01T00:00:00+14:00"}), "step 1, action: 'at' must be a time like"),
        (document({**BID, "at": "1999-12-31T23:59:59Z"}), "step 1, action: 'at' must be a time like"),
        (document({"at": AT, "kind": "lower_reserve"}), "'reserve_cents' is missing; write null for none"),
        (document(start_cents=50), "setup: 'start_cents' must be a positive number of whole dollars"),
        (document(reserve_cents=-1), "setup: 'reserve_cents' must be a positive number of whole dollars, or null"),
        (document(ends_at=SETUP["starts_at"]), "setup: 'ends_at' must be after 'starts_at'"),
        (document(window_s=-1), "setup: 'window_s' must be 0 to 86400 seconds"),
        (document(window_s=86_401), "setup: 'window_s' must be 0 to 86400 seconds"),
    ],
)
def test_a_bad_file_is_told_in_one_line_before_anything_is_played(broken: object, line: str) -> None:
    with pytest.raises(RehearsalError) as caught:
        play(broken)

    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_steps_must_be_a_list() -> None:
    broken = document()
    broken["sequences"][0]["steps"] = {}

    with pytest.raises(RehearsalError, match="'steps' must be a JSON list"):
        play(broken)
