"""Photos and documents of a listing as its pages show them, and what such a page may load."""

from collections.abc import Sequence

from activities.db.documents import Document
from activities.db.photos import Photo
from api.database import now
from api.photo_views import DocumentView, PhotoView, document_view, photo_list
from api.state import Services
from domain.photos import MOST_PHOTOS, State


def photos_shown(services: Services, found: Sequence[Photo]) -> list[PhotoView]:
    """All photos in order, with the state of each."""
    return photo_list(found, services.photos.links, now(), MOST_PHOTOS)["items"]


def documents_shown(found: Sequence[Document]) -> list[DocumentView]:
    """All documents, oldest first."""
    return [document_view(each) for each in found]


def ready(found: Sequence[Photo]) -> int:
    """How many photos can be shown."""
    return len([each for each in found if each.state is State.READY])


def headers(services: Services) -> dict[str, str]:
    """What a page with photos is sent with."""
    return {"Content-Security-Policy": services.photos.policy}
