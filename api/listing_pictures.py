"""Photos and documents of a listing as its pages show them, and what such a page may load."""

from collections.abc import Mapping, Sequence

from starlette.responses import HTMLResponse

from activities.db.documents import Document
from activities.db.photos import Photo
from api.database import now
from api.photo_views import DocumentView, PhotoView, PictureView, document_view, photo_list, picture_view
from api.state import Services
from domain.photos import MOST_PHOTOS, State

# A card is never wider than half of this, in the pixels of a page.
CARD_WIDTH = 640


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


def thumbnails(services: Services, found: Mapping[int, Photo]) -> dict[int, PictureView]:
    """The photos that stand for the vehicles of a list, by the vehicle's id, in sizes that fit into a card."""
    moment = now()
    return {
        vehicle_id: picture_view(photo, services.photos.links, moment, widest=CARD_WIDTH)
        for vehicle_id, photo in found.items()
    }


def with_pictures(services: Services, page: str, status: int = 200) -> HTMLResponse:
    """A page that may load pictures from where they are kept."""
    return HTMLResponse(page, status, {"Content-Security-Policy": services.photos.viewing_policy})
