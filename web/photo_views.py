"""What the page of a vehicle's photos is given."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from web.views import Frame

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class VehiclePhotos:
    """The photos of one vehicle for its seller: PhotoList of the API.

    `upload` is a NewPhotoView whose form sends one file straight to where files are kept, for browsers without scripts.
    """

    template: ClassVar[str] = "vehicle_photos"
    frame: Frame
    vehicle_id: int
    title: str
    photos: Json
    upload: Json | None = None
    error: str | None = None
