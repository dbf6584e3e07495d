"""What the page of offers is given: each offer with its state and what its reader can do, and the question before it is
done. Made from the JSON of ListedOfferView."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar

from domain.clock import to_ms
from web.formats import BUYER_FEE, moment, money, span
from web.listing_words import Kind
from web.talks_views import Talks, TalksQuestion
from web.views import Frame, Json
from web.words import FORM

HOME = "/account/offers"
OVER: Mapping[str, tuple[str, Kind, str]] = MappingProxyType(
    {
        "accepting": ("Being decided", "info", "Both of you agree on {amount}. The auction is asked whether it sells."),
        "accepted": ("Agreed", "success", "Sold for {amount}."),
        "declined": ("Declined", "secondary", "{amount} was turned down."),
        "withdrawn": ("Withdrawn", "secondary", "{amount} was taken back by who named it."),
        "expired": ("Expired", "secondary", "{amount} was not answered in time."),
        "lapsed": ("Over", "secondary", "{amount} came to nothing: the vehicle takes no offers any more."),
    }
)
LAPSED: Mapping[str, str] = MappingProxyType(
    {
        "bid": "{amount} came to nothing: somebody has bid, and bids end all offers.",
        "sold": "{amount} came to nothing: the vehicle is sold.",
        "ended": "{amount} came to nothing: the auction is over.",
    }
)
DONE: Mapping[str, str] = MappingProxyType(
    {
        "offer": "Your offer is sent. The seller has 48 hours to answer.",
        "accept": "You have accepted. Below you see what the auction made of it.",
        "counter": "Your figure is sent. It stands for 48 hours.",
        "decline": "You have declined; the offer is over.",
        "withdraw": "You have taken your figure back; the offer is over.",
    }
)
REFUSED: Mapping[str, str] = MappingProxyType(
    {
        "OFFER_OPEN": "You have an offer on this vehicle that still stands.",
        "OFFER_OVER": "This offer is over. Nothing was done.",
        "OFFER_CHANGED": "The other side has acted since you looked. Nothing was done; this is how it stands now.",
        "BUYING_POWER": "This is more than your buying power allows. Your account says what is free.",
        "LOTS_LIMIT": "You lead or have offers on as many lots as your account allows.",
        "NOT_APPROVED_TO_BID": "Your account is not cleared to buy. Your account says what is missing.",
        "TOO_LATE": "The auction is over, and so are its offers.",
        "CLOSED": "The auction was cancelled, and its offers are over.",
        "ON_HOLD": "The lot is on hold. Your answer can be given again when it goes on.",
        "RESERVED": "A buyer has reserved the vehicle for 15 minutes. If they do not buy it, you can answer again.",
        "OFFERS_NOT_OPEN": "This vehicle takes no offers: they are open until the first bid, and not on every vehicle.",
        "NOT_ON_SUNDAY": "Vehicles are not sold on a Sunday in Chicago. Please answer on Monday.",
        "OWN_VEHICLE": "This vehicle cannot be sold between these two accounts.",
        "ID_REUSED": "This form was sent before with another amount. Look at your offers, then begin again.",
        "UNAVAILABLE": "We could not reach the auction just now. Send it again: it will count once at most.",
    }
)


@dataclass(frozen=True, slots=True)
class OfferLine:
    """One offer for one of its sides. `other` is who is on the other side, `key` a fresh idempotency key.

    `typed`: the counter as it was typed into a form that is sent back.
    """

    offer: Json
    other: str
    now: datetime
    key: str
    typed: str = ""

    @property
    def amount(self) -> str:
        """The figure on the table."""
        return money(self.offer["amount_cents"])

    @property
    def is_own(self) -> bool:
        """Whether its reader has named the figure."""
        return bool(self.offer["by"] == self.offer["you_are"])

    @property
    def stands(self) -> bool:
        """Whether it still can be answered."""
        return bool(self.offer["status"] == "open" and to_ms(moment(self.offer["expires_at"])) > to_ms(self.now))

    @property
    def waits(self) -> bool:
        """Whether its reader is to answer."""
        return bool(self.offer["your_turn"])

    @property
    def left(self) -> str:
        """The time to answer that is left by the server's clock."""
        return span(to_ms(moment(self.offer["expires_at"])) - to_ms(self.now))

    @property
    def label(self) -> str:
        """Where it stands, in a word or two, and who must answer."""
        if self.waits:
            return "Your answer is wanted"
        if self.stands:
            return f"Waiting for {self.other}"
        return OVER[self._ended][0]

    @property
    def kind(self) -> Kind:
        """The colour of the label."""
        if self.waits:
            return "warning"
        return "info" if self.stands else OVER[self._ended][1]

    @property
    def text(self) -> str:
        """Where it stands, in a sentence."""
        if self.stands:
            who = "You have" if self.is_own else f"{self.other[:1].upper()}{self.other[1:]} has"
            return f"{who} named {self.amount}."
        text = OVER[self._ended][2]
        if self._ended == "lapsed":
            text = LAPSED.get(self.offer["reason"] or "", text)
        return text.format(amount=self.amount)

    @property
    def can_counter(self) -> bool:
        """Whether its reader can name another figure: a buyer has three in all on a vehicle."""
        return self.waits and (self.offer["you_are"] == "seller" or self.offer["offers_left"] > 0)

    @property
    def can_offer_again(self) -> bool:
        """Whether a buyer whose offer came to nothing may make another one."""
        is_over = self.offer["status"] in {"declined", "withdrawn", "expired"}
        return bool(self.offer["you_are"] == "buyer" and is_over and self.offer["offers_left"] > 0)

    @property
    def _ended(self) -> str:
        status: str = self.offer["status"]
        return "expired" if status == "open" else status


@dataclass(frozen=True, slots=True)
class OfferGroup:
    """The offers on one vehicle, those that stand first, the highest at the top."""

    lines: Sequence[OfferLine]

    @property
    def title(self) -> str:
        """The vehicle."""
        title: str = self.lines[0].offer["title"]
        return title

    @property
    def link(self) -> str:
        """The newest of its auctions with offers."""
        return f"/auctions/{max(line.offer['auction_id'] for line in self.lines)}"

    @property
    def waiting(self) -> int:
        """How many wait for their reader."""
        return sum(line.waits for line in self.lines)


@dataclass(frozen=True, slots=True)
class Question:
    """Asks once more before an act on a figure is done. `action` is the form's address, `fields` its hidden fields."""

    act: str
    side: str
    title: str
    cents: int
    action: str
    fields: Mapping[str, str]
    back: str = HOME

    @property
    def amount(self) -> str:
        """The figure."""
        return money(self.cents)

    @property
    def words(self) -> tuple[str, str, str]:
        """A headline, what it means, and what the button says."""
        headline, text, button = QUESTIONS[self.act, self.side]
        return headline.format(amount=self.amount), text, button.format(amount=self.amount)

    @property
    def estimate(self) -> str:
        """What a buyer would pay in all, where the act binds them."""
        if self.side != "buyer" or self.act not in {"offer", "counter", "accept"}:
            return ""
        fee = BUYER_FEE.of(self.cents)
        return f"{self.amount} {FORM['estimate'].format(fee=money(fee), total=money(self.cents + fee))}"


UNLESS = "unless its auction has ended or been bid on meanwhile"
HELD = "The whole amount is held from your buying power while it stands."
QUESTIONS: Mapping[tuple[str, str], tuple[str, str, str]] = MappingProxyType(
    {
        ("offer", "buyer"): (
            "Offer {amount}?",
            f"It binds you for 48 hours, unless it is answered or withdrawn before. {HELD}",
            "Yes, offer {amount}",
        ),
        ("accept", "buyer"): (
            "Agree to {amount}?",
            f"You buy the vehicle at this price, {UNLESS}. The whole amount is held from your buying power.",
            "Yes, buy it for {amount}",
        ),
        ("accept", "seller"): (
            "Accept {amount}?",
            f"The vehicle is sold at this price, {UNLESS}. All other offers on it are over then.",
            "Yes, sell it for {amount}",
        ),
        ("counter", "buyer"): (
            "Name {amount} instead?",
            f"The seller's figure is void then, and yours stands for 48 hours. {HELD}",
            "Yes, offer {amount}",
        ),
        ("counter", "seller"): (
            "Name {amount} instead?",
            "The buyer's figure is void then, and yours stands for 48 hours.",
            "Yes, ask for {amount}",
        ),
        ("decline", "buyer"): ("Decline {amount}?", "The offer is over then.", "Yes, decline {amount}"),
        ("decline", "seller"): ("Decline {amount}?", "The offer is over then.", "Yes, decline {amount}"),
        ("withdraw", "buyer"): (
            "Withdraw {amount}?",
            "The offer is over then, and your buying power is free again.",
            "Yes, withdraw {amount}",
        ),
        ("withdraw", "seller"): ("Withdraw {amount}?", "The offer is over then.", "Yes, withdraw {amount}"),
    }
)


@dataclass(frozen=True, slots=True)
class OfferList:
    """The offers of one side, a page of them; `older` is the address of the next."""

    lines: Sequence[OfferLine] = ()
    total: int = 0
    older: str | None = None

    @property
    def groups(self) -> Sequence[OfferGroup]:
        """By vehicle; vehicles that wait for an answer first, then those with offers that stand."""
        found: dict[int, list[OfferLine]] = {}
        for line in self.lines:
            found.setdefault(line.offer["vehicle_id"], []).append(line)
        groups = [OfferGroup(sorted(each, key=_first)) for each in found.values()]
        return sorted(groups, key=lambda group: (not group.waiting, not group.lines[0].stands))

    @property
    def waiting(self) -> int:
        """How many wait for their reader."""
        return sum(line.waits for line in self.lines)


@dataclass(frozen=True, slots=True)
class Offers:
    """Offers of a seller and buyer, and what else waits for a yes of theirs; with a `question`, only that is asked."""

    template: ClassVar[str] = "offers"
    frame: Frame
    received: OfferList = field(default_factory=OfferList)
    made: OfferList = field(default_factory=OfferList)
    error: str | None = None
    question: Question | TalksQuestion | None = None
    talks: Talks = field(default_factory=Talks)


def _first(line: OfferLine) -> tuple[bool, bool, int]:
    return not line.waits, not line.stands, -int(line.offer["amount_cents"])
