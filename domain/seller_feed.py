"""What a seller's own system is told: the kinds of events with their facts, how long it is tried, and where to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

MOST_ENDPOINTS = 5
LONGEST_URL = 500
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=4)
GIVEN_UP_AFTER = timedelta(days=3)
# After a secret is replaced, both are signed with for so long.
BOTH_SECRETS_FOR = timedelta(hours=24)
GONE = 410
OK = range(200, 300)
# These lead on to an IPv4 address that they contain: through them a public address would reach a private one.
TRANSLATED = tuple(IPv6Network(each) for each in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))


class FeedKind(StrEnum):
    """What an event is about. `endpoint_test` is sent to one endpoint when its owner asks for it."""

    LISTING_SUBMITTED = "listing_submitted"
    LISTING_APPROVED = "listing_approved"
    LISTING_CHANGES_REQUESTED = "listing_changes_requested"
    LISTING_REJECTED = "listing_rejected"
    AUCTION_SCHEDULED = "auction_scheduled"
    AUCTION_STARTED = "auction_started"
    AUCTION_ENDED = "auction_ended"
    QUESTION_ASKED = "question_asked"
    OFFER_RECEIVED = "offer_received"
    OFFER_COUNTERED = "offer_countered"
    OFFER_ACCEPTED = "offer_accepted"
    OFFER_DECLINED = "offer_declined"
    OFFER_WITHDRAWN = "offer_withdrawn"
    OFFER_EXPIRED = "offer_expired"
    OFFER_LAPSED = "offer_lapsed"
    ENDPOINT_TEST = "endpoint_test"


# What a seller may ask for; a test is for everybody who asks for one.
WANTABLE = frozenset(FeedKind) - {FeedKind.ENDPOINT_TEST}
_LISTING = "version vin stock_number"
_OFFER = "offer_id cents status by reason"
# The only facts that leave: never a reserve, a maximum, a threshold, nor who somebody is. `*_cents` and `cents` are
# integers, `*_at` UTC texts, `reasons` sentences by field.
FACTS: Mapping[FeedKind, frozenset[str]] = MappingProxyType(
    {
        kind: frozenset(names.split())
        for kind, names in {
            FeedKind.LISTING_SUBMITTED: _LISTING,
            FeedKind.LISTING_APPROVED: _LISTING,
            FeedKind.LISTING_CHANGES_REQUESTED: f"{_LISTING} reasons",
            FeedKind.LISTING_REJECTED: f"{_LISTING} reasons",
            FeedKind.AUCTION_SCHEDULED: "starts_at ends_at start_cents",
            FeedKind.AUCTION_STARTED: "ends_at minimum_next_cents",
            FeedKind.AUCTION_ENDED: "result price_cents sold_by bid_count reason",
            FeedKind.QUESTION_ASKED: "question_id",
            FeedKind.OFFER_RECEIVED: f"{_OFFER} expires_at",
            FeedKind.OFFER_COUNTERED: f"{_OFFER} expires_at",
            FeedKind.OFFER_ACCEPTED: _OFFER,
            FeedKind.OFFER_DECLINED: _OFFER,
            FeedKind.OFFER_WITHDRAWN: _OFFER,
            FeedKind.OFFER_EXPIRED: _OFFER,
            FeedKind.OFFER_LAPSED: _OFFER,
            FeedKind.ENDPOINT_TEST: "",
        }.items()
    }
)


class DeliveryState(StrEnum):
    """Where an event stands on its way to one endpoint."""

    PENDING = "pending"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


class Disabled(StrEnum):
    """Why nothing is sent to an endpoint any more; a replay switches all of them on again but for one deleted."""

    GONE = "gone"
    UNREACHABLE = "unreachable"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Reach:
    """Where deliveries may go besides https at public addresses: `plain` http, and `loopback`."""

    plain: bool = False
    loopback: bool = False


def reach_of(profile: str, *, loopback: bool) -> Reach:
    """Production is https and public, whatever else is set."""
    return Reach() if profile == "production" else Reach(plain=True, loopback=loopback)


def told(kind: FeedKind, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Of the facts, those that a kind tells; whatever else was given stays here."""
    return {name: facts[name] for name in sorted(FACTS[kind] & facts.keys())}


def next_try(attempts: int, first_at: datetime, now: datetime) -> datetime | None:
    """When to try again after so many attempts (at least 1) since `first_at`; None where it is given up."""
    doublings = min(attempts - 1, 20)
    when = now + min(FIRST_PAUSE * 2**doublings, LONGEST_PAUSE)
    return None if when - first_at > GIVEN_UP_AFTER else when


def wrong_with(url: str, reach: Reach) -> str | None:
    """Why events cannot be sent to an address, as a sentence; None for a good one.

    A name is good here whatever it resolves to: that is looked at when something is sent.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "This is not an address."
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        return f"Use at most {LONGEST_URL} characters of plain ASCII."
    if parts.scheme != "https" and not (reach.plain and parts.scheme == "http"):
        return "The address must begin with https://."
    if not host or port == 0:
        return "The address names no host."
    if parts.username is not None or parts.fragment:
        return "Leave out user names, passwords and fragments."
    return None if _is_name(host) or may_reach(host, reach) else "This address is not on the public internet."


def may_reach(address: str, reach: Reach) -> bool:
    """Whether something may be sent to an IP address, as text; anything else is none."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    plain = getattr(found, "ipv4_mapped", None) or found
    if plain.is_loopback:
        return reach.loopback
    return _is_public(plain)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address) and any(address in network for network in TRANSLATED):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _is_name(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return True
    return False
