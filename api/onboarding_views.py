"""The JSON shapes of a person's checklist and eligibility, for themselves and, with the reasons, for support."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from typing_extensions import TypedDict

from activities.db.accounts import Account
from domain.accounts import TERMS_VERSION, Clearance, Item, clearance
from domain.clock import to_text
from web import onboarding_words as words
from web.terms_views import terms_link


class ItemView(TypedDict):
    """One step: its state, why it is not done, and what to do about it; both are empty for what is done."""

    step: str
    title: str
    state: str
    code: str
    to_do: str


class CardView(TypedDict):
    """The stored card; `expires` is YYYY-MM."""

    brand: str | None
    last4: str | None
    expires: str | None


class ChecklistView(TypedDict):
    """Every step in order, and what they come to together. `lots` is null for any number.

    `terms_link` is a page of this site with the text of `terms_version`, which is what is accepted.
    """

    cleared: bool
    on_hold: bool
    limit_cents: int
    lots: int | None
    items: list[ItemView]
    card: CardView | None
    terms_version: str
    terms_link: str
    server_now: str


class EligibilityView(TypedDict):
    """What a person may bid now: the limit, what is at stake, what is free, and one sentence that says so."""

    cleared: bool
    on_hold: bool
    limit_cents: int
    lots: int | None
    at_stake_cents: int
    at_stake_lots: int
    free_cents: int
    free_lots: int | None
    missing: list[ItemView]
    sentence: str
    server_now: str


class IdentityLinkView(TypedDict):
    """`outcome` is link, approved or waiting; `url` leads into the check until `expires_at`."""

    outcome: str
    url: str | None
    expires_at: str | None


class SupportChecklistView(ChecklistView):
    """The same with the reasons: what vendors and people decided, and when."""

    user_id: int
    inquiry_id: str | None
    identity_status: str
    identity_at: str | None
    identity_expires_at: str | None
    card_status: str
    legal_matches: bool | None
    accepted_terms: str | None
    on_hold_reason: str | None
    deposits_cents: int
    dealer_line_cents: int


ITEM: Mapping[str, Any] = MappingProxyType(
    {"step": "email", "title": words.STEP["email"], "state": "done", "code": "", "to_do": ""}
)
MISSING: Mapping[str, Any] = MappingProxyType(
    {
        "step": "card",
        "title": words.STEP["card"],
        "state": "missing",
        "code": "CARD_MISSING",
        "to_do": words.TO_DO["CARD_MISSING"],
    }
)
CHECKLIST: Mapping[str, Any] = MappingProxyType(
    {
        "cleared": False,
        "on_hold": False,
        "limit_cents": 0,
        "lots": 0,
        "items": [dict(ITEM), dict(MISSING)],
        "card": None,
        "terms_version": TERMS_VERSION,
        "terms_link": terms_link(TERMS_VERSION),
        "server_now": "2026-05-05T19:12:03.120Z",
    }
)
ELIGIBILITY: Mapping[str, Any] = MappingProxyType(
    {
        "cleared": True,
        "on_hold": False,
        "limit_cents": 1_000_000,
        "lots": 2,
        "at_stake_cents": 400_000,
        "at_stake_lots": 1,
        "free_cents": 600_000,
        "free_lots": 1,
        "missing": [],
        "sentence": "You are cleared to $10,000; $6,000 of it is free on 1 more auction.",
        "server_now": "2026-05-05T19:12:03.120Z",
    }
)
IDENTITY_LINK: Mapping[str, Any] = MappingProxyType(
    {"outcome": "link", "url": "https://withpersona.com/verify?code=us1-x", "expires_at": "2026-05-05T20:12:03.120Z"}
)
SUPPORT_CHECKLIST: Mapping[str, Any] = MappingProxyType(
    {
        **CHECKLIST,
        "user_id": 7,
        "inquiry_id": "inq_5Xq2vUeWn3",
        "identity_status": "approved",
        "identity_at": "2026-05-01T09:00:00.000Z",
        "identity_expires_at": "2028-04-30T09:00:00.000Z",
        "card_status": "none",
        "legal_matches": None,
        "accepted_terms": None,
        "on_hold_reason": None,
        "deposits_cents": 0,
        "dealer_line_cents": 0,
    }
)
# What a person may know of a decline: the vendor's own codes would tell a thief more of a card.
DECLINE_REASONS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("6", "37"), "card_number"),
        **dict.fromkeys(("7", "8"), "expiry"),
        **dict.fromkeys(("27", "127"), "billing_address"),
        **dict.fromkeys(("44", "45", "65"), "security_code"),
    }
)


def decline_reason(code: str) -> str:
    """A plain reason for a vendor's code: card_number, expiry, billing_address, security_code or declined."""
    return DECLINE_REASONS.get(code, "declined")


def checklist_view(account: Account, now: datetime) -> ChecklistView:
    """The checklist as it is now."""
    judged = clearance(account.facts, now)
    card = account.card
    shown: CardView = {"brand": card.brand, "last4": card.last4, "expires": card.expires}
    return {
        "cleared": judged.cleared,
        "on_hold": judged.on_hold,
        "limit_cents": judged.limit_cents,
        "lots": judged.lots,
        "items": [_item(item) for item in judged.items],
        "card": shown if card.payment_profile_id else None,
        "terms_version": TERMS_VERSION,
        "terms_link": terms_link(TERMS_VERSION),
        "server_now": to_text(now),
    }


def eligibility_view(account: Account, at_stake: Mapping[int, int], now: datetime) -> EligibilityView:
    """What may be bid now; `at_stake` is the highest amount on each lot."""
    judged = clearance(account.facts, now)
    spent = sum(at_stake.values())
    view: EligibilityView = {
        "cleared": judged.cleared,
        "on_hold": judged.on_hold,
        "limit_cents": judged.limit_cents,
        "lots": judged.lots,
        "at_stake_cents": spent,
        "at_stake_lots": len(at_stake),
        "free_cents": max(judged.limit_cents - spent, 0),
        "free_lots": _free_lots(judged, len(at_stake)),
        "missing": [_item(item) for item in judged.missing],
        "sentence": "",
        "server_now": to_text(now),
    }
    view["sentence"] = words.eligibility(view)
    return view


def support_view(account: Account, now: datetime) -> SupportChecklistView:
    """The checklist with the reasons."""
    facts = account.facts
    return {
        **checklist_view(account, now),
        "user_id": account.user_id,
        "inquiry_id": account.inquiry_id,
        "identity_status": facts.identity.value,
        "identity_at": _text(account.identity_at),
        "identity_expires_at": _text(facts.identity_expires_at),
        "card_status": facts.card.value,
        "legal_matches": facts.legal_matches,
        "accepted_terms": facts.terms_version,
        "on_hold_reason": account.on_hold_reason,
        "deposits_cents": facts.deposits_cents,
        "dealer_line_cents": facts.dealer_line_cents,
    }


def _free_lots(judged: Clearance, at_stake: int) -> int | None:
    return None if judged.lots is None else max(judged.lots - at_stake, 0)


def _item(item: Item) -> ItemView:
    return {
        "step": item.step.value,
        "title": words.STEP[item.step],
        "state": item.state.value,
        "code": item.code,
        "to_do": words.to_do(item.code),
    }


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else to_text(moment)
