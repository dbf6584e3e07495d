"""Listings as their sellers and the staff see them, for the pages that show them."""

from datetime import timedelta
from typing import Any

from api.listing_views import BODY, LISTING, plain
from api.photo_views import DOCUMENT_EXAMPLE, PHOTO_EXAMPLE
from api.vin_views import EXAMPLE
from domain.listings import Particulars
from tests.web.samples import NOW, auction, frame
from web.listing_fields import typed_of
from web.listing_views import Missing, ReviewListing, SellListing
from web.views import Viewer

SELLER = Viewer("Sam", "seller", "csrf-sam")
ADMIN = Viewer("Amy", "admin", "csrf-amy")
PARTICULARS = Particulars(**{**BODY, "lights": tuple(BODY["lights"])})
TOLD = plain(PARTICULARS)
CONFLICTS = EXAMPLE["conflicts"]
# What an empty draft lacks, as the rules tell it.
LACKS = [Missing("mileage", "the mileage is missing"), Missing("photos", "at least one photo is needed")]
PHOTO = {**PHOTO_EXAMPLE, "picture": {**PHOTO_EXAMPLE["picture"], "src": "/static/a.webp", "sizes": []}}
PHOTO["picture"]["sizes"] = [{"width": 640, "height": 480, "url": "/static/a.webp"}]
DOCUMENT = DOCUMENT_EXAMPLE


def listing(status: str = "draft", review: str = "draft", **changes: Any) -> dict[str, Any]:
    """A ListingView."""
    is_public = status != "draft"
    return {
        **LISTING,
        "status": status,
        "review": {"status": review, "notes": {}, "submitted_at": None, "reviewed_at": None},
        "told": TOLD,
        "public": TOLD if is_public else None,
        **changes,
    }


def reviewed(review: str, **notes: str) -> dict[str, Any]:
    """A listing that somebody has read."""
    found = listing(review=review)
    return {**found, "review": {**found["review"], "notes": notes}}


def sell_listing(found: dict[str, Any], **more: Any) -> SellListing:
    """The page of one listing for its seller."""
    view: dict[str, Any] = {"typed": typed_of(PARTICULARS), "schedule_key": "key-1", "photos": [PHOTO], **more}
    return SellListing(frame(SELLER, "/sell/12"), found, **view)


def review_listing(found: dict[str, Any], **more: Any) -> ReviewListing:
    """The page of one listing for an admin."""
    view: dict[str, Any] = {"decoded": EXAMPLE, "conflicts": CONFLICTS, "photos": [PHOTO], "documents": [DOCUMENT]}
    due = NOW + timedelta(hours=5)
    return ReviewListing(
        frame(ADMIN, "/admin/listings/12"), found, "Sam", **{"is_fresh": True, "due": due, **view, **more}
    )


def edited() -> dict[str, Any]:
    """A public listing with a material edit in review."""
    found = listing("approved", "submitted", changed=["mileage", "description"], material=True)
    return {**found, "told": {**TOLD, "mileage": 61_250, "description": "Two owners."}}


def lot(**changes: Any) -> dict[str, Any]:
    """An AuctionView."""
    return dict(auction(**changes))
