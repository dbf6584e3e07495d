"""What each page is given: who looks, when, and the JSON values of the API as they are (AuctionView and friends)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from web.filters import Filters
from web.formats import BUYER_FEE, BuyerFee, money
from web.purchase_views import ForSale
from web.words import ANSWER, refusal

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Viewer:
    """The signed-in person; `csrf_token` goes into every form and into the script's header."""

    name: str
    role: str
    csrf_token: str
    can_bid: bool = True


@dataclass(frozen=True, slots=True)
class Notice:
    """A message above the page's content: what became of the last thing its reader did."""

    kind: Literal["success", "info", "warning", "danger"]
    text: str

    @classmethod
    def of_bid(cls, answer: Json) -> "Notice":
        """From the body of a bid's answer: `{outcome, price_cents, ...}`."""
        kind: Literal["success", "warning"] = "success" if answer["outcome"] == "leading" else "warning"
        return cls(kind, ANSWER[answer["outcome"]].format(price=money(answer["price_cents"])))

    @classmethod
    def of_problem(cls, problem: Json) -> "Notice":
        """From a problem body: `{code, detail, ...facts}`."""
        return cls("danger", refusal(problem["code"], problem))


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page shows around its content. `path` is the path and query asked for, to come back to."""

    path: str
    server_now: datetime
    viewer: Viewer | None = None
    notice: Notice | None = None


@dataclass(frozen=True, slots=True)
class AuctionList:
    """One status of the market. `items`: AuctionViews; `mine`: auction id to `mine`, for a signed-in bidder.

    `pictures`: PictureViews by the vehicle's id, where it has a photo.
    """

    frame: Frame
    items: Sequence[Json]
    filters: Filters
    total: int
    next_cursor: str | None = None
    mine: Mapping[int, Json] = field(default_factory=dict)
    makes: Sequence[str] = ()
    pictures: Mapping[int, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BidForm:
    """A form sent back to its reader as they filled it in: unsure amounts to confirm, refusals, 503 to send again."""

    kind: Literal["bid", "auto_bid"]
    text: str
    idempotency_key: str
    confirm_cents: int | None = None


@dataclass(frozen=True, slots=True)
class Auction:
    """One auction: its AuctionView with the vehicle in full, `mine`, and the newest history lines.

    `bid_key` and `auto_bid_key` are fresh idempotency keys for the two forms; `form` overrides one of them.
    `quote` is the all-in price of the least next bid, `fee` the buyer fee of the same rates.
    """

    frame: Frame
    auction: Json
    bid_key: str
    auto_bid_key: str
    mine: Json | None = None
    history: Sequence[Json] = ()
    history_total: int = 0
    is_seller: bool = False
    form: BidForm | None = None
    photos: Sequence[Json] = ()
    for_sale: ForSale | None = None
    quote: Json | None = None
    fee: BuyerFee = BUYER_FEE
    is_watched: bool = False

    @property
    def takes_bids(self) -> bool:
        """Whether it is sold by bids; a lot at a fixed price or for offers alone is not."""
        return self.for_sale is None or self.for_sale.sale["sale_type"] == "timed"


@dataclass(frozen=True, slots=True)
class SignIn:
    """The sign-in form; `error` is one sentence, `next_path` a path of this site."""

    frame: Frame
    next_path: str = "/"
    email: str = ""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A vehicle in full and the auctions it has been in, newest first."""

    frame: Frame
    vehicle: Json
    auctions: Sequence[Json] = ()
    photos: Sequence[Json] = ()
    is_watched: bool = False


@dataclass(frozen=True, slots=True)
class MyAuction:
    """An auction its reader has bid in, and their own attempts, newest first.

    `bids`: `{bid_id, kind, cents, outcome, code|null, received_at, retracted}`; cents is their own amount or maximum.
    """

    auction: Json
    mine: Json
    bids: Sequence[Json] = ()


@dataclass(frozen=True, slots=True)
class MyBids:
    """All auctions its reader has bid in, the ones still open first."""

    frame: Frame
    items: Sequence[MyAuction]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Docs:
    """The API's description: `description` is its OpenAPI document."""

    frame: Frame
    description: Json


@dataclass(frozen=True, slots=True)
class Error:
    """A page that could not be served. `detail` replaces the usual sentence of the status, `code` names the refusal."""

    frame: Frame
    status: int
    detail: str | None = None
    request_id: str | None = None
    retry_after: int | None = None
    code: str = ""
