"""The refusals around rate tables by their stable code, as `api.problems` has all others."""

from collections.abc import Mapping
from types import MappingProxyType

from domain.errors import DomainError, InvalidError, NotFoundError, RefusedError, UnavailableError

RATES: Mapping[str, tuple[type[DomainError], str]] = MappingProxyType(
    {
        "RATES_MISSING": (UnavailableError, "No rates are in force for that day, so nothing can be worked out."),
        "RATES_NOT_FOUND": (NotFoundError, "There is no such version of the rates."),
        "RATES_NOT_AHEAD": (InvalidError, "Rates take effect tomorrow (in Chicago) at the earliest."),
        "RATES_DATE_TAKEN": (RefusedError, "Another table takes effect on that day; take that one back first."),
        "RATES_IN_FORCE": (RefusedError, "This table is in force, or was; add another one instead."),
    }
)
