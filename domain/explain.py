"""Why a bid ended as it did, in plain sentences for the person who made it.

Only public facts of the ledger and the asker's own offer are said, so no sentence can give another person's maximum
away before the price does. Sources: auction-rules.md sections 2 to 7.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from domain.auction import Result, Status
from domain.bidding import Kind, Reserve
from domain.errors import Code
from domain.money import dollars

Public = Mapping[str, Any]
BIDS = frozenset({"bid", "auto_bid"})
REFUSALS: Mapping[str, str] = {
    Code.ID_REUSED: "Its id had been used for another bid of yours before.",
    Code.NOT_WHOLE_DOLLARS: "Bids are whole dollars, one at least.",
    Code.CLOSED: "The auction had been cancelled before it came.",
    Code.ON_HOLD: "The auction was on hold, and its clock stood still; it goes on with the time that was left.",
    Code.NO_BIDDING: "This vehicle is sold at its fixed price or by an offer; it takes no bids.",
    Code.OWN_VEHICLE: "Sellers, and whoever is linked to their account, cannot bid on their own vehicle.",
    Code.ALREADY_LEADING: "You were leading already; an auto-bid raises your maximum without bidding against yourself.",
    Code.BELOW_OWN_MAXIMUM: "You were leading with a maximum at least as high; a maximum can only be raised.",
}


@dataclass(frozen=True, slots=True)
class Question:
    """What a bidder asks about: the own entry with the offer in `cents`, and the public entries around it, in order.

    `before` is the entry in front of the bid, `later` are all that came after it so far. `starts_at` is the start that
    was in force, as text. `sold_at` is when the lot was sold without a hammer, if it was before this bid.
    """

    own: Public
    cents: int
    before: Public
    later: Sequence[Public] = ()
    starts_at: str = ""
    sold_at: str = ""

    @property
    def offer(self) -> str:
        """How the bid is called."""
        return f"{'bid of' if self.own['kind'] == Kind.BID else 'maximum of'} {dollars(self.cents)}"


def explain(question: Question) -> list[str]:
    """What happened to a bid, from its arrival to the result, one sentence for each fact."""
    if question.own["outcome"] == "refused":
        return [f"Your {question.offer} was refused.", _refusal(question)]
    return [*_arrival(question), *_fate(question), *_outcome(question)]


def _refusal(question: Question) -> str:
    own, before = question.own, question.before
    match own["code"]:
        case Code.NOT_STARTED:
            start = f" The start was set for {_when(question.starts_at)}." if question.starts_at else ""
            return f"It was received at {_when(own['received_at'])}, before bidding had started.{start}"
        case Code.TOO_LATE if question.sold_at:
            when = f"at {_when(question.sold_at)}, by its fixed price or an offer"
            return f"It was received at {_when(own['received_at'])}; the vehicle had been sold {when}."
        case Code.TOO_LATE:
            return f"It was received at {_when(own['received_at'])}; bidding ended at {_when(before['ends_at'])}."
        case Code.BELOW_MINIMUM:
            price = before["price_cents"]
            stood = "nobody had bid yet" if price is None else f"the price stood at {dollars(price)}"
            return f"The least that could be bid then was {dollars(before['minimum_next_cents'])}: {stood}."
        case code:
            return REFUSALS.get(code, "A rule of the auction refused it.")


def _arrival(question: Question) -> Iterator[str]:
    own, before = question.own, question.before
    price = dollars(own["price_cents"])
    if own["silent"]:
        yield f"You were leading, and raised your maximum to {dollars(question.cents)}; nothing changed in public."
        return
    if before["leader"] == own["bidder"]:
        yield f"You were leading; your {question.offer} reached the reserve, so the price rose to {price}."
    elif own["outcome"] == "leading":
        yield f"Your {question.offer} took the lead at {price}{_why_leading(question)}."
    else:
        yield from _outbid_at_once(question, price)
    if own["reserve"] == Reserve.MET and before["reserve"] == Reserve.NOT_MET:
        yield "With it the reserve was met."
    elif own["reserve"] == Reserve.NOT_MET:
        yield f"The reserve was not met at {price}."
    if own["extended"]:
        yield f"It came close to the end, so the end moved to {_when(own['ends_at'])}."


def _why_leading(question: Question) -> str:
    own, before = question.own, question.before
    if own["kind"] == Kind.BID:
        return ", the amount that you bid"
    if before["leader"] is None:
        lifted = own["price_cents"] > before["minimum_next_cents"]
        return ", the reserve, which your maximum reached" if lifted else ", the start price, as no other bid stood"
    if own["price_cents"] == question.cents:
        return ", all of your maximum"
    return ", just enough to be ahead of everybody else"


def _outbid_at_once(question: Question, price: str) -> Iterator[str]:
    rival = question.own["leader"]
    yield f"Your {question.offer} was outbid at once by {rival}, and the price rose to {price}."
    if question.own["price_cents"] == question.cents:
        yield f"{rival} had offered exactly as much before you, and of two equal offers the earlier one stands."
    else:
        yield f"{rival} had offered more before you, and that offer answered by itself."


def _fate(question: Question) -> Iterator[str]:
    """Later changes of who leads, as far as they are about the asker, and what became of the bid itself."""
    own = question.own
    for before, after in pairwise([own, *question.later]):
        taken = _taken_back(after)
        if own["seq"] in taken:
            yield _withdrawal(after)
        if before["leader"] == after["leader"]:
            continue
        price = "no price" if after["price_cents"] is None else dollars(after["price_cents"])
        if before["leader"] == own["bidder"] and after["kind"] in BIDS:
            yield f"At {_when(after['received_at'])} {after['bidder']} outbid you, and the price rose to {price}."
        elif before["leader"] == own["bidder"] and own["seq"] not in taken:
            yield f"At {_when(after['at'])} bids were taken back; after that you did not lead any more, at {price}."
        elif after["leader"] == own["bidder"] and after["kind"] in BIDS:
            yield f"With a later bid you took the lead, at {price}."
        elif after["leader"] == own["bidder"]:
            yield f"At {_when(after['at'])} bids of others were taken back, so you led again, at {price}."


def _taken_back(public: Public) -> Sequence[int]:
    if public.get("outcome") != "done":
        return ()
    if public["kind"] == "retracted":
        return (public["bid_seq"],)
    return tuple(public["bid_seqs"]) if public["kind"] == "bidder_removed" else ()


def _withdrawal(public: Public) -> str:
    by = "at your own wish" if public["by"] == "bidder" else "by the house"
    all_of = "All your bids were" if public["kind"] == "bidder_removed" else "This bid was"
    return f"{all_of} taken back {by} at {_when(public['at'])}: {public['reason']}."


def _outcome(question: Question) -> Iterator[str]:
    entries = [question.own, *question.later]
    ending = next((public for public in entries if "result" in public), None)
    if ending is None:
        yield from _running(question, entries[-1])
        return
    price = None if ending["price_cents"] is None else dollars(ending["price_cents"])
    mine = ending["leader"] == question.own["bidder"]
    match ending["result"]:
        case Result.CANCELLED:
            yield f"The auction was cancelled at {_when(ending['at'])}: {ending['reason']}. Nothing was sold."
        case Result.SOLD if mine:
            yield f"You won at {price}."
            yield from _why_this_price(question, entries[: entries.index(ending)])
        case Result.SOLD:
            yield f"The auction ended at {_when(ending['ends_at'])}; {ending['leader']} won at {price}."
        case Result.RESERVE_NOT_MET if mine:
            yield f"You led at the end, at {price}, but the reserve was not met, so nothing was sold."
        case Result.RESERVE_NOT_MET:
            yield f"{ending['leader']} led at the end, at {price}; the reserve was not met, so nothing was sold."
        case _:
            yield "The auction ended without a bid that stood."


def _running(question: Question, last: Public) -> Iterator[str]:
    least = dollars(last["minimum_next_cents"])
    leads = last["leader"] == question.own["bidder"]
    if last["status"] == Status.HELD:
        yield "The auction is on hold; its clock stands still."
    elif leads:
        yield f"You are leading now, until {_when(last['ends_at'])} at the earliest."
    else:
        yield f"The auction runs until {_when(last['ends_at'])}; the least that can be bid now is {least}."


def _why_this_price(question: Question, entries: Sequence[Public]) -> Iterator[str]:
    """What made the winner's price: the last entry that moved it."""
    moved = None
    for before, after in pairwise([question.before, *entries]):
        if before["price_cents"] != after["price_cents"]:
            moved = (before, after)
    if moved is None:
        return
    before, after = moved
    me, kind = question.own["bidder"], after["kind"]
    if kind not in BIDS:
        because = {"reserve_lowered": "the reserve that the seller lowered"}.get(kind, "the bids left after a replay")
        yield f"The price is that of {because}."
    elif after["bidder"] != me:
        yield f"The price is what it took to stay ahead of the highest other offer, that of {after['bidder']}."
    elif kind == Kind.BID:
        yield "The price is the amount of your own bid, which nobody answered."
    elif before["leader"] == me or (before["leader"] is None and after["reserve"] == Reserve.MET):
        yield "The price is the reserve, which your maximum reached; no other offer came near."
    elif before["leader"] is None:
        yield "The price is the start price, because nobody else bid."
    else:
        yield "The price is what it took to be ahead of the highest other offer, or to meet the reserve."


def _when(text: str) -> str:
    return f"{text[:10]} {text[11:-1]} UTC"
