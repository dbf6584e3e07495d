"""The activities of photos and documents by name, with what goes in and what comes out."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum

from temporalio import activity

from domain.photos import Kind


@dataclass(frozen=True, slots=True)
class Upload:
    """One file on its way, or what was made of it. A licence has its seller's number in the place of the vehicle's."""

    kind: Kind
    vehicle_id: int
    upload_id: str


class Outcome(StrEnum):
    """How a look at an upload ended. `missing`: no file is there yet; `gone`: it was removed meanwhile."""

    MISSING = "missing"
    READY = "ready"
    REFUSED = "refused"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class UploadChecked:
    """What became of an upload; why one was refused stands in its row."""

    outcome: Outcome


class PhotoActivities(ABC):
    """From the file that somebody sent to what may be shown of it. Each may be repeated at any point."""

    @abstractmethod
    @activity.defn(name="check_upload")
    async def check_upload(self, upload: Upload) -> UploadChecked:
        """Look whether the file is there and what it really is, keep what may be shown, and mark its row."""

    @abstractmethod
    @activity.defn(name="drop_upload")
    async def drop_upload(self, upload: Upload) -> None:
        """Delete the file as it was sent; what was made of it stays."""

    @abstractmethod
    @activity.defn(name="forget_upload")
    async def forget_upload(self, upload: Upload) -> None:
        """Delete the file, all that was made of it, and last its row."""
