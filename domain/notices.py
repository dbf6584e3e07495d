"""Mails to one person: their kinds with what each needs to know, and how a mail's status follows from events."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class NoticeKind(StrEnum):
    """Why we write to somebody; each has a pair of templates of its name."""

    WELCOME = "welcome"
    VERIFY_EMAIL = "verify_email"
    EMAIL_CHANGE_CONFIRM = "email_change_confirm"
    EMAIL_CHANGE_NOTICE = "email_change_notice"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - the name of a mail
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the same
    NEW_DEVICE = "new_device"
    SECOND_FACTOR_CHANGED = "second_factor_changed"
    IDENTITY_APPROVED = "identity_approved"
    IDENTITY_REVIEW = "identity_review"
    IDENTITY_DECLINED = "identity_declined"
    CARD_STORED = "card_stored"
    CARD_EXPIRING = "card_expiring"
    CLEARED_TO_BID = "cleared_to_bid"
    LEADING_BEYOND_LIMIT = "leading_beyond_limit"
    DEPOSIT_RECEIVED = "deposit_received"
    DEPOSIT_RETURNED = "deposit_returned"
    DEPOSIT_REVERSED = "deposit_reversed"
    SELLER_APPROVED = "seller_approved"
    SELLER_REJECTED = "seller_rejected"
    LICENCE_EXPIRING = "licence_expiring"
    LISTING_APPROVED = "listing_approved"
    LISTING_CHANGES_REQUESTED = "listing_changes_requested"
    LISTING_REJECTED = "listing_rejected"
    LISTING_REVIEW_LATE = "listing_review_late"
    LISTING_UNSOLD = "listing_unsold"
    LISTING_EDITED = "listing_edited"
    QUESTION_ASKED = "question_asked"
    QUESTION_ANSWERED = "question_answered"
    OFFER_RECEIVED = "offer_received"
    OFFER_COUNTERED = "offer_countered"
    OFFER_ACCEPTED = "offer_accepted"
    OFFER_DECLINED = "offer_declined"
    OFFER_OVER = "offer_over"
    ORDER_INVOICED = "order_invoiced"
    ORDER_REMINDER = "order_reminder"
    ORDER_PAYMENT_RECEIVED = "order_payment_received"
    ORDER_LATE_FEE = "order_late_fee"
    ORDER_DEFAULTED = "order_defaulted"
    ORDER_REFUNDED = "order_refunded"
    ORDER_COMPLETED = "order_completed"
    PAYOUT_SENT = "payout_sent"
    NEGOTIATION_OPENED = "negotiation_opened"
    SECOND_CHANCE_OFFERED = "second_chance_offered"
    SECOND_CHANCE_ASKED = "second_chance_asked"
    SECOND_CHANCE_OVER = "second_chance_over"
    SEARCH_MATCHES = "search_matches"
    WATCH_ENDING = "watch_ending"
    WATCH_OUTBID = "watch_outbid"
    WATCH_RESERVE = "watch_reserve"
    ENDPOINT_DISABLED = "endpoint_disabled"
    ACCOUNT_DELETED = "account_deleted"


# Nobody sits and waits for these: where many come at once, they set out one after the other.
PATIENT = frozenset({NoticeKind.NEW_DEVICE})


class NoticeStatus(StrEnum):
    """Where a mail stands. `sent`: the vendor has it. `unknown`: the vendor may have it."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    DROPPED = "dropped"
    UNKNOWN = "unknown"
    GIVEN_UP = "given_up"


class MailEventKind(StrEnum):
    """What the vendor tells of a mail it has taken."""

    PROCESSED = "processed"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    BOUNCE = "bounce"
    DROPPED = "dropped"
    SPAM_REPORT = "spamreport"
    OTHER = "other"


# The values of each kind, all required: `*_cents` are integers, `*_at` UTC texts, `*_on` dates as 2026-05-31, `*_month`
# months as 2026-05, `reasons` a list of sentences, `lots` None for any number. What goes to an address that nobody has
# confirmed yet names nobody: a stranger could have us mail words of theirs.
VALUES: Mapping[NoticeKind, frozenset[str]] = MappingProxyType(
    {
        kind: frozenset(names.split())
        for kind, names in {
            NoticeKind.WELCOME: "link link_expires_at",
            NoticeKind.VERIFY_EMAIL: "link link_expires_at",
            NoticeKind.EMAIL_CHANGE_CONFIRM: "link link_expires_at",
            NoticeKind.EMAIL_CHANGE_NOTICE: "name new_email_hint security_link",
            NoticeKind.PASSWORD_RESET: "name link link_expires_at",
            NoticeKind.PASSWORD_CHANGED: "name changed_at reset_link",
            NoticeKind.NEW_DEVICE: "name device address signed_in_at security_link",
            NoticeKind.SECOND_FACTOR_CHANGED: "name change changed_at security_link",
            NoticeKind.IDENTITY_APPROVED: "name account_link",
            NoticeKind.IDENTITY_REVIEW: "name account_link",
            NoticeKind.IDENTITY_DECLINED: "name can_retry account_link",
            NoticeKind.CARD_STORED: "name brand last4 expires_month account_link",
            NoticeKind.CARD_EXPIRING: "name brand last4 expires_month account_link",
            NoticeKind.CLEARED_TO_BID: "name limit_cents lots auctions_link",
            NoticeKind.LEADING_BEYOND_LIMIT: "name title limit_cents lots auction_id",
            NoticeKind.DEPOSIT_RECEIVED: "name amount_cents limit_cents account_link",
            NoticeKind.DEPOSIT_RETURNED: "name amount_cents returned_at account_link",
            NoticeKind.DEPOSIT_REVERSED: "name amount_cents limit_cents account_link",
            NoticeKind.SELLER_APPROVED: "name business_name sell_link",
            NoticeKind.SELLER_REJECTED: "name business_name reasons seller_link",
            NoticeKind.LICENCE_EXPIRING: "name expires_on seller_link",
            NoticeKind.LISTING_APPROVED: "name title listing_link",
            NoticeKind.LISTING_CHANGES_REQUESTED: "name title reasons listing_link",
            NoticeKind.LISTING_REJECTED: "name title reasons listing_link",
            NoticeKind.LISTING_REVIEW_LATE: "name title due_at review_link",
            NoticeKind.LISTING_UNSOLD: "name title result listing_link",
            NoticeKind.LISTING_EDITED: "name title reasons told_at auction_link",
            NoticeKind.QUESTION_ASKED: "name title vehicle_link",
            NoticeKind.QUESTION_ANSWERED: "name title vehicle_link",
            NoticeKind.OFFER_RECEIVED: "name title amount_cents expires_at offer_link",
            NoticeKind.OFFER_COUNTERED: "name title amount_cents expires_at offer_link",
            NoticeKind.OFFER_ACCEPTED: "name title amount_cents offer_link",
            NoticeKind.OFFER_DECLINED: "name title amount_cents offer_link",
            NoticeKind.OFFER_OVER: "name title amount_cents how offer_link",
            NoticeKind.ORDER_INVOICED: "name title number total_cents due_at order_link",
            NoticeKind.ORDER_REMINDER: "name title due_cents due_at order_link",
            NoticeKind.ORDER_PAYMENT_RECEIVED: "name title amount_cents due_cents order_link",
            NoticeKind.ORDER_LATE_FEE: "name title fee_cents due_cents default_at order_link",
            NoticeKind.ORDER_DEFAULTED: "name title side forfeited_cents order_link",
            NoticeKind.ORDER_REFUNDED: "name title amount_cents order_link",
            NoticeKind.ORDER_COMPLETED: "name title side order_link",
            NoticeKind.PAYOUT_SENT: "name title amount_cents order_link",
            NoticeKind.NEGOTIATION_OPENED: "name title amount_cents expires_at part offer_link",
            NoticeKind.SECOND_CHANCE_OFFERED: "name title amount_cents expires_at offer_link",
            NoticeKind.SECOND_CHANCE_ASKED: "name title amount_cents expires_at offer_link",
            NoticeKind.SECOND_CHANCE_OVER: "name title is_relisted lot_link",
            NoticeKind.SEARCH_MATCHES: "name found total searches_link",
            NoticeKind.WATCH_ENDING: "name title ends_at lot_link",
            NoticeKind.WATCH_OUTBID: "name title price_cents lot_link",
            NoticeKind.WATCH_RESERVE: "name title price_cents lot_link",
            NoticeKind.ENDPOINT_DISABLED: "name host gone disabled_at seller_link",
            NoticeKind.ACCOUNT_DELETED: "name deleted_at kept_until_on",
        }.items()
    }
)

PROVES: Mapping[MailEventKind, NoticeStatus] = MappingProxyType(
    {
        MailEventKind.DELIVERED: NoticeStatus.DELIVERED,
        MailEventKind.BOUNCE: NoticeStatus.BOUNCED,
        MailEventKind.DROPPED: NoticeStatus.DROPPED,
    }
)
RANK = (
    NoticeStatus.QUEUED,
    NoticeStatus.SENDING,
    NoticeStatus.UNKNOWN,
    NoticeStatus.GIVEN_UP,
    NoticeStatus.SENT,
    NoticeStatus.DELIVERED,
    NoticeStatus.DROPPED,
    NoticeStatus.BOUNCED,
)
TROUBLED = frozenset({NoticeStatus.BOUNCED, NoticeStatus.DROPPED, NoticeStatus.GIVEN_UP, NoticeStatus.UNKNOWN})


def after(status: NoticeStatus, kind: MailEventKind) -> NoticeStatus:
    """The status of a mail once an event is known, whatever the order in which events arrive.

    Any event proves that the vendor has the mail; it never goes backwards, and a bounce outlives a delivery.
    """
    return later(status, PROVES.get(kind, NoticeStatus.SENT))


def later(one: NoticeStatus, other: NoticeStatus) -> NoticeStatus:
    """The one of two statuses that says more."""
    return max(one, other, key=RANK.index)


def is_with_vendor(status: NoticeStatus) -> bool:
    """Whether the vendor is known to have taken the mail."""
    return RANK.index(status) >= RANK.index(NoticeStatus.SENT)


def missing_or_strange(kind: NoticeKind, names: frozenset[str]) -> frozenset[str]:
    """The names of values that a kind lacks or does not know; empty in the good case."""
    return VALUES[kind] ^ names
