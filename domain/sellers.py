"""Who may put vehicles up for sale: seller profiles and their review, dealer licences, and the private seller's limit.

Source: Minn. Stat. 168.27 (licence classes; more than five vehicles in twelve months is a dealer's business).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import assert_never

from domain.clock import CHICAGO

PRIVATE_MOST = 5
WARNED = timedelta(days=30)
# Notices about a licence are written in the morning of their day in Chicago.
MORNING = time(9, 0)
TAX_ID_DIGITS = 9


class SellerStatus(StrEnum):
    """Where a seller stands. `lapsed` is never stored: it is an approval whose licence has run out."""

    NONE = "none"
    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    SUSPENDED = "suspended"
    LAPSED = "lapsed"


class LicenceClass(StrEnum):
    """The classes of dealers' licences that Minn. Stat. 168.27 knows, as far as their holders sell vehicles."""

    NEW = "new"
    USED = "used"
    LESSOR = "lessor"
    LIMITED_USE = "limited_use"
    WHOLESALE = "wholesale"
    BROKER = "broker"
    AUCTIONEER = "auctioneer"


class Step(StrEnum):
    """What is done with a profile: the first two by the seller, the others by an admin."""

    EDIT = "edit"
    SUBMIT = "submit"
    APPROVE = "approve"
    REJECT = "reject"
    SUSPEND = "suspend"


class Notice(StrEnum):
    """When a dealer is told of the licence's end."""

    AHEAD = "ahead"
    LAST_DAY = "last_day"


@dataclass(frozen=True, slots=True)
class Licence:
    """A dealer's licence; it is good through the day of `expires_on` in Chicago. `state` is two letters."""

    number: str
    licence_class: LicenceClass
    state: str
    expires_on: date

    def is_over(self, today: date) -> bool:
        """Whether it has run out."""
        return self.expires_on < today


@dataclass(frozen=True, slots=True)
class Profile:
    """What a seller has told of themselves; without a licence they are a private seller. `status` as it is stored."""

    status: SellerStatus = SellerStatus.NONE
    business_name: str = ""
    licence: Licence | None = None
    has_tax_id: bool = False
    has_payout: bool = False

    def standing(self, today: date) -> SellerStatus:
        """The status as it is on a day."""
        over = self.licence is not None and self.licence.is_over(today)
        return SellerStatus.LAPSED if over and self.status is SellerStatus.APPROVED else self.status

    def missing(self, today: date) -> tuple[str, ...]:
        """The codes of what keeps the profile from being sent for review, or approved."""
        found = {
            "BUSINESS_NAME_MISSING": not self.business_name,
            "TAX_ID_MISSING": not self.has_tax_id,
            "PAYOUT_MISSING": not self.has_payout,
            "LICENCE_EXPIRED": self.licence is not None and self.licence.is_over(today),
        }
        return tuple(code for code, is_missing in found.items() if is_missing)


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether a seller may put one more vehicle up, or why not: a code, and a sentence on what helps."""

    allowed: bool
    code: str = ""
    detail: str = ""


S = SellerStatus
# Every allowed move. An edit takes an approval back: what was approved is not what is there now.
MOVES: Mapping[Step, Mapping[SellerStatus, SellerStatus]] = MappingProxyType(
    {
        Step.EDIT: dict.fromkeys((S.NONE, S.DRAFT, S.SUBMITTED, S.APPROVED, S.REJECTED, S.LAPSED), S.DRAFT),
        Step.SUBMIT: {S.DRAFT: S.SUBMITTED},
        Step.APPROVE: {S.SUBMITTED: S.APPROVED, S.SUSPENDED: S.APPROVED},
        Step.REJECT: {S.SUBMITTED: S.REJECTED},
        Step.SUSPEND: dict.fromkeys((S.DRAFT, S.SUBMITTED, S.APPROVED, S.REJECTED, S.LAPSED), S.SUSPENDED),
    }
)


def after(standing: SellerStatus, step: Step) -> SellerStatus | None:
    """The status after a step, or None where the step may not be taken."""
    return MOVES[step].get(standing)


def may_list(profile: Profile, private_sales_last_12_months: int, today: date) -> Permission:
    """Whether one more vehicle may be put up on a day in Chicago; lots that run already go on in any case.

    `private_sales_last_12_months` counts the seller's other vehicles that were sold in them or are up for sale now.
    """
    match profile.standing(today):
        case S.APPROVED:
            if profile.licence is None and private_sales_last_12_months >= PRIVATE_MOST:
                return Permission(allowed=False, code="DEALER_LICENCE_NEEDED", detail=LICENCE_NEEDED)
            return Permission(allowed=True)
        case S.LAPSED:
            return Permission(allowed=False, code="LICENCE_EXPIRED", detail=EXPIRED)
        case S.SUSPENDED:
            return Permission(allowed=False, code="SELLER_SUSPENDED", detail=SUSPENDED)
        case (S.NONE | S.DRAFT | S.SUBMITTED | S.REJECTED) as status:
            return Permission(allowed=False, code="SELLER_NOT_APPROVED", detail=NOT_YET[status])
        case _ as unreachable:
            assert_never(unreachable)


LICENCE_NEEDED = (
    f"More than {PRIVATE_MOST} vehicles in twelve months needs a dealer's licence; add yours to your seller profile."
)
EXPIRED = "Your dealer's licence has expired; put the new one into your seller profile and send it for review."
SUSPENDED = "Your seller account is suspended; write to support. Your running auctions go on."
NOT_YET: Mapping[SellerStatus, str] = MappingProxyType(
    {
        S.NONE: "Fill in your seller profile and send it for review.",
        S.DRAFT: "Send your seller profile for review.",
        S.SUBMITTED: "Your seller profile is being reviewed.",
        S.REJECTED: "Your seller profile was not approved; correct it and send it again.",
    }
)


def day_in_chicago(moment: datetime) -> date:
    """The calendar day on which a moment falls where the house is."""
    return moment.astimezone(CHICAGO).date()


def twelve_months_before(today: date) -> datetime:
    """When (UTC) the twelve months began that end with a day in Chicago; the day a year ago counts in whole."""
    leap_day = (today.month, today.day) == (2, 29)
    began = today.replace(year=today.year - 1, day=28 if leap_day else today.day)
    return datetime.combine(began, time(0), tzinfo=CHICAGO).astimezone(UTC)


def next_notice(expires_on: date, since: datetime) -> tuple[Notice, datetime] | None:
    """What a dealer is to be told next after a moment, and when (UTC): 30 days ahead, and on the licence's last day."""
    for notice, day in ((Notice.AHEAD, expires_on - WARNED), (Notice.LAST_DAY, expires_on)):
        moment = datetime.combine(day, MORNING, tzinfo=CHICAGO).astimezone(UTC)
        if moment > since:
            return notice, moment
    return None


def tax_id(text: str) -> str:
    """The nine digits of an EIN or SSN, however it is grouped. Raises ValueError for anything else."""
    digits = text.replace("-", "").replace(" ", "")
    if len(digits) != TAX_ID_DIGITS or not (digits.isascii() and digits.isdigit()) or len(set(digits)) == 1:
        raise ValueError("must be the nine digits of an EIN or SSN")
    return digits
