"""The JSON shapes of photos and documents, and how they are made from rows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from typing_extensions import TypedDict

from activities.db.documents import Document
from activities.db.photos import Photo
from activities.object_links import ObjectLinks, UploadForm
from domain.clock import to_text
from domain.photos import WORDS, State, order_tag, picture_key, primary, sizes_of

# A page that says nothing of the space it has is served well by this width.
USUAL_WIDTH = 640


class SizeView(TypedDict):
    """One size of a picture, in pixels, under a link that is the same for a day."""

    width: int
    height: int
    url: str


class PictureView(TypedDict):
    """A photo as everybody sees it: `width` and `height` are of its largest size, `src` is of a middle one."""

    id: str
    alt_text: str
    width: int
    height: int
    src: str
    sizes: list[SizeView]


class PhotoView(TypedDict):
    """A photo as its seller sees it.

    `state` is awaiting, checking, ready or refused; `code` and `reason` say why it was refused. Everybody sees it once
    it is `public`, with the words that were reviewed. `picture` is there once it is ready.
    """

    id: str
    state: str
    code: str | None
    reason: str | None
    content_type: str
    alt_text: str
    is_primary: bool
    public: bool
    picture: PictureView | None
    created_at: str
    expires_at: str


class FormView(TypedDict):
    """A form to be posted to `url` as multipart/form-data: all `fields`, and last `file`, of `least_bytes` to
    `most_bytes`. It is good for one file until `expires_at`."""

    url: str
    fields: dict[str, str]
    least_bytes: int
    most_bytes: int
    expires_at: str


class NewPhotoView(PhotoView):
    """A photo that is awaited, with the form to send it by."""

    upload: FormView


class NewPhotos(TypedDict):
    """Photos in the order in which they were asked for."""

    items: list[NewPhotoView]


class PhotoList(TypedDict):
    """All photos of a vehicle, in order. `order_tag` is the ETag to change that order from. `primary_id` is the photo
    that was chosen to stand for the vehicle; without one it is the first that can be shown."""

    items: list[PhotoView]
    primary_id: str | None
    order_tag: str
    limit: int


class DocumentView(TypedDict):
    """A document as its seller and the staff see it; `bytes` once it is ready."""

    id: str
    kind: str
    title: str
    state: str
    code: str | None
    reason: str | None
    content_type: str
    bytes: int | None
    created_at: str
    expires_at: str


class NewDocumentView(DocumentView):
    """A document that is awaited, with the form to send it by."""

    upload: FormView


class NewDocuments(TypedDict):
    """Documents in the order in which they were asked for."""

    items: list[NewDocumentView]


class DocumentList(TypedDict):
    """The documents of a vehicle that its reader may know of, oldest first."""

    items: list[DocumentView]
    limit: int


class DocumentLink(TypedDict):
    """A link to read one document with, until `expires_at`."""

    url: str
    expires_at: str


def picture_view(
    photo: Photo, links: ObjectLinks, at: datetime, *, alt_text: str | None = None, widest: int | None = None
) -> PictureView:
    """A photo that is ready, as everybody sees it; `alt_text` takes the place of the reviewed words.

    `widest` in pixels spares a list the sizes that no card has room for, and the signatures of their links.
    """
    width, height = photo.width or 0, photo.height or 0
    sizes: list[SizeView] = [
        {"width": wide, "height": high, "url": links.picture(picture_key(photo.vehicle_id, photo.photo_id, wide), at)}
        for wide, high in sizes_of(width, height)
        if widest is None or wide <= widest
    ]
    usual = next((each for each in sizes if each["width"] >= USUAL_WIDTH), sizes[-1])
    shown = photo.approved_alt or "" if alt_text is None else alt_text
    return {
        "id": photo.photo_id,
        "alt_text": shown,
        "width": width,
        "height": height,
        "src": usual["url"],
        "sizes": sizes,
    }


def photo_view(photo: Photo, links: ObjectLinks, at: datetime, *, is_primary: bool) -> PhotoView:
    """A photo as its seller sees it, with the words as they are now."""
    is_ready = photo.state is State.READY and photo.width is not None
    return {
        "id": photo.photo_id,
        "state": photo.state.value,
        "code": None if photo.refusal is None else photo.refusal.value,
        "reason": None if photo.refusal is None else WORDS[photo.refusal],
        "content_type": photo.content_type,
        "alt_text": photo.alt_text,
        "is_primary": is_primary,
        "public": photo.approved_at is not None,
        "picture": picture_view(photo, links, at, alt_text=photo.alt_text) if is_ready else None,
        "created_at": to_text(photo.created_at),
        "expires_at": to_text(photo.expires_at),
    }


def photo_list(found: Sequence[Photo], links: ObjectLinks, at: datetime, limit: int) -> PhotoList:
    """All photos of a vehicle, as its seller sees them."""
    placed = [photo.placed for photo in found]
    first = primary(placed)
    return {
        "items": [photo_view(photo, links, at, is_primary=photo.photo_id == first) for photo in found],
        "primary_id": next((photo.photo_id for photo in placed if photo.is_chosen), None),
        "order_tag": order_tag(placed),
        "limit": limit,
    }


def document_view(document: Document) -> DocumentView:
    """A document as its seller sees it."""
    return {
        "id": document.document_id,
        "kind": document.kind.value,
        "title": document.title,
        "state": document.state.value,
        "code": None if document.refusal is None else document.refusal.value,
        "reason": None if document.refusal is None else WORDS[document.refusal],
        "content_type": document.content_type,
        "bytes": document.size,
        "created_at": to_text(document.created_at),
        "expires_at": to_text(document.expires_at),
    }


def form_view(form: UploadForm, *, least: int, most: int, expires_at: datetime) -> FormView:
    """An upload form as JSON."""
    return {
        "url": form.url,
        "fields": dict(form.fields),
        "least_bytes": least,
        "most_bytes": most,
        "expires_at": to_text(expires_at),
    }


SIGNED = "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=9f86"
PLACE = "https://photos.s3.us-east-2.amazonaws.com"
PHOTO_ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
PICTURE_EXAMPLE: dict[str, Any] = {
    "id": PHOTO_ID,
    "alt_text": "From the front left, on a driveway",
    "width": 1920,
    "height": 1440,
    "src": f"{PLACE}/pictures/12/{PHOTO_ID}/640.webp{SIGNED}",
    "sizes": [
        {"width": wide, "height": wide * 3 // 4, "url": f"{PLACE}/pictures/12/{PHOTO_ID}/{wide}.webp{SIGNED}"}
        for wide in (320, 640, 1280, 1920)
    ],
}
PHOTO_EXAMPLE: dict[str, Any] = {
    "id": PHOTO_ID,
    "state": "ready",
    "code": None,
    "reason": None,
    "content_type": "image/jpeg",
    "alt_text": "From the front left, on a driveway",
    "is_primary": True,
    "public": False,
    "picture": PICTURE_EXAMPLE,
    "created_at": "2026-11-22T15:00:00.000Z",
    "expires_at": "2026-11-22T16:00:00.000Z",
}
AWAITED: dict[str, Any] = {**PHOTO_EXAMPLE, "state": "awaiting", "is_primary": False, "picture": None}
FORM_EXAMPLE: dict[str, Any] = {
    "url": PLACE,
    "fields": {
        "key": f"vehicles/12/photos/{PHOTO_ID}",
        "Content-Type": "image/jpeg",
        "success_action_status": "201",
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": "AKIAEXAMPLE/20261122/us-east-2/s3/aws4_request",
        "x-amz-date": "20261122T150000Z",
        "policy": "eyJleHBpcmF0aW9uIjoi...",
        "x-amz-signature": "5c" * 32,
    },
    "least_bytes": 100,
    "most_bytes": 25_000_000,
    "expires_at": "2026-11-22T16:00:00.000Z",
}
NEW_PHOTO: dict[str, Any] = {**AWAITED, "upload": FORM_EXAMPLE}
DOCUMENT_EXAMPLE: dict[str, Any] = {
    "id": PHOTO_ID,
    "kind": "inspection",
    "title": "Pre-sale inspection",
    "state": "ready",
    "code": None,
    "reason": None,
    "content_type": "application/pdf",
    "bytes": 481_220,
    "created_at": "2026-11-22T15:00:00.000Z",
    "expires_at": "2026-11-22T16:00:00.000Z",
}
NEW_DOCUMENT: dict[str, Any] = {**DOCUMENT_EXAMPLE, "state": "awaiting", "bytes": None, "upload": FORM_EXAMPLE}
LINK_EXAMPLE: dict[str, Any] = {
    "url": f"{PLACE}/documents/12/{PHOTO_ID}/document.pdf{SIGNED}",
    "expires_at": "2026-11-22T15:05:00.000Z",
}
