"""The refusals around the papers of a sale by their stable code, as `api.problems` has all others."""

from collections.abc import Mapping
from types import MappingProxyType

from domain.errors import DomainError, NotFoundError

PAPERS: Mapping[str, tuple[type[DomainError], str]] = MappingProxyType(
    {
        "PAPER_NOT_FOUND": (NotFoundError, "There is no such paper of an order of yours, or it is not issued yet."),
    }
)
