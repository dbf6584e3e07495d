"""Files of vehicles and licences of sellers: where each stands, what is taken, the order of photos, who may read."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

MOST_PHOTOS = 50
MOST_DOCUMENTS = 20
MOST_LICENCES = 5
MOST_AT_ONCE = 20
LONGEST_ALT_TEXT = 300
LONGEST_TITLE = 120
LEAST_BYTES = 100
PHOTO_BYTES = 25_000_000
DOCUMENT_BYTES = 20_000_000
# The 50-megapixel cameras of today's phones make 8,160 by 6,120.
MOST_PIXELS = 50_000_000
LEAST_LONG_SIDE, LEAST_SHORT_SIDE = 320, 240
MOST_RATIO = 4
WIDTHS = (320, 640, 1280, 1920)
DOCUMENT_WIDTH = 2560
# HEIC and AVIF are not taken: their decoders are large, and phones send JPEG where only that is accepted.
JPEG, PNG, WEBP, PDF = "image/jpeg", "image/png", "image/webp", "application/pdf"
PHOTO_TYPES = (JPEG, PNG, WEBP)
DOCUMENT_TYPES = (PDF, JPEG, PNG)
SUFFIXES: Mapping[str, str] = MappingProxyType({JPEG: "jpg", PNG: "png", WEBP: "webp", PDF: "pdf"})
# How long an upload form is good for, and how long an upload that began within that may still be on its way.
FORM_LIFE = timedelta(hours=1)
LATE_ARRIVAL = timedelta(minutes=15)
LINK_LIFE = timedelta(minutes=5)


class Kind(StrEnum):
    """What is uploaded; a workflow's id begins with it."""

    PHOTO = "photo"
    DOCUMENT = "document"
    LICENCE = "licence"


class State(StrEnum):
    """Where an upload stands: its file is awaited, being checked, shown, or was refused; `removed` goes away soon."""

    AWAITING = "awaiting"
    CHECKING = "checking"
    READY = "ready"
    REFUSED = "refused"
    REMOVED = "removed"


MOVES: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        State.AWAITING: frozenset({State.CHECKING, State.REMOVED}),
        State.CHECKING: frozenset({State.CHECKING, State.READY, State.REFUSED, State.REMOVED}),
        State.READY: frozenset({State.REMOVED}),
        State.REFUSED: frozenset({State.REMOVED}),
        State.REMOVED: frozenset(),
    }
)


def may_become(state: State, following: State) -> bool:
    """Whether an upload may go from one state to another."""
    return following in MOVES[state]


class Flaw(StrEnum):
    """Why a file was refused once it was there."""

    NOT_A_PHOTO = "NOT_A_PHOTO"
    NOT_A_DOCUMENT = "NOT_A_DOCUMENT"
    OTHER_TYPE = "OTHER_TYPE"
    TOO_LARGE = "TOO_LARGE"
    TOO_MANY_PIXELS = "TOO_MANY_PIXELS"
    TOO_FEW_PIXELS = "TOO_FEW_PIXELS"
    TOO_NARROW = "TOO_NARROW"
    ANIMATED = "ANIMATED"
    DAMAGED = "DAMAGED"
    DUPLICATE = "DUPLICATE"


WORDS: Mapping[Flaw, str] = MappingProxyType(
    {
        Flaw.NOT_A_PHOTO: "This file is no JPEG, PNG or WebP photo.",
        Flaw.NOT_A_DOCUMENT: "This file is no PDF, and no JPEG or PNG picture.",
        Flaw.OTHER_TYPE: "The file is of another type than its upload was made for; upload it again as what it is.",
        Flaw.TOO_LARGE: "The file is larger than we take.",
        Flaw.TOO_MANY_PIXELS: "The picture has more than 50 megapixels; save it smaller.",
        Flaw.TOO_FEW_PIXELS: "The picture is smaller than 320 by 240 pixels.",
        Flaw.TOO_NARROW: "The picture is more than four times as long as it is wide.",
        Flaw.ANIMATED: "The picture moves; save it as a still one.",
        Flaw.DAMAGED: "The file is damaged or incomplete; upload it again.",
        Flaw.DUPLICATE: "The very same file is there already.",
    }
)


class DocumentKind(StrEnum):
    """What a document is."""

    TITLE_SCAN = "title_scan"
    INSPECTION = "inspection"
    OTHER = "other"


# A title shows its owner's name and address; an inspection is there to be read by whoever thinks of buying.
FOR_BUYERS = frozenset({DocumentKind.INSPECTION})


def may_read(kind: DocumentKind, *, is_keeper: bool, is_listed: bool) -> bool:
    """Whether a signed-in person may read a document: its seller and staff always, others what is for buyers."""
    return is_keeper or (is_listed and kind in FOR_BUYERS)


@dataclass(frozen=True, slots=True)
class Placed:
    """A photo among the others of its vehicle, by its place from 0; one at most is chosen as the primary one."""

    photo_id: str
    place: int
    is_chosen: bool
    state: State


def in_order(photos: Iterable[Placed]) -> list[Placed]:
    """The photos that are not removed, as they are shown."""
    return sorted(
        (photo for photo in photos if photo.state is not State.REMOVED), key=lambda photo: (photo.place, photo.photo_id)
    )


def primary(photos: Iterable[Placed]) -> str | None:
    """The photo that stands for the vehicle: the chosen one where it can be shown, else the first that can."""
    shown = [photo for photo in in_order(photos) if photo.state is State.READY]
    chosen = [photo for photo in shown if photo.is_chosen]
    return next((photo.photo_id for photo in (*chosen, *shown)), None)


def order_tag(photos: Iterable[Placed]) -> str:
    """Changes with the order, the choice, and whenever a photo comes or goes: what an order is changed from."""
    text = " ".join(f"{photo.photo_id}{'*' if photo.is_chosen else ''}" for photo in in_order(photos))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def is_whole_order(photos: Iterable[Placed], wanted: Sequence[str], chosen: str | None) -> bool:
    """Whether an order names each photo once, and chooses none but one of them."""
    named = sorted(photo.photo_id for photo in in_order(photos))
    return sorted(wanted) == named and (chosen is None or chosen in named)


def moved(order: Sequence[str], photo_id: str, places: int) -> list[str]:
    """The order with one of its photos so many places further on, or back; never beyond either end."""
    others = [each for each in order if each != photo_id]
    at = min(max(0, order.index(photo_id) + places), len(others))
    return [*others[:at], photo_id, *others[at:]]


def next_place(photos: Iterable[Placed]) -> int:
    """Where one more photo goes: after all others, whatever was removed."""
    return max((photo.place for photo in photos), default=-1) + 1


def size_flaw(width: int, height: int) -> Flaw | None:
    """What is wrong with a picture's size in pixels, as its header tells it; asked before anything is decoded."""
    longer, shorter = max(width, height), min(width, height)
    if width * height > MOST_PIXELS:
        return Flaw.TOO_MANY_PIXELS
    if longer < LEAST_LONG_SIDE or shorter < LEAST_SHORT_SIDE:
        return Flaw.TOO_FEW_PIXELS
    return Flaw.TOO_NARROW if longer > MOST_RATIO * shorter else None


def sizes_of(width: int, height: int, widths: Sequence[int] = WIDTHS) -> tuple[tuple[int, int], ...]:
    """The sizes in which a picture is kept, narrowest first: never larger than it came."""
    kept = [each for each in widths if each < width]
    kept.append(min(width, widths[-1]))
    return tuple((each, max(1, (each * height * 2 + width) // (2 * width))) for each in dict.fromkeys(kept))


# Below which a file arrives, and below which is what was made of it. A licence is its seller's, all else a vehicle's.
FOLDERS: Mapping[Kind, tuple[str, str]] = MappingProxyType(
    {
        Kind.PHOTO: ("vehicles", "pictures"),
        Kind.DOCUMENT: ("vehicles", "documents"),
        Kind.LICENCE: ("sellers", "licences"),
    }
)


def upload_key(kind: Kind, owner_id: int, upload_id: str) -> str:
    """Where a file arrives, by the number of its vehicle, or of the seller of a licence. What comes here may hold
    anything, a place of residence among it: it is never shown."""
    return f"{FOLDERS[kind][0]}/{owner_id}/{kind}s/{upload_id}"


def kept_prefix(kind: Kind, owner_id: int, upload_id: str) -> str:
    """Below this is what was made of an upload, and nothing else."""
    return f"{FOLDERS[kind][1]}/{owner_id}/{upload_id}/"


def picture_key(vehicle_id: int, photo_id: str, width: int) -> str:
    """One size of a photo."""
    return f"{kept_prefix(Kind.PHOTO, vehicle_id, photo_id)}{width}.webp"


def document_key(owner_id: int, document_id: str, content_type: str, kind: Kind = Kind.DOCUMENT) -> str:
    """A document as it was checked."""
    return f"{kept_prefix(kind, owner_id, document_id)}document.{SUFFIXES[content_type]}"
