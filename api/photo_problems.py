"""The refusals around photos and documents by their stable code, as `api.problems` has all others."""

from collections.abc import Mapping
from types import MappingProxyType

from domain.errors import ChangedError, DomainError, InvalidError, NotFoundError, RefusedError, UnavailableError

PHOTOS: Mapping[str, tuple[type[DomainError], str]] = MappingProxyType(
    {
        "PHOTO_NOT_FOUND": (NotFoundError, "This vehicle has no such photo."),
        "DOCUMENT_NOT_FOUND": (NotFoundError, "This vehicle has no such document, or it is not for you."),
        "DOCUMENT_NOT_READY": (RefusedError, "The document cannot be read; `state` says where it stands."),
        "TOO_MANY_PHOTOS": (RefusedError, "A vehicle has at most `limit` photos, those on their way included."),
        "TOO_MANY_DOCUMENTS": (RefusedError, "A vehicle has at most `limit` documents, those on their way included."),
        "PHOTO_KEPT": (RefusedError, "People have bid on what this photo shows; it stays."),
        "ORDER_INCOMPLETE": (InvalidError, "Name every photo of the vehicle once; `photo_ids` are those there are."),
        "ORDER_CHANGED": (ChangedError, "Photos came, went or moved since you read them; read them again first."),
        "PHOTOS_UNAVAILABLE": (UnavailableError, "The file will be looked at; say so again to have it done sooner."),
    }
)
