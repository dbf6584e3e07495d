"""What is carried and answered at every bound stays far below Temporal's 2 MB, after the codec."""

import random
import uuid
from datetime import timedelta

from domain.auction import Auction, Bid, Terms
from domain.bidding import Kind, Row
from domain.carry import carry
from domain.clock import MILLISECOND
from domain.steering import schedule
from domain.tail import MOST_UNRECORDED
from temporal.codec import EncryptionCodec
from temporal.converter import make_converter
from tests.domain.lots import START
from workflows import messages
from workflows.auction import ROWS_LIMIT, SPARE_ENTRIES
from workflows.inbox import MOST_WAITING

MEGABYTE = 1024 * 1024
CONVERTER = make_converter(b"k" * 32)


def stored(value: object) -> int:
    """How many bytes of a value Temporal is given."""
    codec = CONVERTER.payload_codec
    assert isinstance(codec, EncryptionCodec)
    return len(codec.seal(CONVERTER.payload_converter.to_payloads([value])[0]).SerializeToString())


def busy_lot(rows: int, unrecorded: int, bidders: int) -> Auction:
    """A lot of large numbers and random everything, so that little of it can be compressed."""
    dice = random.Random(rows)
    ends_at = START + timedelta(days=7)
    auction = Auction(Terms(10**12, ("9",), 100, None, START, ends_at, sunday_rule=False))
    schedule(auction, START, dice.randbytes(32).hex())
    auction.start(START)
    people = [str(10**12 + number * 7_919) for number in range(bidders)]
    auction.numbers = {name: number for number, name in enumerate(people, 1)}
    for _ in range(rows):
        auction.seq += dice.randrange(1, 4)
        kind = dice.choice(list(Kind))
        auction.rows.append(Row(auction.seq, kind, dice.choice(people), dice.randrange(10**7, 10**8) * 100))
        if dice.random() < 0.3:
            auction.silent.add(auction.seq)
    auction.out = {row.seq for row in auction.rows if dice.random() < 0.1}
    now = START
    for _ in range(unrecorded):
        now += dice.randrange(100) * MILLISECOND
        cents = auction.standing.minimum_next_cents // 100 * 100 + dice.randrange(-2, 9) * 100
        received = now - dice.randrange(1_000) * MILLISECOND
        bid_id = str(uuid.UUID(int=dice.getrandbits(128)))
        auction.place(
            Bid(bid_id, dice.choice(people), dice.choice(list(Kind)), cents, received, dice.randbytes(32).hex()), now
        )
    return auction


def carried(auction: Auction, waiting: int = 0) -> messages.AuctionStart:
    dice = random.Random(waiting)
    bids = [
        messages.BidIn(
            str(uuid.UUID(int=dice.getrandbits(128))), "1" * 12, "bid", 10**10, START, dice.randbytes(32).hex()
        )
        for _ in range(waiting)
    ]
    return messages.AuctionStart(
        auction.terms, "", "2019 Honda Civic EX", carry(auction), batches=[messages.BidBatch("b", 0, bids)]
    )


def test_the_state_of_a_lot_at_every_bound_can_be_carried() -> None:
    most = MOST_UNRECORDED + messages.MOST_BIDS_IN_BATCH
    auction = busy_lot(ROWS_LIMIT - most, most, bidders=5_000)
    for _ in range(SPARE_ENTRIES):
        auction.unreadable(START, "operator", "DecodeError")

    assert stored(carried(auction, MOST_WAITING + messages.MOST_BIDS_IN_BATCH)) < 1.9 * MEGABYTE


def test_the_state_of_a_hot_lot_is_below_a_megabyte() -> None:
    assert stored(carried(busy_lot(10_000, 2_000, bidders=1_000))) < 0.6 * MEGABYTE


def test_an_answer_at_every_bound_is_below_half_a_megabyte() -> None:
    """A full batch of repeats, each with its old entry, and a full load of unrecorded ones."""
    auction = busy_lot(0, 600, bidders=300)
    old, unrecorded = auction.tail.entries[:256], auction.tail.unrecorded(messages.MOST_ENTRIES_IN_ANSWER)
    replies = [messages.BidReply("outbid", None, entry.seq, repeated=True, entry=entry) for entry in old]

    assert len(unrecorded) == messages.MOST_ENTRIES_IN_ANSWER
    assert stored(messages.BatchAnswer(replies, unrecorded)) < 0.5 * MEGABYTE


def test_a_removal_of_half_of_all_bids_is_an_entry_that_fits_into_an_answer() -> None:
    auction = busy_lot(ROWS_LIMIT, 0, bidders=2)
    seqs = sorted(row.seq for row in auction.rows[::2])
    entry = auction.done("bidder_removed", START, bidder="Bidder 1", bid_seqs=seqs, by="admin", reason="why").entry

    assert stored(messages.CommandAnswer("done", None, entry, [entry])) < MEGABYTE
