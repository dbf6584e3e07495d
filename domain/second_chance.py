"""Second chances after a default: the price without the defaulter, who is asked next, and each one's 24 hours.

Source: auction-rules.md section 8. The price is replayed without those who defaulted, and only without them: the bids
of who is asked and says no were good ones. It is capped by each candidate's own maximum.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice
from types import MappingProxyType
from typing import Any

from domain.auction import Auction
from domain.audit_lot import BIDS
from domain.bidding import Kind, Row, Standing, replay
from domain.money import INCREMENT_TABLES
from domain.selling_hours import hours_later, is_sunday

STANDS_FOR = timedelta(hours=24)
MOST_ASKED = 3


class Status(StrEnum):
    """`asking_seller`: the price is under the reserve and needs the seller's word; `over`: the lot is relisted."""

    ASKING_SELLER = "asking_seller"
    OFFERED = "offered"
    TAKEN = "taken"
    OVER = "over"


class Act(StrEnum):
    """The seller allows or refuses a price, a candidate takes or declines, the house stops all or lets time run out."""

    ALLOW = "allow"
    REFUSE = "refuse"
    TAKE = "take"
    DECLINE = "decline"
    EXPIRE = "expire"
    STOP = "stop"


class ChanceCode(StrEnum):
    """Why an act is refused."""

    OVER = "SECOND_CHANCE_OVER"
    NOT_OPEN = "SECOND_CHANCE_NOT_OPEN"
    NOT_YOURS = "SECOND_CHANCE_NOT_YOURS"
    EXPIRED = "SECOND_CHANCE_EXPIRED"
    NOT_YET = "SECOND_CHANCE_NOT_EXPIRED"
    ON_SUNDAY = "NOT_ON_SUNDAY"


WORDS: Mapping[ChanceCode, str] = MappingProxyType(
    {
        ChanceCode.OVER: "This offer is over.",
        ChanceCode.NOT_OPEN: "There is nothing of the kind to be decided now.",
        ChanceCode.NOT_YOURS: "This offer was not made to you.",
        ChanceCode.EXPIRED: "The 24 hours of this offer are over.",
        ChanceCode.NOT_YET: "The time of this offer is not over yet.",
        ChanceCode.ON_SUNDAY: "Vehicles are not sold on a Sunday; your offer's time goes on on Monday.",
    }
)

St, A = Status, Act
# What ends one candidate's offer opens the next one's, where there is one: at once, or by asking the seller before.
NEXT = frozenset({St.ASKING_SELLER, St.OFFERED, St.OVER})
MOVES: Mapping[tuple[Status, Act], frozenset[Status]] = MappingProxyType(
    {
        (St.ASKING_SELLER, A.ALLOW): frozenset({St.OFFERED}),
        # Those who come later are asked no more than that.
        (St.ASKING_SELLER, A.REFUSE): frozenset({St.OVER}),
        (St.ASKING_SELLER, A.EXPIRE): frozenset({St.OVER}),
        (St.ASKING_SELLER, A.STOP): frozenset({St.OVER}),
        (St.OFFERED, A.TAKE): frozenset({St.TAKEN}),
        (St.OFFERED, A.DECLINE): NEXT,
        (St.OFFERED, A.EXPIRE): NEXT,
        (St.OFFERED, A.STOP): frozenset({St.OVER}),
    }
)


@dataclass(frozen=True, slots=True)
class Book:
    """What a replay needs of a lot: its opening, its rows in order, and the `seq`s that were taken out before."""

    opening: Standing
    rows: tuple[Row, ...]
    out: frozenset[int] = frozenset()

    def without(self, bidders: AbstractSet[str]) -> Standing:
        """The standing as it would be if these had never bid; reserve changes stay at their places."""
        theirs = {row.seq for row in self.rows if row.kind is not None and row.bidder in bidders}
        return replay(self.opening, self.rows, self.out | theirs)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who is asked at which price; `needs_word`: it lies under the reserve."""

    bidder: str
    cents: int
    needs_word: bool


@dataclass(frozen=True, slots=True)
class Chance:
    """The second chances after one default. `turn` counts from 0; `allowed_cents` is the least the seller allowed."""

    candidates: tuple[Candidate, ...]
    expires_at: datetime
    status: Status
    turn: int = 0
    allowed_cents: int | None = None
    sunday_rule: bool = True
    step: int = 1

    @property
    def candidate(self) -> Candidate:
        """Who is asked now, or was asked last."""
        return self.candidates[self.turn]


def book_of(auction: Auction) -> Book:
    """The book of a judged auction, live or replayed from its ledger."""
    return Book(auction.opening, tuple(auction.rows), frozenset(auction.out))


def book_of_ledger(entries: Iterable[tuple[Mapping[str, Any], Mapping[str, Any] | None]]) -> Book:
    """The book of a stored ledger: (public part, private part or None) in order of `seq`, from `scheduled` on."""
    (terms, secret), *rest = entries
    rows: list[Row] = []
    out: set[int] = set()
    for public, private in rest:
        kind, known = public["kind"], private or {}
        if public.get("outcome") == "refused":
            continue
        if kind in BIDS:
            rows.append(Row(public["seq"], Kind(kind), known["bidder_id"], known["cents"]))
        elif kind == "reserve_lowered":
            rows.append(Row(public["seq"], None, "", known["reserve_cents"]))
        elif kind == "retracted":
            out.add(public["bid_seq"])
        elif kind == "bidder_removed":
            out.update(public["bid_seqs"])
    reserve = (secret or {})["reserve_cents"]
    opening = Standing(terms["start_cents"], reserve, INCREMENT_TABLES[terms["increments"]])
    return Book(opening, tuple(rows), frozenset(out))


def ranking(book: Book, without: AbstractSet[str] = frozenset()) -> Iterator[tuple[str, Standing]]:
    """Bidders, best first, each with the standing they lead: as it would be without all who come before them.

    `without` are left out. Each step is a replay, so take no more than needed. For the house's eyes: the standing holds
    the bidder's maximum.
    """
    gone = set(without)
    while (standing := book.without(gone)).leader is not None:
        yield standing.leader, standing
        gone.add(standing.leader)


def reached(book: Book, agreed: AbstractSet[str], most: int) -> tuple[tuple[str, int], ...]:
    """Bidders who agreed to talk about the lot, best first, each with the price at which they would have led.

    A negotiation opens at these: the first is the lot's own price, and none tells more of a maximum than that one does.
    """
    found = ((who, standing.price_cents or 0) for who, standing in ranking(book) if who in agreed)
    return tuple(islice(found, most))


def candidates(
    book: Book, defaulters: AbstractSet[str], agreed: AbstractSet[str], most: int = MOST_ASKED
) -> tuple[Candidate, ...]:
    """Who is asked after a default, in order. `agreed` are the bidders who agreed to be asked, and still may buy.

    Whoever is linked to a defaulter belongs to `defaulters`. Nobody's price is over their own maximum; it never rises
    from one candidate to the next.
    """
    standing = book.without(defaulters)
    price, reserve = standing.price_cents or 0, standing.reserve_cents
    found = ((who, min(price, best.max_cents)) for who, best in ranking(book, defaulters) if who in agreed)
    asked = islice(found, most)
    return tuple(Candidate(who, cents, reserve is not None and cents < reserve) for who, cents in asked)


def opened(
    asked: Sequence[Candidate], now: datetime, *, allowed_cents: int | None = None, sunday_rule: bool = True
) -> Chance | None:
    """The second chances with the first one offered, or put to the seller; None where there is nobody to ask.

    `allowed_cents`: what the seller has said before that they would sell at, under their reserve.
    """
    if not asked:
        return None
    start = Chance(tuple(asked), now, Status.OFFERED, allowed_cents=allowed_cents, sunday_rule=sunday_rule)
    return _put(start, now)


def answered(chance: Chance, act: Act, at: datetime, *, bidder: str = "") -> Chance | ChanceCode:
    """The chances after an act that was received at `at`, or why it is refused. `bidder` takes or declines."""
    code = _refusal(chance, act, at, bidder)
    if code is not None:
        return code
    chance = replace(chance, step=chance.step + 1)
    match act:
        case Act.ALLOW:
            return _put(replace(chance, allowed_cents=chance.candidate.cents), at)
        case Act.TAKE:
            return replace(chance, status=Status.TAKEN)
        case Act.DECLINE | Act.EXPIRE if chance.status is Status.OFFERED and chance.turn + 1 < len(chance.candidates):
            return _put(replace(chance, turn=chance.turn + 1), at)
        case _:
            return replace(chance, status=Status.OVER)


def _refusal(chance: Chance, act: Act, at: datetime, bidder: str) -> ChanceCode | None:
    if chance.status in {Status.TAKEN, Status.OVER}:
        return ChanceCode.OVER
    if (chance.status, act) not in MOVES:
        return ChanceCode.NOT_OPEN
    if act is Act.EXPIRE:
        return ChanceCode.NOT_YET if at < chance.expires_at else None
    if act is Act.STOP:
        return None
    if act in {Act.TAKE, Act.DECLINE} and bidder != chance.candidate.bidder:
        return ChanceCode.NOT_YOURS
    if at >= chance.expires_at:
        return ChanceCode.EXPIRED
    return ChanceCode.ON_SUNDAY if act is Act.TAKE and chance.sunday_rule and is_sunday(at) else None


def _put(chance: Chance, at: datetime) -> Chance:
    candidate, allowed = chance.candidate, chance.allowed_cents
    has_word = not candidate.needs_word or (allowed is not None and candidate.cents >= allowed)
    return replace(
        chance,
        status=Status.OFFERED if has_word else Status.ASKING_SELLER,
        expires_at=hours_later(at, STANDS_FOR, sunday_rule=chance.sunday_rule),
    )
