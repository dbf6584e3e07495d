"""The mails that a change of an account causes; each follows from the account before and after it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType

from activities.db.accounts import Account, Changed
from activities.db.notifications import NewNotice
from domain.accounts import CARD_WARNED, Card, Identity, month_end
from domain.clock import to_ms
from domain.notices import NoticeKind

OF_IDENTITY: Mapping[Identity, NoticeKind] = MappingProxyType(
    {
        Identity.APPROVED: NoticeKind.IDENTITY_APPROVED,
        Identity.NEEDS_REVIEW: NoticeKind.IDENTITY_REVIEW,
        Identity.DECLINED: NoticeKind.IDENTITY_DECLINED,
        Identity.FAILED: NoticeKind.IDENTITY_DECLINED,
    }
)


def mails_of(changed: Changed, public_url: str, now: datetime) -> Iterator[NewNotice]:
    """What the person is told of a change; a mail that was written before has the same key again."""
    account = changed.account
    if account.erased:
        return
    if kind := _identity_kind(changed):
        # Only a declined check is final; a failed one may be done again.
        again = {"can_retry": account.facts.identity is Identity.FAILED}
        more = again if kind is NoticeKind.IDENTITY_DECLINED else {}
        key = f"identity {account.inquiry_id} {account.facts.identity}"
        yield _mail(account, kind, key, _account_link(public_url) | more)
    if account.facts.card is Card.STORED:
        yield from _card_mails(changed, public_url, now)
    if changed.is_newly_cleared:
        limits = {"limit_cents": changed.clearance.limit_cents, "lots": changed.clearance.lots}
        values = {**limits, "auctions_link": f"{public_url}/auctions"}
        yield _mail(account, NoticeKind.CLEARED_TO_BID, f"cleared {to_ms(now)}", values)


def _identity_kind(changed: Changed) -> NoticeKind | None:
    before, after = changed.before, changed.account
    same = before.inquiry_id == after.inquiry_id and before.facts.identity is after.facts.identity
    return None if same else OF_IDENTITY.get(after.facts.identity)


def _card_mails(changed: Changed, public_url: str, now: datetime) -> Iterator[NewNotice]:
    account, card = changed.account, changed.account.card
    shown = {"brand": card.brand, "last4": card.last4, "expires_month": card.expires} | _account_link(public_url)
    if card.at != changed.before.card.at:
        at = "" if card.at is None else to_ms(card.at)
        yield _mail(account, NoticeKind.CARD_STORED, f"card {card.payment_profile_id} {at}", shown)
    ends = account.facts.card_expires and month_end(account.facts.card_expires)
    if ends and ends - CARD_WARNED <= now < ends:
        key = f"card expires {card.payment_profile_id} {card.expires}"
        yield _mail(account, NoticeKind.CARD_EXPIRING, key, shown)


def _account_link(public_url: str) -> dict[str, object]:
    return {"account_link": f"{public_url}/account"}


def _mail(account: Account, kind: NoticeKind, key: str, values: Mapping[str, object]) -> NewNotice:
    return NewNotice(
        user_id=account.user_id,
        kind=kind,
        to_email=account.email,
        values={"name": account.name, **values},
        dedupe_key=f"account {account.user_id} {key}",
    )
