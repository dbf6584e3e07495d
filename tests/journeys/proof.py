"""What must be true after anything has died: every acknowledged bid is in the ledger, once, as it was answered."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from activities.settings import load_or_create_platform_key, load_settings
from domain.ledger import first_break
from temporal.client import connect
from tests.journeys.crowd import Answered, Crowd
from tests.journeys.town import Town, eventually
from workflows.auction import AuctionWorkflow
from workflows.ids import auction_workflow_id

RECORDED_WITHIN_S = 10.0
RECEIPTS = 100
ACCEPTED = 202
FINAL = (201, ACCEPTED, 409)
FACTS = ("seq", "hash", "outcome", "price_cents", "received_at", "decided_at", "signature")


@dataclass(frozen=True, slots=True)
class Figures:
    """What one burst came to."""

    answered: int
    acknowledged: int
    in_ledger: int
    repeated: int
    slowest_s: float
    recorded_after_s: float

    def __str__(self) -> str:
        """One line for whoever watches."""
        return (
            f"{self.acknowledged} acknowledged, {self.in_ledger} entries in the ledger, {self.answered} answered, "
            f"{self.repeated} sent again, slowest {self.slowest_s:.1f} s, recorded after {self.recorded_after_s:.1f} s"
        )


def state_of(town: Town, auction_id: int) -> dict[str, Any]:
    """The public state of a lot as its workflow tells it."""
    return asyncio.run(_query(town, auction_id))


def prove(town: Town, auction_id: int, crowd: Crowd) -> Figures:
    """Assert all of it, and return the figures."""
    started = time.monotonic()
    eventually(lambda: is_recorded(town, auction_id), within_s=RECORDED_WITHIN_S)
    recorded_after_s = time.monotonic() - started
    assert crowd.given_up == []
    assert {answer.status for answer in crowd.answers} <= set(FINAL), _strange(crowd.answers)
    judged = [answer for answer in crowd.answers if "seq" in answer.body]
    later = [answer for answer in crowd.answers if answer.status == ACCEPTED]
    in_ledger = prove_ledger(town, auction_id, judged, later)
    for answer in judged[:: max(len(judged) // RECEIPTS, 1)]:
        prove_receipt(town, answer)
    return Figures(
        answered=len(crowd.answers),
        acknowledged=sum(answer.status == 201 for answer in judged) + len(later),
        in_ledger=in_ledger,
        repeated=sum(answer.sent > 1 for answer in crowd.answers),
        slowest_s=max(answer.seconds for answer in crowd.answers),
        recorded_after_s=recorded_after_s,
    )


def prove_ledger(town: Town, auction_id: int, judged: list[Answered], later: list[Answered]) -> int:
    """The chain is whole, no bid is in it twice, each answer is in it as it was given, and what was taken to be judged
    later has been judged."""
    entries = town.ledger(auction_id)
    assert first_break(auction_id, entries) is None
    times = Counter(entry.public["bid_id"] for entry in entries if "bid_id" in entry.public)
    assert [bid_id for bid_id, count in times.items() if count > 1] == []
    there = {entry.public["bid_id"]: (entry.seq, entry.hash) for entry in entries if "bid_id" in entry.public}
    told = {str(answer.body["bid_id"]): (answer.body["seq"], answer.body["hash"]) for answer in judged}
    assert {bid_id: facts for bid_id, facts in told.items() if there.get(bid_id) != facts} == {}
    assert {str(answer.body["bid_id"]) for answer in later} - set(there) == set()
    return len(entries)


def prove_receipt(town: Town, answer: Answered) -> None:
    """The receipt tells what the first answer told."""
    receipt = town.get(f"/api/bids/{answer.body['bid_id']}", answer.citizen)
    assert receipt.status_code == 200, receipt.text
    told = {name: answer.body[name] for name in FACTS if name in answer.body}
    assert {name: receipt.json()[name] for name in told} == told


def is_recorded(town: Town, auction_id: int) -> bool:
    """Whether the database has all that the auction has decided, and no batch is on its way."""
    state, head = state_of(town, auction_id), town.head(auction_id)
    return (state["seq"], state["hash"]) == (head["seq"], head["hash"]) and town.in_flight(auction_id) == 0


async def _query(town: Town, auction_id: int) -> dict[str, Any]:
    settings = load_settings(data_dir=town.stack.data_dir, temporal_address=town.stack.temporal_address)
    client = await connect(settings, load_or_create_platform_key(settings))
    return await client.get_workflow_handle(auction_workflow_id(auction_id)).query(AuctionWorkflow.state)


def _strange(answers: list[Answered]) -> list[tuple[int, dict[str, object]]]:
    return [(answer.status, answer.body) for answer in answers if answer.status not in FINAL][:3]
