"""What a sale would have come to without one bidder: the accepted bids of an ended lot replayed, the money owed.

Source: auction-rules.md section 6 (replay); the bids that were taken out while the lot ran stay out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.audit_lot import BIDS, REPLAYS
from domain.bidding import Kind, Row, Standing, replay
from domain.money import INCREMENT_TABLES

REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Line:
    """A ledger entry with its private part, as only the house can read it."""

    public: Mapping[str, Any]
    private: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rewound:
    """A lot as it ended, and as it would have ended without the shill; money in cents, people by their bidder ids.

    `met` and `met_without`: the reserve was reached, or there was none.
    """

    price_cents: int | None
    winner: str | None
    met: bool
    price_without_cents: int | None
    winner_without: str | None
    met_without: bool
    shill: str

    @property
    def pushed(self) -> bool:
        """Whether the shill's bids made any difference."""
        without = (self.price_without_cents, self.winner_without, self.met_without)
        return (self.price_cents, self.winner, self.met) != without

    @property
    def owed_cents(self) -> int:
        """What the buyer paid too much in the hammer price; 0 where nobody bought, or the shill did.

        The buyer is the same in both: nobody else ever bid as much, and the first of equal maxima leads.
        """
        if self.price_cents is None or self.winner == self.shill or not self.met:
            return 0
        return max(self.price_cents - (self.price_without_cents or 0), 0)


def without(ledger: Sequence[Line], shill: str) -> Rewound:
    """Replay a whole ledger, from its first entry, with and without the bids of one bidder."""
    done = [line for line in ledger if line.public.get("outcome") != REFUSED]
    rows, out = list(_rows(done)), {seq for line in done for seq in _taken_out(line.public)}
    opening = _opening(done[0])
    ended = replay(opening, rows, out)
    fair = replay(opening, rows, out | {row.seq for row in rows if row.kind and row.bidder == shill})
    return Rewound(
        ended.price_cents, ended.leader, _is_met(ended), fair.price_cents, fair.leader, _is_met(fair), shill=shill
    )


def _opening(first: Line) -> Standing:
    table = INCREMENT_TABLES[first.public["increments"]]
    return Standing(first.public["start_cents"], first.private["reserve_cents"], table)


def _rows(lines: Sequence[Line]) -> Iterator[Row]:
    for line in lines:
        public, private = line.public, line.private
        if public["kind"] in BIDS:
            yield Row(public["seq"], Kind(public["kind"]), private["bidder_id"], private["cents"])
        elif public["kind"] == "reserve_lowered":
            yield Row(public["seq"], None, "", private["reserve_cents"])


def _taken_out(public: Mapping[str, Any]) -> Sequence[int]:
    if public["kind"] not in REPLAYS:
        return ()
    return public.get("bid_seqs") or (public["bid_seq"],)


def _is_met(standing: Standing) -> bool:
    reached = standing.reserve_cents is None or (standing.price_cents or 0) >= standing.reserve_cents
    return standing.leader is not None and reached
