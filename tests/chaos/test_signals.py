"""What operators type into the Temporal CLI: a bid from the room is judged, nonsense leaves a line and no damage."""

import json
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from domain.ledger import first_break
from tests.journeys.proof import is_recorded
from tests.journeys.town import START_CENTS, Town, eventually
from workflows.ids import auction_workflow_id

pytestmark = pytest.mark.chaos


def signal(cli: Path, town: Town, lot: int, name: str, text: str, *more: str) -> None:
    """Send a signal as an operator does."""
    address, workflow_id = town.stack.temporal_address, auction_workflow_id(lot)
    where = ("--address", address, "--workflow-id", workflow_id)
    what = ("--name", name, "--input", text, *more)
    subprocess.run([cli, "workflow", "signal", *where, *what], check=True, capture_output=True, timeout=30)


def newest(town: Town, lot: int, kind: str) -> dict[str, Any]:
    """The newest public entry of a kind, as soon as there is one."""
    return eventually(lambda: [e.public for e in town.ledger(lot) if e.public["kind"] == kind])[-1]


def test_a_bid_typed_by_an_operator_counts_and_says_so(chaos_town: Town, temporal_cli: Path) -> None:
    lot, (ada,) = chaos_town.lot(), chaos_town.buyers(1)
    typed = json.dumps({"bidder": str(ada.id), "kind": "bid", "cents": START_CENTS})
    signal(temporal_cli, chaos_town, lot, "place_bids", typed)
    entry = newest(chaos_town, lot, "bid")
    assert (entry["channel"], entry["outcome"], entry["price_cents"]) == ("operator", "leading", START_CENTS)
    assert entry["received_at"] == entry["at"]
    receipt = chaos_town.get(f"/api/bids/{entry['bid_id']}", ada)
    assert (receipt.status_code, receipt.json()["outcome"]) == (200, "leading")


def test_an_operator_may_name_two_bids_alike_and_both_lots_go_on(chaos_town: Town, temporal_cli: Path) -> None:
    lots, (ada, bob) = (chaos_town.lot(), chaos_town.lot()), chaos_town.buyers(2)
    typed = json.dumps(
        {"bidder": str(ada.id), "kind": "bid", "cents": START_CENTS, "bid_id": "the man in the blue hat"}
    )
    for lot in lots:
        for _ in (1, 2):
            signal(temporal_cli, chaos_town, lot, "place_bids", typed)
        assert newest(chaos_town, lot, "bid")["outcome"] == "leading"
        assert chaos_town.bid(bob, lot, START_CENTS + 10_000).json()["outcome"] == "leading"
        eventually(partial(is_recorded, chaos_town, lot))
        assert [e.public["kind"] for e in chaos_town.ledger(lot)] == ["scheduled", "started", "bid", "bid"]


@pytest.mark.parametrize(
    ("name", "text", "more"),
    [
        ("place_bids", '"nonsense"', ()),
        ("place_bids", '{"bidder": "1", "kind": "bid", "cents": "much"}', ()),
        ("place_bids", '{"bidder": "nobody", "kind": "bid", "cents": 500000}', ()),
        ("report_outage", '{"at": "yesterday"}', ()),
        ("no_such_signal", "{}", ()),
        ("place_bids", "no ciphertext", ("--input-meta", "encoding=binary/encrypted")),
        ("place_bids", "what", ("--input-meta", "encoding=unknown/unheard-of")),
    ],
)
def test_a_signal_that_cannot_be_read_is_a_refused_entry_and_the_lot_goes_on(
    chaos_town: Town, temporal_cli: Path, name: str, text: str, more: tuple[str, ...]
) -> None:
    lot, (ada,) = chaos_town.lot(), chaos_town.buyers(1)
    signal(temporal_cli, chaos_town, lot, name, text, *more)
    entry = newest(chaos_town, lot, "unreadable")
    assert (entry["outcome"], entry["code"], entry["channel"]) == ("refused", "UNREADABLE", "operator")

    answer = chaos_town.bid(ada, lot, START_CENTS)
    assert (answer.status_code, answer.json()["outcome"]) == (201, "leading")
    eventually(lambda: is_recorded(chaos_town, lot))
    assert first_break(lot, chaos_town.ledger(lot)) is None
