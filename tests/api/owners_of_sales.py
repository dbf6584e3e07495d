"""What of a person's own the routes of photos, papers, offers and searches name; `tests.api.owners` has the rest."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import cast

from activities.db import uploads
from activities.db.engine import transaction
from api.database import now
from api.photo_desk import PhotoDesk
from domain.invoices import Paper
from domain.photos import Kind
from temporal.photos import Photos
from tests.api.floor import Floor
from tests.api.haggling import haggling_on
from tests.api.market_day import MarketDay
from tests.api.owners import SELLERS, Facts, Owned, a_draft
from tests.api.owners_of_orders import ORDERS
from tests.api.paper_shop import open_paper_shop
from tests.doubles.offers import OffersDouble
from tests.doubles.photos_door import PhotosDouble

STRANGERS = SELLERS[:2]
CODE = "VEHICLE_NOT_FOUND"
PHOTOS, PAPERS, PAGES = (
    "/api/vehicles/{vehicle_id}/photos",
    "/api/vehicles/{vehicle_id}/documents",
    "/sell/{vehicle_id}",
)
LICENCES = "/api/me/seller/documents"
JPEG = {"photos": [{"content_type": "image/jpeg"}]}
PDF = {"documents": [{"kind": "inspection", "title": "A paper", "content_type": "application/pdf"}]}


async def a_photographed_draft(floor: Floor) -> Facts:
    floor.house.services.photos = PhotoDesk(floor.house.services.photos.links, cast("Photos", PhotosDouble()))
    draft = await a_draft(floor)
    made = await floor.post("sam", PHOTOS.format(**draft), JPEG)
    return {**draft, "photo_id": made.json()["items"][0]["id"], "step": "later"}


async def a_photo_that_was_sent(floor: Floor) -> Facts:
    found = await a_photographed_draft(floor)
    return {**found, "query": {"photo": found["photo_id"]}}


async def a_photo_in_order(floor: Floor) -> Facts:
    found = await a_photographed_draft(floor)
    with transaction(floor.house.engine) as connection:
        uploads.begin_check(connection, Kind.PHOTO, found["photo_id"], now())
        uploads.finish(connection, Kind.PHOTO, found["photo_id"], sha256="a" * 64, at=now(), width=800, height=600)
    return found


async def a_paper(floor: Floor) -> Facts:
    draft = await a_photographed_draft(floor)
    made = await floor.post("sam", PAPERS.format(**draft), PDF)
    number = made.json()["items"][0]["id"]
    with transaction(floor.house.engine) as connection:
        uploads.begin_check(connection, Kind.DOCUMENT, number, now())
        uploads.finish(connection, Kind.DOCUMENT, number, sha256="b" * 64, at=now(), bytes=9)
    return {**draft, "document_id": number}


async def a_licence(floor: Floor) -> Facts:
    floor.house.services.photos = PhotoDesk(floor.house.services.photos.links, cast("Photos", PhotosDouble()))
    made = await floor.post("sam", LICENCES, {"content_type": "application/pdf"})
    return {"document_id": made.json()["id"]}


async def an_offer(floor: Floor) -> Facts:
    double = OffersDouble(floor.house.engine, floor.lots)
    floor.house.services.selling = replace(floor.house.services.selling, offers=double)
    day = MarketDay(floor, double)
    made = await day.offer("ada", await day.lot(), 700_000)
    return {"offer_id": made.json()["id"]}


async def talks_below_the_reserve(floor: Floor) -> Facts:
    lot, _ = await haggling_on(floor).missed()
    return {"auction_id": lot}


async def a_second_chance(floor: Floor) -> Facts:
    order_id, _ = await haggling_on(floor).unpaid()
    return {"order_id": order_id}


async def a_saved_search(floor: Floor) -> Facts:
    made = await floor.post("ada", "/api/me/searches", {"name": "Hondas", "filters": {"make": ["Honda"]}})
    return {"search_id": made.json()["id"]}


async def an_order_with_papers(floor: Floor) -> Facts:
    shop = open_paper_shop(floor)
    return {"order_id": shop.order_id, "number": shop.papers[Paper.INVOICE].number}


async def a_paid_out_order(floor: Floor) -> Facts:
    shop = open_paper_shop(floor)
    shop.with_statement({"net_cents": 5})
    return {"order_id": shop.order_id}


def whole_order(found: Facts) -> Facts:
    return {"photo_ids": [found["photo_id"]], "primary_id": None}


def on_the_first_step(**more: int) -> Callable[[Facts], Facts]:
    """The body of an answer to an offer as it was made."""
    return lambda _: {"step": 1, **more}


def an_answer_by_form(_: Facts) -> Facts:
    return {"step": "1", "amount": "8,000", "idempotency_key": "a-key", "confirmed": "800000"}


def tagged() -> Mapping[str, str]:
    return {"If-Match": '"0"'}


BUYERS = ("bob", "sid")
ACTS: tuple[tuple[str, str, Mapping[str, int]], ...] = (
    ("accept", "sam", {}),
    ("counter", "sam", {"amount_cents": 800_000}),
    ("decline", "sam", {}),
    ("withdraw", "ada", {}),
)
ORDER, NO_PAPER = "/api/orders/{order_id}", "PAPER_NOT_FOUND"
# Bob is asked after ada, and is nobody in their talks; who is asked of a second chance is bob.
TALKERS, CHANCERS = ("bob", "sid", "sue"), ("ada", "sid", "sue")
CHANCE_ACTS = (("accept", "bob"), ("decline", "bob"), ("allow", "sam"), ("refuse", "sam"))
TALKS: tuple[tuple[str, Mapping[str, int]], ...] = (
    ("accept", {}),
    ("counter", {"amount_cents": 800_000}),
    ("decline", {}),
    ("stop", {}),
)
SALES: Mapping[tuple[str, str], Owned] = MappingProxyType(
    {
        **ORDERS,
        ("GET", f"{ORDER}/invoice"): Owned("ada", ("bob", "sid", "sam"), NO_PAPER, an_order_with_papers),
        ("GET", f"{ORDER}/papers/{{number}}"): Owned("ada", ("bob", "sid", "sam"), NO_PAPER, an_order_with_papers),
        ("GET", f"{ORDER}/fee-statement"): Owned("sam", ("bob", "sid", "ada"), NO_PAPER, a_paid_out_order),
        ("GET", PHOTOS): Owned("sam", STRANGERS, CODE, a_photographed_draft),
        ("POST", PHOTOS): Owned("sam", STRANGERS, CODE, a_photographed_draft, lambda _: JPEG),
        ("PUT", f"{PHOTOS}/order"): Owned("sam", STRANGERS, CODE, a_photo_in_order, whole_order, tagged),
        ("PATCH", f"{PHOTOS}/{{photo_id}}"): Owned(
            "sam", STRANGERS, CODE, a_photo_in_order, lambda _: {"alt_text": "The dent"}
        ),
        ("DELETE", f"{PHOTOS}/{{photo_id}}"): Owned("sam", STRANGERS, CODE, a_photographed_draft),
        ("POST", f"{PHOTOS}/{{photo_id}}/uploaded"): Owned("sam", STRANGERS, CODE, a_photographed_draft),
        ("GET", PAPERS): Owned("sam", STRANGERS, CODE, a_paper),
        ("POST", PAPERS): Owned("sam", STRANGERS, CODE, a_photographed_draft, lambda _: PDF),
        ("GET", f"{PAPERS}/{{document_id}}"): Owned("sam", BUYERS, CODE, a_paper),
        ("DELETE", f"{PAPERS}/{{document_id}}"): Owned("sam", STRANGERS, CODE, a_paper),
        ("POST", f"{PAPERS}/{{document_id}}/uploaded"): Owned("sam", STRANGERS, CODE, a_paper),
        **{
            (method, f"{LICENCES}/{{document_id}}{path}"): Owned("sam", SELLERS, "DOCUMENT_NOT_FOUND", a_licence)
            for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/uploaded"))
        },
        ("GET", f"{PAGES}/photos"): Owned("sam", STRANGERS, CODE, a_photographed_draft),
        ("GET", f"{PAGES}/photos/uploaded"): Owned("sam", STRANGERS, CODE, a_photo_that_was_sent),
        ("POST", f"{PAGES}/photos/new"): Owned(
            "sam", STRANGERS, CODE, a_photographed_draft, lambda _: {"content_type": "image/jpeg"}, sent_as="data"
        ),
        ("POST", f"{PAGES}/photos/{{photo_id}}/alt"): Owned(
            "sam", STRANGERS, CODE, a_photo_in_order, lambda _: {"alt_text": "The dent"}, sent_as="data"
        ),
        ("POST", f"{PAGES}/photos/{{photo_id}}/{{step}}"): Owned(
            "sam", STRANGERS, CODE, a_photo_in_order, lambda _: {"on": "1"}, sent_as="data"
        ),
        ("GET", "/api/offers/{offer_id}"): Owned("ada", BUYERS, "OFFER_NOT_FOUND", an_offer),
        **{
            ("POST", f"/api/offers/{{offer_id}}/{act}"): Owned(
                owner, BUYERS, "OFFER_NOT_FOUND", an_offer, on_the_first_step(**more)
            )
            for act, owner, more in ACTS
        },
        ("GET", "/api/negotiations/{auction_id}"): Owned(
            "ada", TALKERS, "NEGOTIATION_NOT_FOUND", talks_below_the_reserve
        ),
        ("GET", "/api/second-chances/{order_id}"): Owned("bob", CHANCERS, "SECOND_CHANCE_NOT_FOUND", a_second_chance),
        **{
            ("POST", f"/api/negotiations/{{auction_id}}/{act}"): Owned(
                "sam", TALKERS, "NEGOTIATION_NOT_FOUND", talks_below_the_reserve, on_the_first_step(**more)
            )
            for act, more in TALKS
        },
        **{
            ("POST", f"/account/negotiations/{{auction_id}}/{act}"): Owned(
                "sam",
                TALKERS,
                "NEGOTIATION_NOT_FOUND",
                talks_below_the_reserve,
                an_answer_by_form,
                sent_as="data",
            )
            for act, _ in TALKS
        },
        **{
            ("POST", f"/api/second-chances/{{order_id}}/{act}"): Owned(
                owner, CHANCERS, "SECOND_CHANCE_NOT_FOUND", a_second_chance, on_the_first_step()
            )
            for act, owner in CHANCE_ACTS
        },
        **{
            ("POST", f"/account/second-chances/{{order_id}}/{act}"): Owned(
                owner, CHANCERS, "SECOND_CHANCE_NOT_FOUND", a_second_chance, an_answer_by_form, sent_as="data"
            )
            for act, owner in CHANCE_ACTS
        },
        ("DELETE", "/api/me/searches/{search_id}"): Owned("ada", BUYERS, "SEARCH_NOT_FOUND", a_saved_search),
        **{
            ("POST", f"/me/searches/{{search_id}}{path}"): Owned(
                "ada", BUYERS, "SEARCH_NOT_FOUND", a_saved_search, lambda _: {"name": "Mine"}, sent_as="data"
            )
            for path in ("", "/delete")
        },
        **{
            ("POST", f"/account/offers/{{offer_id}}/{act}"): Owned(
                owner, BUYERS, "OFFER_NOT_FOUND", an_offer, an_answer_by_form, sent_as="data"
            )
            for act, owner, _ in ACTS
        },
    }
)
OWN = "the asker's own on what everybody may see"
SHARED_SALES: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        **{(method, "/api/me/watchlist/{vehicle_id}"): OWN for method in ("GET", "PUT", "DELETE")},
        **{("POST", f"/me/watchlist/{{vehicle_id}}{path}"): OWN for path in ("", "/remove", "/reminders")},
        ("PUT", "/api/me/watchlist/{vehicle_id}/reminders"): OWN,
        **{
            ("POST", path): OWN
            for path in (
                "/api/auctions/{auction_id}/buy-now",
                "/api/auctions/{auction_id}/buy-now/confirm",
                "/auctions/{auction_id}/buy-now",
                "/auctions/{auction_id}/buy-now/confirm",
                "/auctions/{auction_id}/offer",
                "/api/vehicles/{vehicle_id}/offers",
            )
        },
    }
)
