"""What a call to Authorize.Net can come back with: frozen values, money in cents, nothing that identifies a person."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class OpaqueData:
    """A payment nonce from the hosted form: good once, for 15 minutes, for one merchant."""

    descriptor: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class BillTo:
    """A card's billing address. Most characters: names, company 50, address 60, city, state 40, zip 20, country 60,
    phone 25; what is empty is not sent."""

    first_name: str = field(repr=False)
    last_name: str = field(repr=False)
    address: str = field(repr=False, default="")
    city: str = field(repr=False, default="")
    state: str = field(repr=False, default="")
    zip: str = field(repr=False, default="")
    country: str = field(repr=False, default="")
    company: str = field(repr=False, default="")
    phone: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class CardRef:
    """A stored card by the vendor's ids: all that is needed to charge it."""

    profile_id: str
    payment_profile_id: str


@dataclass(frozen=True, slots=True)
class CardSummary:
    """What may be shown of a card; `expires` is YYYY-MM."""

    brand: str
    last4: str
    expires: str


@dataclass(frozen=True, slots=True)
class Validation:
    """An approved authorization of $0.00. `avs` and `cvv` are the letters of the testing guide, empty if not given."""

    transaction_id: str
    avs: str
    cvv: str
    auth_code: str


@dataclass(frozen=True, slots=True)
class CardStored:
    """The card is kept and was approved for $0.00; `found` when it had been kept before."""

    profile_id: str
    payment_profile_id: str
    card: CardSummary
    validation: Validation
    found: bool = False

    @property
    def ref(self) -> CardRef:
        """What `charge` takes."""
        return CardRef(self.profile_id, self.payment_profile_id)


@dataclass(frozen=True, slots=True)
class CardDeclined:
    """The issuer, or a limit of the vendor, said no to the card. `profile_id` if the customer is known to the vendor;
    `payment_profile_id` if this very card is still kept there from before."""

    code: str
    text: str
    avs: str = ""
    cvv: str = ""
    profile_id: str | None = None
    payment_profile_id: str | None = None


@dataclass(frozen=True, slots=True)
class NonceRefused:
    """The nonce is used up, too old or somebody else's: the person types the card again."""

    code: str
    profile_id: str | None = None


@dataclass(frozen=True, slots=True)
class StoredCard:
    """One payment profile of a customer."""

    payment_profile_id: str
    card: CardSummary


@dataclass(frozen=True, slots=True)
class StoredProfile:
    """A customer at the vendor, with the cards, oldest first."""

    profile_id: str
    cards: tuple[StoredCard, ...]


@dataclass(frozen=True, slots=True)
class Charged:
    """The money is taken. `found` when it was taken by an earlier call with the same reference."""

    transaction_id: str
    auth_code: str
    avs: str
    cvv: str
    network_id: str | None = None
    found: bool = False


@dataclass(frozen=True, slots=True)
class Declined:
    """No money moved. `code` is the vendor's reason code, or E00040 when the stored card is gone."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class HeldForReview:
    """The vendor's fraud filter keeps the transaction until a person decides; it is neither paid nor declined."""

    transaction_id: str


@dataclass(frozen=True, slots=True)
class Reversed:
    """It was taken and then voided, charged back, expired or failed to settle; `status` is the vendor's."""

    transaction_id: str
    status: str


@dataclass(frozen=True, slots=True)
class NotFound:
    """Nothing with this reference is visible now. Lists may lag: only the same reference may be sent again."""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """More than one transaction, or another amount, under one reference: a person has to look."""

    transaction_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Voided:
    """The transaction will not settle; also the answer when it had been voided before."""

    transaction_id: str


@dataclass(frozen=True, slots=True)
class NotVoidable:
    """It is settled, or unknown to the vendor."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Refunded:
    """The refund is on its way, under an id of its own; not for now where it was in a batch that `failed`."""

    transaction_id: str
    found: bool = False
    failed: bool = False


class RefundRefusal(StrEnum):
    """Why money did not go back."""

    UNSETTLED = "unsettled"  # void all of it now, or refund a part after tonight's settlement
    NOT_FOUND = "not_found"
    TOO_MUCH = "too_much"
    NOT_ALLOWED = "not_allowed"  # too old, voided, not a charge
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class NotRefundable:
    """No money moved."""

    reason: RefundRefusal
    code: str
    text: str


UNSETTLED_STATUSES = frozenset(
    {
        "authorizedPendingCapture",
        "capturedPendingSettlement",
        "pendingFinalSettlement",
        "pendingSettlement",
        "updatingSettlement",
        "approvedReview",
    }
)
HELD_STATUSES = frozenset({"FDSPendingReview", "FDSAuthorizedPendingReview", "underReview", "authorizedPendingRelease"})
REFUSED_STATUSES = frozenset({"declined", "generalError", "communicationError", "failedReview"})
SETTLED_STATUSES = frozenset({"settledSuccessfully", "chargebackReversal"})
TAKEN_STATUSES = UNSETTLED_STATUSES | SETTLED_STATUSES | {"couldNotVoid"}
VOIDED = "voided"
# A batch that the processor rejected: not the last word, for the vendor resets one on demand, and settles it later.
BATCH_FAILED = "settlementError"
# What was never settled moved no money; what was returned or disputed did, and it went back.
NEVER_SETTLED_STATUSES = REFUSED_STATUSES | {VOIDED, BATCH_FAILED, "expired"}
LOST_STATUSES = NEVER_SETTLED_STATUSES | {"returnedItem", "chargeback"}
REFUND_STATUSES = frozenset({"refundPendingSettlement", "refundSettledSuccessfully", BATCH_FAILED})


@dataclass(frozen=True, slots=True)
class TransactionSummary:
    """One line of a list."""

    transaction_id: str
    status: str
    invoice_number: str
    amount_cents: int
    submitted_at: datetime | None


@dataclass(frozen=True, slots=True)
class TransactionPage:
    """A page of a list, newest first; pages count from 1."""

    transactions: tuple[TransactionSummary, ...]
    total: int


@dataclass(frozen=True, slots=True)
class TransactionDetails:
    """One transaction as the vendor tells it. `reference` is the refId of the request that made it; `last4` are the
    digits that paid, empty where the vendor shows none, and `card` the stored card, where it was one."""

    transaction_id: str
    type: str
    status: str
    response_code: int
    reason_code: int
    reason_text: str
    auth_code: str
    avs: str
    cvv: str
    auth_cents: int
    settle_cents: int
    invoice_number: str
    reference: str
    network_id: str | None
    ref_transaction_id: str | None
    submitted_at: datetime | None
    last4: str = ""
    card: CardRef | None = None

    @property
    def is_unsettled(self) -> bool:
        """Whether it can still be voided, and not yet be refunded."""
        return self.status in UNSETTLED_STATUSES | HELD_STATUSES


StoreOutcome = CardStored | CardDeclined | NonceRefused
ChargeOutcome = Charged | Declined | HeldForReview
FoundCharge = Charged | Declined | HeldForReview | Reversed | NotFound | Ambiguous
RefundOutcome = Refunded | NotRefundable
FoundRefund = Refunded | NotRefundable | NotFound | Ambiguous
VoidOutcome = Voided | NotVoidable
