"""The door into Photo workflows without Temporal: it keeps what it was told, and can be away."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from activities.db.uploads import Standing
from api.problems import fail


@dataclass
class PhotosDouble:
    """Upload ids in the order in which they came through the door."""

    begun: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    is_away: bool = False

    async def begin(self, awaited: Iterable[Standing]) -> None:
        self.begun += [each.upload_id for each in awaited]

    async def uploaded(self, upload: Standing) -> None:
        if self.is_away:
            raise fail("PHOTOS_UNAVAILABLE", retry_after_s=2)
        self.told.append(upload.upload_id)

    async def removed(self, upload: Standing) -> None:
        self.gone.append(upload.upload_id)
