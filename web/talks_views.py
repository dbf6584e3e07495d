"""What the page of offers is given of negotiations and second chances: each with its state and what its reader can do,
and the question before it is done. Made from the JSON of ListedNegotiationView and ListedChanceView."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from domain.clock import to_ms
from web.formats import BUYER_FEE, moment, money, span
from web.listing_words import Kind
from web.views import Json
from web.words import FORM

BACK = "/account/offers"
TALKS_HOME, CHANCES_HOME = "/account/negotiations", "/account/second-chances"
LABELS: Mapping[str, tuple[str, Kind]] = MappingProxyType(
    {
        "sold": ("Agreed", "success"),
        "taken": ("Sold", "success"),
        "over": ("Over", "secondary"),
        "open": ("Time is over", "secondary"),
        "offered": ("Time is over", "secondary"),
        "asking_seller": ("Time is over", "secondary"),
    }
)
ENDED: Mapping[str, str] = MappingProxyType(
    {
        "agreed": "Sold for {amount}.",
        "declined_by_buyer": "The bidder declined, so nothing came of it.",
        "declined_by_seller": "The seller declined, so nothing came of it.",
        "expired": "Nobody answered in time, so nothing came of it.",
        "stopped": "The talks were ended; the vehicle is not for sale here now.",
    }
)
TALKS_DONE: Mapping[str, str] = MappingProxyType(
    {
        "talks-accept": "You have accepted. Below you see what came of it.",
        "talks-counter": "Your figure is sent. It binds you for 24 hours.",
        "talks-decline": "You have declined.",
        "talks-stop": "You have ended the talks. You can put the vehicle up again.",
        "chance-accept": "The vehicle is yours. You find the order and what to pay under your orders.",
        "chance-decline": "You have declined; the next bidder is asked.",
        "chance-allow": "The bidder has been offered the vehicle at this price.",
        "chance-refuse": "Nobody is asked at this price; the vehicle is put up again.",
    }
)
TALKS_REFUSED: Mapping[str, str] = MappingProxyType(
    {
        "NEGOTIATION_CHANGED": "The other side has acted since you looked. Nothing was done; it now stands like this.",
        "NEGOTIATION_OVER": "These talks are over. Nothing was done.",
        "SECOND_CHANCE_OVER": "This offer is over. Nothing was done.",
        "LISTING_OVER": "The vehicle is not for sale any more, so the talks are over.",
    }
)


@dataclass(frozen=True, slots=True)
class TalksLine:
    """One negotiation for one of its sides. `key` is a fresh idempotency key, `typed` a counter that is sent back."""

    talks: Json
    now: datetime
    key: str
    typed: str = ""

    @property
    def address(self) -> str:
        """Where its forms go."""
        return f"{TALKS_HOME}/{self.talks['id']}"

    @property
    def is_seller(self) -> bool:
        """Whether its reader sells."""
        return bool(self.talks["you_are"] == "seller")

    @property
    def other(self) -> str:
        """Who is on the other side; a seller is never told who bids."""
        if not self.is_seller:
            return "the seller"
        place: int = self.talks["place"]
        return "the highest bidder" if place == 1 else f"bidder {place} in the ranking"

    @property
    def amount(self) -> str:
        """The figure on the table."""
        return money(self.talks["amount_cents"] or 0)

    @property
    def waits(self) -> bool:
        """Whether its reader is to answer."""
        return bool(self.talks["your_turn"])

    @property
    def stands(self) -> bool:
        """Whether it still can be answered."""
        return _stands(self.talks, self.now)

    @property
    def left(self) -> str:
        """The time to answer that is left by the server's clock."""
        return _left(self.talks, self.now)

    @property
    def label(self) -> str:
        """Where it stands, in a word or two, and who must answer."""
        if self.waits:
            return "Your answer is wanted"
        return f"Waiting for {self.other}" if self.stands else LABELS[self.talks["status"]][0]

    @property
    def kind(self) -> Kind:
        """The colour of the label."""
        if self.waits:
            return "warning"
        return "info" if self.stands else LABELS[self.talks["status"]][1]

    @property
    def text(self) -> str:
        """Where it stands, in a sentence."""
        ending: str | None = self.talks["ending"]
        if ending is not None:
            return ENDED[ending].format(amount=self.amount)
        own = self.talks["by"] == self.talks["you_are"]
        if self.talks["is_bound"]:
            who = "You name" if own else f"{self.other[:1].upper()}{self.other[1:]} names"
            return f"{who} {self.amount}, and {'are' if own else 'is'} bound to it."
        if own:
            return f"You would have led at {self.amount}. You are not bound; the seller may ask you."
        return f"The next bidder would have led at {self.amount}, and is not bound: your yes asks them."

    @property
    def bounds(self) -> str:
        """Between which figures a counter lies; empty where none may be made."""
        least, most = self.talks["least_cents"], self.talks["most_cents"]
        can = self.waits and "counter" in self.talks["may"] and least is not None and most is not None
        return f"{money(least)} to {money(most)}" if can else ""

    @property
    def can_stop(self) -> bool:
        """Whether its reader may end all talks."""
        return "stop" in self.talks["may"]

    @property
    def yes(self) -> str:
        """What the button of a yes says."""
        asks = self.is_seller and not self.talks["is_bound"]
        return f"Ask them for {self.amount}" if asks else f"Accept {self.amount}"


@dataclass(frozen=True, slots=True)
class ChanceLine:
    """One second chance for its seller or a candidate."""

    chance: Json
    now: datetime
    key: str

    @property
    def address(self) -> str:
        """Where its forms go."""
        return f"{CHANCES_HOME}/{self.chance['id']}"

    @property
    def amount(self) -> str:
        """The price."""
        return money(self.chance["amount_cents"])

    @property
    def waits(self) -> bool:
        """Whether its reader is to answer."""
        return bool(self.chance["your_turn"])

    @property
    def stands(self) -> bool:
        """Whether it still can be answered."""
        return _stands(self.chance, self.now)

    @property
    def left(self) -> str:
        """The time to answer that is left by the server's clock."""
        return _left(self.chance, self.now)

    @property
    def label(self) -> str:
        """Where it stands, in a word or two."""
        if self.waits:
            return "Your answer is wanted"
        return "Waiting for a bidder" if self.stands else LABELS[self.chance["status"]][0]

    @property
    def kind(self) -> Kind:
        """The colour of the label."""
        if self.waits:
            return "warning"
        return "info" if self.stands else LABELS[self.chance["status"]][1]

    @property
    def text(self) -> str:
        """Where it stands, in a sentence."""
        is_seller = self.chance["you_are"] == "seller"
        match self.chance["status"]:
            case "asking_seller":
                return f"The buyer did not pay. The next bidder's price is {self.amount}, below your reserve."
            case "offered" if is_seller:
                return f"The buyer did not pay. The next bidder is offered the vehicle for {self.amount}."
            case "offered":
                return f"The buyer did not pay. The vehicle is yours for {self.amount} if you like; you are not bound."
            case "taken":
                return f"Sold for {self.amount}."
            case _:
                again = is_seller and self.chance["relisted_as"] is not None
                return "The vehicle is up for sale again." if again else "Nothing came of it."

    @property
    def answers(self) -> Sequence[tuple[str, str]]:
        """The acts that its reader may do, the yes first, with what their buttons say."""
        words = {
            "accept": f"Buy it for {self.amount}",
            "decline": "Decline",
            "allow": f"Allow {self.amount}",
            "refuse": "Do not sell",
        }
        return [(act, words[act]) for act in self.chance["may"]]


@dataclass(frozen=True, slots=True)
class Talks:
    """Somebody's negotiations and second chances, the newest of each."""

    lines: Sequence[TalksLine] = ()
    chances: Sequence[ChanceLine] = ()

    @property
    def waiting(self) -> int:
        """How many wait for their reader."""
        return sum(line.waits for line in self.lines) + sum(line.waits for line in self.chances)


@dataclass(frozen=True, slots=True)
class TalksQuestion:
    """Asks once more before an act is done; `what` is talks or chance."""

    what: str
    act: str
    side: str
    title: str
    cents: int
    action: str
    fields: Mapping[str, str]
    asks_first: bool = False
    back: str = BACK

    @property
    def amount(self) -> str:
        """The figure."""
        return money(self.cents)

    @property
    def words(self) -> tuple[str, str, str]:
        """A headline, what it means, and what the button says."""
        act = "ask" if self.asks_first and self.act == "accept" else self.act
        headline, text, button = QUESTIONS[self.what, act, self.side]
        return headline.format(amount=self.amount), text, button.format(amount=self.amount)

    @property
    def estimate(self) -> str:
        """What a buyer would pay in all, where the act binds them."""
        if self.side != "buyer" or self.act not in {"counter", "accept"}:
            return ""
        fee = BUYER_FEE.of(self.cents)
        return f"{self.amount} {FORM['estimate'].format(fee=money(fee), total=money(self.cents + fee))}"


HELD = "The whole amount is held from your buying power."
QUESTIONS: Mapping[tuple[str, str, str], tuple[str, str, str]] = MappingProxyType(
    {
        ("talks", "accept", "buyer"): (
            "Agree to {amount}?",
            f"You buy the vehicle at this price, and pay for it in five business days. {HELD}",
            "Yes, buy it for {amount}",
        ),
        ("talks", "accept", "seller"): (
            "Accept {amount}?",
            "The vehicle is sold at this price.",
            "Yes, sell it for {amount}",
        ),
        ("talks", "ask", "seller"): (
            "Ask for {amount}?",
            "The bidder is not bound yet. Your yes binds you for 24 hours; they can take it, decline or counter.",
            "Yes, ask them for {amount}",
        ),
        ("talks", "counter", "buyer"): (
            "Name {amount} instead?",
            f"It binds you for 24 hours, or until the seller answers. {HELD}",
            "Yes, offer {amount}",
        ),
        ("talks", "counter", "seller"): (
            "Name {amount} instead?",
            "It binds you for 24 hours, or until the bidder answers.",
            "Yes, ask for {amount}",
        ),
        ("talks", "decline", "buyer"): ("Decline {amount}?", "Your talks are over then.", "Yes, decline {amount}"),
        ("talks", "decline", "seller"): (
            "Decline {amount}?",
            "The talks with this bidder are over then. The next one is proposed to you where there is one.",
            "Yes, decline {amount}",
        ),
        ("talks", "stop", "seller"): (
            "End the talks?",
            "Nobody else is asked then, and you can put the vehicle up again.",
            "Yes, end them",
        ),
        ("chance", "accept", "buyer"): (
            "Buy it for {amount}?",
            f"You buy the vehicle at this price, and pay for it in five business days. {HELD}",
            "Yes, buy it for {amount}",
        ),
        ("chance", "decline", "buyer"): ("Decline {amount}?", "The next bidder is asked then.", "Yes, decline"),
        ("chance", "allow", "seller"): (
            "Allow {amount}?",
            "The bidder has 24 hours to take the vehicle at this price. If they do, it is sold.",
            "Yes, offer it for {amount}",
        ),
        ("chance", "refuse", "seller"): (
            "Not for {amount}?",
            "Nobody else is asked then, and the vehicle is put up again.",
            "Yes, put it up again",
        ),
    }
)


def _stands(view: Json, now: datetime) -> bool:
    return view["expires_at"] is not None and to_ms(moment(view["expires_at"])) > to_ms(now)


def _left(view: Json, now: datetime) -> str:
    return span(to_ms(moment(view["expires_at"])) - to_ms(now))
