"""Where a listing stands, in plain words, for its seller: what waits for them, and what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

Kind = Literal["secondary", "info", "success", "warning", "danger", "primary"]


@dataclass(frozen=True, slots=True)
class Standing:
    """A word for a badge, a sentence, and what the link to the listing says; `waits` for its seller."""

    label: str
    kind: Kind
    text: str
    next_step: str
    waits: bool = False


DRAFT = Standing(
    "Draft", "secondary", "Only you see it. Fill in what is missing, then send it in.", "Go on", waits=True
)
EDITED = Standing(
    "Edited",
    "warning",
    "Everybody still sees what was approved before. Send your changes in, or they stay here.",
    "Send in the changes",
    waits=True,
)
SUBMITTED = Standing("In review", "info", "Our staff reads it. There is nothing for you to do.", "Look at it")
REVIEWS: Mapping[str, Standing] = MappingProxyType(
    {
        "submitted": SUBMITTED,
        "changes_requested": Standing(
            "Changes wanted",
            "warning",
            "Our staff asks you to change something. Their notes are beside the fields; then send it in again.",
            "Read the notes",
            waits=True,
        ),
        "rejected": Standing(
            "Turned down",
            "danger",
            "Our staff has turned it down. Their reasons are beside the fields; you may write it anew.",
            "Read the reasons",
            waits=True,
        ),
    }
)
STATUSES: Mapping[str, Standing] = MappingProxyType(
    {
        "approved": Standing("Approved", "success", "Everybody can see it. Schedule its auction.", "Schedule it", True),
        "scheduled": Standing("In auction", "primary", "It is in an auction, or will be soon.", "See its auction"),
        "unsold": Standing("Not sold", "warning", "Its auction ended without a sale.", "Put it up again", waits=True),
        "sold": Standing("Sold", "success", "It was sold.", "Look at it"),
        "withdrawn": Standing("Withdrawn", "secondary", "You have taken it back.", "Look at it"),
    }
)
OVER = frozenset({"sold", "withdrawn"})
# What became of the last thing that a seller did, by the word in the address.
DONE: Mapping[str, str] = MappingProxyType(
    {
        "begun": "Your draft is begun. What the decoder knew is filled in; check it against the papers.",
        "saved": "Saved.",
        "sent": "Sent in. Our staff reads it within one business day.",
        "scheduled": "The auction is scheduled.",
        "withdrawn": "The listing is withdrawn.",
        "deleted": "The listing is deleted.",
    }
)
REVIEWED: Mapping[str, str] = MappingProxyType(
    {
        "approve": "Approved. Everybody sees it now.",
        "request-changes": "Sent back to the seller with your notes.",
        "reject": "Turned down, with your reasons.",
    }
)
SOURCES: Mapping[str, str] = MappingProxyType(
    {"clearvin": "ClearVIN", "vpic": "NHTSA", "manual": "nobody", "pending": "the decoders", "seller": "you"}
)
PHOTO: Mapping[str, str] = MappingProxyType(
    {"awaiting": "Waiting for the file", "checking": "Being checked", "ready": "Ready", "refused": "Not taken"}
)
QUEUES: Mapping[str, str] = MappingProxyType(
    {"submitted": "To review", "changes_requested": "Changes wanted", "rejected": "Turned down"}
)


def standing(listing: Mapping[str, Any]) -> Standing:
    """Where a listing stands, from the API's ListingView."""
    status, review = listing["status"], listing["review"]["status"]
    if status in OVER:
        return STATUSES[status]
    if review in REVIEWS:
        return REVIEWS[review]
    if review == "draft":
        return DRAFT if listing["public"] is None else EDITED
    return STATUSES.get(status, DRAFT)
