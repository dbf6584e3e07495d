"""What of a person's own the routes of photos, papers, offers and searches name; `tests.api.owners` has the rest."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import cast

from activities.db import uploads
from activities.db.engine import transaction
from api.database import now
from api.photo_desk import PhotoDesk
from domain.photos import Kind
from temporal.photos import Photos
from tests.api.floor import Floor
from tests.api.market_day import MarketDay
from tests.api.owners import SELLERS, Facts, Owned, a_draft
from tests.doubles.offers import OffersDouble
from tests.doubles.photos_door import PhotosDouble

STRANGERS = SELLERS[:2]
CODE = "VEHICLE_NOT_FOUND"
PHOTOS, PAPERS, PAGES = (
    "/api/vehicles/{vehicle_id}/photos",
    "/api/vehicles/{vehicle_id}/documents",
    "/sell/{vehicle_id}",
)
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


async def an_offer(floor: Floor) -> Facts:
    double = OffersDouble(floor.house.engine, floor.lots)
    floor.house.services.selling = replace(floor.house.services.selling, offers=double)
    day = MarketDay(floor, double)
    made = await day.offer("ada", await day.lot(), 700_000)
    return {"offer_id": made.json()["id"]}


async def a_saved_search(floor: Floor) -> Facts:
    made = await floor.post("ada", "/api/me/searches", {"name": "Hondas", "filters": {"make": ["Honda"]}})
    return {"search_id": made.json()["id"]}


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
SALES: Mapping[tuple[str, str], Owned] = MappingProxyType(
    {
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
