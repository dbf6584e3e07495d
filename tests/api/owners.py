"""What of a person's own each route names in its path (or body), for the walk that tries it as everybody else.

A new route for persons that has a parameter is listed here before the walk lets it pass.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, cast

from sqlalchemy import update
from temporalio.client import Client

from activities.db import descriptions, passkeys
from activities.db.engine import transaction
from activities.db.passkeys import NewPasskey
from activities.db.tables import vehicles
from api.database import now
from domain.bidding import Kind
from domain.descriptions import Why
from temporal.payments import Payments
from tests.api.floor import Floor
from tests.db.holders import complete, deposited
from tests.doubles.descriptions import DescriptionsDouble

Facts = Mapping[str, Any]
# An admin acts for the house, for whom every listing is open.
SELLERS_ALONE = ("sid", "bob")
SELLERS = ("sid", "bob", "amy")
BUYERS = ("bob", "sid", "sue", "amy")
REASON = "a reason"
WEBHOOKS = "/api/me/webhooks"
WEBHOOK = f"{WEBHOOKS}/{{endpoint_id}}"


class PaymentsAtRest(Payments):
    """A door that starts nothing and lets nobody wait."""

    def __init__(self) -> None:
        super().__init__(cast("Client", None), "nowhere", patience_s=0)

    async def begin(self, payment_id: int) -> None:
        """Leave it as it is."""


@dataclass(frozen=True)
class Owned:
    """`make` lets `owner` have something and tells its names; `others` are refused with `code` and change nothing.

    `sent_as`: json, or data for a form.
    """

    owner: str
    others: tuple[str, ...]
    code: str
    make: Callable[[Floor], Awaitable[Facts]]
    body: Callable[[Facts], Facts | None] = lambda _: None
    headers: Callable[[], Mapping[str, str]] = dict
    sent_as: str = "json"


async def a_token(floor: Floor) -> Facts:
    made = await floor.post("ada", "/api/me/tokens", {"name": "bot", "scopes": ["read"]})
    return {"token_id": made.json()["id"]}


async def a_session(floor: Floor) -> Facts:
    await floor.house.browser("ada")
    found = (await floor.get("ada", "/auth/sessions")).json()["items"]
    return {"session_id": next(each["id"] for each in found if not each["current"])}


async def a_passkey(floor: Floor) -> Facts:
    wanted = NewPasskey(floor.person("ada"), "c" * 64, "credential", "key", 0, "My phone")
    with transaction(floor.house.engine) as connection:
        return {"passkey_id": passkeys.add_passkey(connection, wanted, now()).id}


async def a_deposit(floor: Floor) -> Facts:
    floor.house.services.payments = PaymentsAtRest()
    with transaction(floor.house.engine) as connection:
        return {"deposit_id": deposited(connection, complete(connection, floor.person("ada"))).id}


async def a_bid(floor: Floor) -> Facts:
    lot = await floor.lot("sam")
    floor.lots.bid(lot, floor.person("bob"), 500_000, Kind.BID)
    return {"auction_id": lot, "bid_id": floor.lots.bid(lot, floor.person("ada"), 1_500_000, Kind.BID)}


async def a_lot(floor: Floor) -> Facts:
    return {"auction_id": await floor.lot("sam", reserve_cents=900_000)}


async def a_vehicle(floor: Floor) -> Facts:
    return {"wish": floor.wish(floor.car("sam"))}


async def a_question(floor: Floor) -> Facts:
    car = floor.car("sam")
    asked = await floor.post("ada", f"/api/vehicles/{car}/questions", {"text": "Any rust on the frame?"})
    return {"question_id": asked.json()["id"]}


async def a_webhook(floor: Floor) -> Facts:
    made = await floor.post("sam", WEBHOOKS, {"url": "https://stock.dealer.example/hooks"})
    return {"endpoint_id": made.json()["id"]}


def read_once() -> Mapping[str, str]:
    """Of what was begun just now."""
    return {"If-Match": '"1"'}


DRAFT = {"vin": "1HGCM82633A004352"}


async def a_draft(floor: Floor) -> Facts:
    begun = await floor.post("sam", "/api/vehicles", DRAFT)
    return {"vehicle_id": begun.json()["id"]}


async def a_priced_car(floor: Floor) -> Facts:
    number = floor.car("sam")
    with transaction(floor.house.engine) as connection:
        connection.execute(update(vehicles).where(vehicles.c.id == number).values(start_cents=500_000))
    return {"vehicle_id": number}


# The pages of a listing, whose forms name the version that they were filled from.
SELLING_PAGES = (
    *(("GET", path) for path in ("", "/withdraw", "/delete")),
    *(("POST", path) for path in ("", "/submit", "/withdraw", "/delete")),
)


async def a_description(floor: Floor) -> Facts:
    floor.house.services.descriptions = DescriptionsDouble(floor.house.engine)
    car = floor.car("sam")
    with transaction(floor.house.engine) as connection:
        descriptions.draw_up(connection, car, Why.OFF, now())
    return {"vehicle_id": car}


OWNED: Mapping[tuple[str, str], Owned] = MappingProxyType(
    {
        **{
            (method, f"/sell/{{vehicle_id}}{path}"): Owned(
                "sam",
                SELLERS[:2],
                "VEHICLE_NOT_FOUND",
                a_draft,
                lambda _: {**DRAFT, "version": "1"},
                sent_as="data",
            )
            for method, path in SELLING_PAGES
        },
        ("POST", "/sell/{vehicle_id}/schedule"): Owned(
            "sam", SELLERS[:2], "NOT_YOUR_LISTING", a_priced_car, lambda _: {"length_days": "3"}, sent_as="data"
        ),
        ("DELETE", WEBHOOK): Owned("sam", SELLERS, "ENDPOINT_NOT_FOUND", a_webhook),
        ("GET", f"{WEBHOOK}/deliveries"): Owned("sam", SELLERS, "ENDPOINT_NOT_FOUND", a_webhook),
        ("POST", f"{WEBHOOK}/test"): Owned("sam", SELLERS, "ENDPOINT_NOT_FOUND", a_webhook),
        ("POST", f"{WEBHOOK}/rotate"): Owned("sam", SELLERS, "ENDPOINT_NOT_FOUND", a_webhook),
        ("POST", f"{WEBHOOK}/replay"): Owned("sam", SELLERS, "ENDPOINT_NOT_FOUND", a_webhook, lambda _: {"after": 0}),
        ("DELETE", "/api/me/tokens/{token_id}"): Owned("ada", BUYERS, "TOKEN_NOT_FOUND", a_token),
        ("POST", "/account/tokens/{token_id}/revoke"): Owned("ada", BUYERS, "TOKEN_NOT_FOUND", a_token),
        ("DELETE", "/auth/sessions/{session_id}"): Owned("ada", BUYERS, "SESSION_NOT_FOUND", a_session),
        ("POST", "/account/sessions/{session_id}/end"): Owned("ada", BUYERS, "SESSION_NOT_FOUND", a_session),
        ("DELETE", "/auth/passkeys/{passkey_id}"): Owned("ada", BUYERS, "PASSKEY_NOT_FOUND", a_passkey),
        ("POST", "/account/passkeys/{passkey_id}/remove"): Owned("ada", BUYERS, "PASSKEY_NOT_FOUND", a_passkey),
        ("GET", "/api/me/deposits/{deposit_id}"): Owned("ada", BUYERS, "DEPOSIT_NOT_FOUND", a_deposit),
        ("POST", "/api/me/deposits/{deposit_id}/return"): Owned(
            "ada", BUYERS, "DEPOSIT_NOT_FOUND", a_deposit, lambda _: {}
        ),
        ("GET", "/api/bids/{bid_id}"): Owned("ada", BUYERS, "BID_NOT_FOUND", a_bid),
        ("GET", "/api/bids/{bid_id}/explanation"): Owned("ada", BUYERS, "BID_NOT_FOUND", a_bid),
        # An admin's wish to take a bid out is another thing: it waits for a second admin.
        ("POST", "/api/auctions/{auction_id}/retract"): Owned(
            "ada", ("bob", "sid", "sue"), "NO_SUCH_BID", a_bid, lambda it: {"bid_id": it["bid_id"], "reason": REASON}
        ),
        ("POST", "/api/auctions/{auction_id}/lower-reserve"): Owned(
            "sam", SELLERS, "NOT_YOUR_AUCTION", a_lot, lambda _: {"reserve_cents": None}
        ),
        # An admin may cancel what nobody has bid on.
        ("POST", "/api/auctions/{auction_id}/cancel"): Owned(
            "sam", ("sid", "bob"), "NOT_YOUR_AUCTION", a_lot, lambda _: {"reason": REASON}
        ),
        ("POST", "/api/questions/{question_id}/answer"): Owned(
            "sam", SELLERS, "QUESTION_NOT_FOUND", a_question, lambda _: {"text": "None that I know of."}
        ),
        ("GET", "/api/me/vehicles/{vehicle_id}"): Owned("sam", SELLERS[:2], "VEHICLE_NOT_FOUND", a_draft),
        ("DELETE", "/api/vehicles/{vehicle_id}"): Owned("sam", SELLERS[:2], "VEHICLE_NOT_FOUND", a_draft),
        ("POST", "/api/vehicles/{vehicle_id}/withdraw"): Owned("sam", SELLERS[:2], "VEHICLE_NOT_FOUND", a_draft),
        ("POST", "/api/vehicles/{vehicle_id}/submit"): Owned(
            "sam", SELLERS[:2], "VEHICLE_NOT_FOUND", a_draft, headers=read_once
        ),
        ("PUT", "/api/vehicles/{vehicle_id}"): Owned(
            "sam", SELLERS[:2], "VEHICLE_NOT_FOUND", a_draft, lambda _: {**DRAFT, "make": "Honda"}, read_once
        ),
        ("POST", "/api/vehicles/{vehicle_id}/description-draft"): Owned(
            "sam", SELLERS_ALONE, "NOT_YOUR_LISTING", a_description
        ),
        ("GET", "/api/vehicles/{vehicle_id}/description-draft"): Owned(
            "sam", SELLERS_ALONE, "NOT_YOUR_LISTING", a_description
        ),
        # The vehicle is named in the body.
        ("POST", "/api/auctions"): Owned("sam", ("sid", "bob"), "NOT_YOUR_VEHICLE", a_vehicle, lambda it: it["wish"]),
    }
)
# Their parameter names what everybody may see: what they tell or do there is the asker's own.
SHARED: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("GET", "/api/auctions/{auction_id}/mine"): "the asker's own bids on a public lot",
        ("POST", "/api/vehicles/{vehicle_id}/questions"): "a question of the asker's on a public vehicle",
        ("POST", "/api/auctions/{auction_id}/withdraw-bids"): "the asker's own bids on a public lot",
        ("POST", "/auctions/{auction_id}/bid"): "a bid of the asker's on a public lot",
        ("POST", "/auctions/{auction_id}/auto-bid"): "a bid of the asker's on a public lot",
        ("POST", "/api/auctions/{auction_id}/bid"): "a bid of the asker's on a public lot",
        ("POST", "/api/auctions/{auction_id}/auto-bid"): "a bid of the asker's on a public lot",
    }
)
