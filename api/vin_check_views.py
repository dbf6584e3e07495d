"""How far the decoders have checked a listing, for its seller and its reviewer, and their records for everybody."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from typing_extensions import TypedDict

from activities.db.listings import Listing
from api.vin_views import (
    BrandView,
    ConflictView,
    OdometerView,
    RecallView,
    brand_view,
    conflict_views,
    odometer_view,
    recall_view,
)
from domain.clock import to_text
from domain.decoding import Answers, Source, best
from domain.listing_checks import Check, check_of, claimed
from domain.listings import Review

NAMES: Mapping[Source, str] = MappingProxyType({Source.CLEARVIN: "ClearVIN", Source.VPIC: "NHTSA"})
LATER = "We ask again by ourselves, and show you here what they say."
WAITING = "No decoder has checked this VIN yet; that is done when you send the listing in."
AWAY = "No decoder could be reached for this VIN yet. What you sent in stands, and nothing is lost."
PARTLY = "NHTSA knows this VIN. Its title, odometer and recall records could not be had yet."
SENTENCES: Mapping[Check, str] = MappingProxyType(
    {
        Check.UNKNOWN: "No decoder knows this VIN: compare it with the papers.",
        Check.BY_HAND: "Decoders do not know vehicles of before 1981; our staff compares it with the papers.",
    }
)
CHECK_EXAMPLE: Mapping[str, Any] = MappingProxyType(
    {
        "status": "checked",
        "message": "Checked by ClearVIN.",
        "source": "clearvin",
        "fetched_at": "2026-05-04T15:01:02.120Z",
        "conflicts": [
            {"field": "mileage", "decoded": "52000", "other": "41250", "source": "clearvin", "other_source": "seller"}
        ],
    }
)
RECORDS_EXAMPLE: Mapping[str, Any] = MappingProxyType(
    {
        "source": "clearvin",
        "reported_by": "ClearVIN",
        "reported_at": "2026-05-04T15:01:02.120Z",
        "brands": [{"name": "Rebuilt", "code": "11", "description": "", "title_status": "rebuilt"}],
        "odometer": [{"miles": 32_000, "read_on": "2023-06-15", "suspect": False}],
        "recalls": [{"campaign": "19V123000", "component": "AIR BAGS", "summary": "It may not unfold."}],
    }
)


class CheckView(TypedDict):
    """How far a VIN was checked, in a word and a sentence; by whom and when, and where they contradict the seller.

    `status` is checked, partly (the catalogue alone), unknown (to all), waiting (nobody was reached) or by_hand.
    """

    status: str
    message: str
    source: str | None
    fetched_at: str | None
    conflicts: list[ConflictView]


class RecordsView(TypedDict):
    """Marks on the title, odometer readings and recalls as `reported_by` said on `reported_at`: in their words."""

    source: str
    reported_by: str
    reported_at: str
    brands: list[BrandView]
    odometer: list[OdometerView]
    recalls: list[RecallView]


def check_view(found: Listing, answers: Answers) -> CheckView:
    """What the decoders make of a listing's working copy."""
    said, check = best(answers), check_of(found.told, answers)
    return {
        "status": check.value,
        "message": _sentence(check, answers, is_sent=found.review is Review.SUBMITTED or found.public is not None),
        "source": None if said is None else said.source.value,
        "fetched_at": None if said is None else to_text(said.fetched_at),
        "conflicts": conflict_views(answers, claimed(found.told)),
    }


def records_view(answers: Answers) -> RecordsView | None:
    """The records of a report; None without one, for the catalogue has none, and silence is not a clean title."""
    answer = answers.get(Source.CLEARVIN)
    report = None if answer is None else answer.decoded
    if report is None:
        return None
    return {
        "source": report.source.value,
        "reported_by": NAMES[report.source],
        "reported_at": to_text(report.fetched_at),
        "brands": [brand_view(each) for each in report.brands],
        "odometer": [odometer_view(each) for each in report.odometer],
        "recalls": [recall_view(each) for each in report.recalls],
    }


def _sentence(check: Check, answers: Answers, *, is_sent: bool) -> str:
    said = best(answers)
    if check is Check.CHECKED and said is not None:
        return f"Checked by {NAMES[said.source]}."
    if check is Check.PARTLY:
        return f"{PARTLY} {LATER}" if is_sent else PARTLY
    if check is Check.WAITING:
        return f"{AWAY} {LATER}" if is_sent else WAITING
    return SENTENCES[check]
