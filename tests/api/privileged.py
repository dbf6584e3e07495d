"""What the staff may read and do, each with what it needs to be done: for the walk that finds its deed in the log.

A new route for the staff is listed here before the walk lets it pass.
"""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlalchemy import insert

from activities.db.engine import transaction
from activities.db.photo_tables import seller_documents, vehicle_documents
from api.database import now
from domain.links import Evidence
from domain.payments import State
from tests.api import owners
from tests.api.floor import Floor
from tests.api.lister import Lister
from tests.api.newcomer import open_onboarding
from tests.api.owners import OWNED, WEBHOOK, WEBHOOKS, Facts, a_lot, a_question, a_webhook
from tests.api.privileged_orders import ORDERS
from tests.api.test_links import share
from tests.api.test_rates import body as rates_body
from tests.api.test_sellers import ME, PROFILE, read, write
from tests.api.test_steering_approvals import asked_to_retract
from tests.db.holders import asked, complete, end
from tests.doubles.listings_door import ListingsDouble

WHY = {"reason": "a reason"}
LINK = "/api/support/links/{first}/{second}"


async def nothing(_: Floor) -> Facts:
    return {}


@dataclass(frozen=True)
class Privileged:
    """`make` prepares it and tells its names; `body` is what is sent then, by `by`, as json or as a form's data."""

    make: Callable[[Floor], Awaitable[Facts]] = nothing
    body: Callable[[Facts], Mapping[str, Any] | None] = lambda _: None
    by: str = "alan"
    sent_as: str = "json"


def why(_: Facts) -> Mapping[str, Any]:
    return WHY


async def an_approval(floor: Floor) -> Facts:
    return {"approval_id": (await asked_to_retract(floor))[1]["id"]}


async def a_busy_lot(floor: Floor) -> Facts:
    return {"auction_id": (await asked_to_retract(floor))[0]}


async def a_pair(floor: Floor) -> Facts:
    share(floor, Evidence.BANK, "sam", "ada")
    return {"first": floor.person("ada"), "second": floor.person("sam")}


async def a_linked_pair(floor: Floor) -> Facts:
    found = await a_pair(floor)
    await floor.post("sue", f"{LINK.format(**found)}/decide", {**WHY, "decision": "linked"})
    return found


async def an_account(floor: Floor) -> Facts:
    return {"user_id": open_onboarding(floor.house).ada}


async def a_seller(floor: Floor) -> Facts:
    await write(floor)
    await floor.post("ada", f"{ME}/submit")
    return {"user_id": floor.person("ada"), "version": await read(floor, "ada")}


async def a_draft(floor: Floor) -> Facts:
    await write(floor)
    return {}


async def a_manual_payment(floor: Floor) -> Facts:
    with transaction(floor.house.engine) as connection:
        payment = end(connection, asked(connection, complete(connection, floor.person("ada"))), State.MANUAL)
    return {"payment_id": payment.id}


async def a_listing_sent_in(floor: Floor) -> Facts:
    door = ListingsDouble(floor.house.engine, floor.lots)
    floor.house.services.listings = door
    lister = Lister(floor, door)
    number = await lister.begin()
    lister.photo(number)
    await lister.submit(number)
    return {"vehicle_id": number, "version": (await lister.own(number))["version"]}


async def a_title_scan(floor: Floor) -> Facts:
    found = await owners.a_draft(floor)
    row = {
        "id": str(uuid.uuid4()),
        "kind": "title_scan",
        "title": "Title",
        "content_type": "application/pdf",
        "bytes": 900,
    }
    times = dict.fromkeys(("created_at", "expires_at", "updated_at"), now())
    with transaction(floor.house.engine) as connection:
        values = {**row, **times, **found, "state": "ready", "uploaded_by": floor.person("sam")}
        connection.execute(insert(vehicle_documents).values(values))
    return {**found, "document_id": row["id"]}


async def a_licence(floor: Floor) -> Facts:
    row = {"id": str(uuid.uuid4()), "seller_id": floor.person("sam"), "state": "ready", "bytes": 900}
    times = dict.fromkeys(("created_at", "expires_at", "updated_at"), now())
    with transaction(floor.house.engine) as connection:
        connection.execute(insert(seller_documents).values({**row, **times, "content_type": "application/pdf"}))
    return {"user_id": row["seller_id"], "document_id": row["id"]}


async def rates_ahead(floor: Floor) -> Facts:
    return {"version": (await floor.post("amy", "/api/admin/rates", rates_body())).json()["version"]}


def judged(found: Facts) -> Mapping[str, Any]:
    return {**WHY, "version": found["version"]}


def of_first(found: Facts) -> Mapping[str, Any]:
    return {**WHY, "user_id": found["first"]}


STAFF: Mapping[tuple[str, str], Privileged] = MappingProxyType(
    {
        **{route: Privileged(*each) for route, each in ORDERS.items()},
        ("POST", "/codec/decode"): Privileged(body=lambda _: {"payloads": []}),
        ("GET", "/api/approvals"): Privileged(),
        ("GET", "/api/admin/listings"): Privileged(),
        ("GET", "/api/admin/listings/{vehicle_id}"): Privileged(owners.a_draft),
        ("POST", "/api/admin/listings/{vehicle_id}/approve"): Privileged(
            a_listing_sent_in, lambda it: {"version": it["version"]}
        ),
        **{
            ("POST", f"/api/admin/listings/{{vehicle_id}}/{verb}"): Privileged(
                a_listing_sent_in, lambda it: {"version": it["version"], "notes": {"make": "Look again."}}
            )
            for verb in ("reject", "request-changes")
        },
        ("GET", "/admin/listings"): Privileged(),
        ("GET", "/admin/listings/{vehicle_id}"): Privileged(owners.a_draft),
        ("GET", "/admin/listings/{vehicle_id}/documents/{document_id}"): Privileged(a_title_scan),
        **{
            ("POST", f"/admin/listings/{{vehicle_id}}/{verb}"): Privileged(
                owners.a_draft, lambda _: {"version": "1", "note.make": "Look again."}, sent_as="data"
            )
            for verb in ("approve", "request-changes", "reject")
        },
        ("GET", "/admin/questions"): Privileged(by="sue"),
        ("POST", "/admin/questions/{question_id}/judge"): Privileged(
            a_question, lambda _: {**WHY, "part": "question", "verdict": "refuse"}, "sue", "data"
        ),
        ("GET", "/api/support/questions"): Privileged(),
        ("POST", "/api/support/questions/{question_id}/judge"): Privileged(
            a_question, lambda _: {**WHY, "part": "question", "show": False}
        ),
        ("GET", "/api/approvals/{approval_id}"): Privileged(an_approval),
        ("POST", "/api/approvals/{approval_id}/approve"): Privileged(an_approval),
        ("POST", "/api/approvals/{approval_id}/reject"): Privileged(an_approval),
        ("POST", "/api/auctions/{auction_id}/hold"): Privileged(a_lot, why),
        ("POST", "/api/auctions/{auction_id}/resume"): Privileged(a_lot, lambda _: {}),
        ("POST", "/api/auctions/{auction_id}/remove-bidder"): Privileged(
            a_busy_lot, lambda _: {**WHY, "bidder": "Bidder 1"}
        ),
        ("GET", "/api/auctions/{auction_id}/audit"): Privileged(a_lot),
        ("PUT", "/api/admin/accounts/{user_id}/dealer-line"): Privileged(an_account, lambda _: {**WHY, "cents": 100}),
        ("GET", "/api/support/rates"): Privileged(by="sue"),
        ("POST", "/api/admin/rates"): Privileged(body=lambda _: {**rates_body(), **WHY}),
        ("POST", "/api/admin/rates/{version}/withdraw"): Privileged(rates_ahead, why),
        ("GET", "/api/support/mails"): Privileged(by="sue"),
        ("GET", "/api/support/webhooks"): Privileged(by="sue"),
        ("GET", "/api/support/payments"): Privileged(by="sue"),
        ("POST", "/api/admin/payments/{payment_id}/resolve"): Privileged(
            a_manual_payment, lambda _: {**WHY, "outcome": "failed"}
        ),
        ("GET", "/api/support/links"): Privileged(by="sue"),
        ("GET", LINK): Privileged(a_pair, by="sue"),
        ("POST", f"{LINK}/decide"): Privileged(a_pair, lambda _: {**WHY, "decision": "dismissed"}, "sue"),
        ("POST", f"{LINK}/ask-to-verify"): Privileged(a_pair, of_first, "sue"),
        ("POST", f"{LINK}/require-deposit"): Privileged(a_pair, of_first, "sue"),
        ("POST", f"{LINK}/hold-payout"): Privileged(a_pair, of_first, "sue"),
        ("POST", f"{LINK}/make-whole"): Privileged(a_linked_pair, why, "sue"),
        ("GET", "/api/support/accounts/{user_id}/checklist"): Privileged(an_account, by="sue"),
        ("POST", "/api/support/accounts/{user_id}/recheck"): Privileged(an_account, by="sue"),
        ("GET", "/api/admin/sellers"): Privileged(),
        ("GET", "/api/admin/sellers/{user_id}"): Privileged(a_seller),
        ("GET", "/api/admin/sellers/{user_id}/documents/{document_id}"): Privileged(a_licence, by="sue"),
        ("POST", "/api/admin/sellers/{user_id}/approve"): Privileged(a_seller, judged),
        ("POST", "/api/admin/sellers/{user_id}/reject"): Privileged(a_seller, judged),
        ("POST", "/api/admin/sellers/{user_id}/suspend"): Privileged(a_seller, why),
    }
)
# What people do with their own that is in the log as well.
OWN: Mapping[tuple[str, str], Privileged] = MappingProxyType(
    {
        **{
            (method, path): Privileged(own.make, own.body, own.owner)
            for (method, path), own in OWNED.items()
            if path.startswith("/api/auctions")
        },
        ("POST", WEBHOOKS): Privileged(body=lambda _: {"url": "https://stock.dealer.example/hooks"}, by="sam"),
        ("POST", f"{WEBHOOK}/rotate"): Privileged(a_webhook, by="sam"),
        ("DELETE", WEBHOOK): Privileged(a_webhook, by="sam"),
        ("PUT", ME): Privileged(body=lambda _: PROFILE, by="ada"),
        ("POST", f"{ME}/submit"): Privileged(a_draft, by="ada"),
        ("GET", "/api/me/export"): Privileged(by="ada"),
    }
)
UNWRITTEN: frozenset[tuple[str, str]] = frozenset()
