"""The activities by name, with what goes in and what comes out; implementations subclass these."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import date, datetime

from temporalio import activity

from domain.ledger import Entry
from domain.notices import NoticeStatus
from domain.payments import Kind, State
from domain.sellers import Notice


@dataclass(frozen=True, slots=True)
class RecordLedger:
    """Entries of one auction, in order of `seq`, to be written down and made known."""

    auction_id: int
    entries: list[Entry]


@dataclass(frozen=True, slots=True)
class RecordedLedger:
    """How far the database is without a gap: the last `seq`, its hash, and the number of entries.

    `forked`: the database has another hash at a `seq` that was sent; the lot must be held.
    """

    through: int
    hash: str
    count: int
    forked: bool = False


@dataclass(frozen=True, slots=True)
class AwaitBids:
    """A lot whose end has come: wait while a bid received before `ends_at` is on its way, 0.5 to 5 s from the end."""

    auction_id: int
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class BidsAwaited:
    """When bids of the lot's last 10 minutes had to be answered 503, oldest first; empty in the good case."""

    missed_at: list[datetime]


@dataclass(frozen=True, slots=True)
class LookUpBids:
    """Bid ids to look for among the recorded bids of one auction."""

    auction_id: int
    bid_ids: list[str]


@dataclass(frozen=True, slots=True)
class BidsLookedUp:
    """Which of the ids are recorded, and the last `seq` that was recorded without a gap at that moment."""

    through: int
    known: list[str]


class LedgerActivities(ABC):
    """Recording what the auction decided."""

    @abstractmethod
    @activity.defn(name="record_ledger")
    def record_ledger(self, work: RecordLedger) -> RecordedLedger:
        """Write the entries (idempotent by auction and seq), then publish the change."""

    @abstractmethod
    @activity.defn(name="await_bids_in_flight")
    async def await_bids_in_flight(self, work: AwaitBids) -> BidsAwaited:
        """Announce the closing and wait for bids that are on their way."""

    @abstractmethod
    @activity.defn(name="make_nonces")
    def make_nonces(self, count: int) -> list[str]:
        """Random 32-byte nonces as hex, from outside the workflow."""

    @abstractmethod
    @activity.defn(name="look_up_bids")
    def look_up_bids(self, work: LookUpBids) -> BidsLookedUp:
        """Find which bids were judged and recorded before."""


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """How an account stands after a step. `missing`: the codes of what is not done; `gone`: it is erased.

    `next_look_at` is when it changes, or is to be asked about, without anybody's doing; `open_inquiry` waits for news.
    """

    cleared: bool = False
    missing: list[str] = field(default_factory=list)
    next_look_at: datetime | None = None
    open_inquiry: str | None = None
    gone: bool = False


@dataclass(frozen=True, slots=True)
class OpenIdentity:
    """A person wants to go through the identity check: `begun` are the inquiries that were made for them before, and
    `tries` how often the next one was tried in vain."""

    user_id: int
    begun: list[str]
    tries: int = 0


@dataclass(frozen=True, slots=True)
class IdentityOpened:
    """`outcome` is link, approved, waiting, declined, too_many or gone; a `url` is secret and ends at `expires_at`."""

    outcome: str
    status: AccountStatus
    inquiry_id: str | None = None
    url: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReadIdentity:
    """Ask the vendor how a person's inquiry stands; an event may have named it."""

    user_id: int
    inquiry_id: str | None = None


@dataclass(frozen=True, slots=True)
class KeepCard:
    """A nonce with its billing address, sealed. `asked_at` names the wish for good; with `look_first` an earlier wish
    ended without an answer."""

    user_id: int
    sealed: str
    asked_at: datetime
    look_first: bool = False


@dataclass(frozen=True, slots=True)
class CardKept:
    """`outcome` is stored, declined (with the vendor's `code`), nonce_refused or gone."""

    outcome: str
    status: AccountStatus
    code: str = ""


@dataclass(frozen=True, slots=True)
class GiveDetails:
    """Legal details, sealed by the API: nothing readable of them goes through Temporal."""

    user_id: int
    sealed: str


@dataclass(frozen=True, slots=True)
class AcceptTerms:
    """The terms of one version."""

    user_id: int
    version: str


@dataclass(frozen=True, slots=True)
class CloseAccount:
    """Everything vendors hold of a person is to go; `begun` are the inquiries made for them."""

    user_id: int
    begun: list[str]


class OnboardingActivities(ABC):
    """The steps to being cleared. Each reads the facts, asks a vendor where it must, writes facts and clearance in one
    transaction, and may be repeated at any point."""

    @abstractmethod
    @activity.defn(name="look_at_account")
    async def look_at_account(self, user_id: int) -> AccountStatus:
        """Judge the account as it is now, and warn of a card that ends."""

    @abstractmethod
    @activity.defn(name="open_identity")
    async def open_identity(self, work: OpenIdentity) -> IdentityOpened:
        """A link into the identity check: the one that is open, or a new one."""

    @abstractmethod
    @activity.defn(name="read_identity")
    async def read_identity(self, work: ReadIdentity) -> AccountStatus:
        """Ask the vendor, believe only that, and compare the legal name once there are two."""

    @abstractmethod
    @activity.defn(name="keep_card")
    async def keep_card(self, work: KeepCard) -> CardKept:
        """Have the card kept and authorized for $0.00."""

    @abstractmethod
    @activity.defn(name="read_card")
    async def read_card(self, user_id: int) -> AccountStatus:
        """Ask the vendor which card is kept."""

    @abstractmethod
    @activity.defn(name="remove_card")
    async def remove_card(self, user_id: int) -> AccountStatus:
        """Forget the card, here and there."""

    @abstractmethod
    @activity.defn(name="give_details")
    async def give_details(self, work: GiveDetails) -> AccountStatus:
        """Write down the sealed legal details."""

    @abstractmethod
    @activity.defn(name="accept_terms")
    async def accept_terms(self, work: AcceptTerms) -> AccountStatus:
        """Write down that the terms are accepted."""

    @abstractmethod
    @activity.defn(name="close_account")
    async def close_account(self, work: CloseAccount) -> None:
        """Let the vendors forget the person, and forget what they told."""


@dataclass(frozen=True, slots=True)
class SendNotice:
    """A mail of the outbox to be sent; `again`: also one whose first sending has an unknown outcome."""

    outbox_id: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class NoticeState:
    """Where a mail of the outbox stands."""

    status: NoticeStatus


@dataclass(frozen=True, slots=True)
class GiveUpNotice:
    """A mail that is not to be tried any more; `reason` is for support."""

    outbox_id: str
    reason: str


class NoticeActivities(ABC):
    """Sending the mails of the outbox. Only outbox ids travel: addresses and words stay in the database."""

    @abstractmethod
    @activity.defn(name="send_notice")
    async def send_notice(self, work: SendNotice) -> NoticeState:
        """Claim a mail and hand it to the vendor; fails where it was certainly not taken and may be tried again."""

    @abstractmethod
    @activity.defn(name="look_up_notice")
    def look_up_notice(self, outbox_id: str) -> NoticeState:
        """Where a mail stands after all events that have come so far."""

    @abstractmethod
    @activity.defn(name="give_up_notice")
    def give_up_notice(self, work: GiveUpNotice) -> NoticeState:
        """Mark a mail as given up, unless the vendor has it after all."""


@dataclass(frozen=True, slots=True)
class PaymentPlan:
    """A payment as its workflow begins: the card it goes to for good, by the vendor's ids, and whether nobody has sent
    it yet, so that what is sent again later is the same to the last byte."""

    kind: Kind
    state: State
    user_id: int
    fresh: bool
    profile_id: str = ""
    payment_profile_id: str = ""


@dataclass(frozen=True, slots=True)
class PaymentTry:
    """A payment to be sent or looked up. One in doubt is sent again before `resend_until` only."""

    payment_id: int
    profile_id: str
    payment_profile_id: str
    resend_until: datetime


@dataclass(frozen=True, slots=True)
class PaymentState:
    """Where a payment stands. `absent`: the vendor shows nothing of it now; `waits`: for tonight's settlement."""

    state: State
    code: str = ""
    absent: bool = False
    waits: bool = False


@dataclass(frozen=True, slots=True)
class EndPayment:
    """A payment that is not to be tried any more; `code` says why. With `unsent_only`, what is in doubt stays so."""

    payment_id: int
    code: str
    unsent_only: bool = False


class PaymentActivities(ABC):
    """Charging and giving back. Each claims the row before it writes to the vendor, and none sends blindly twice."""

    @abstractmethod
    @activity.defn(name="open_payment")
    async def open_payment(self, payment_id: int) -> PaymentPlan:
        """Read what is to be done, and which card it is for; a charge without a card fails here."""

    @abstractmethod
    @activity.defn(name="charge_payment")
    async def charge_payment(self, work: PaymentTry) -> PaymentState:
        """Charge the card; fails where the vendor has certainly taken nothing and may be asked again."""

    @abstractmethod
    @activity.defn(name="look_up_payment")
    async def look_up_payment(self, work: PaymentTry) -> PaymentState:
        """Find out at the vendor, by our reference, what became of a payment."""

    @abstractmethod
    @activity.defn(name="refund_payment")
    async def refund_payment(self, work: PaymentTry) -> PaymentState:
        """Void an unsettled charge that goes back whole, refund a settled one, and say where it has to wait."""

    @abstractmethod
    @activity.defn(name="end_payment")
    async def end_payment(self, work: EndPayment) -> PaymentState:
        """Give up: what was never sent has failed, what is in doubt is for a person to find out."""

    @abstractmethod
    @activity.defn(name="tell_account")
    async def tell_account(self, user_id: int) -> None:
        """Let the person's account look at itself again."""


@dataclass(frozen=True, slots=True)
class TellOfLicence:
    """A dealer is to be told that the licence ends on a day in Chicago; `notice` is which of the notices this is."""

    user_id: int
    expires_on: date
    notice: Notice


class SellerActivities(ABC):
    """What a seller is told at a time of its own."""

    @abstractmethod
    @activity.defn(name="tell_of_licence")
    def tell_of_licence(self, work: TellOfLicence) -> None:
        """Write the mail into the outbox, once, if it is still this licence that the seller is approved with."""
