"""The refusals around listings by their stable code, as `api.problems` has all others."""

from collections.abc import Mapping
from types import MappingProxyType

from domain.errors import (
    ChangedError,
    DomainError,
    InvalidError,
    NotAllowedError,
    NotFoundError,
    RefusedError,
    TooManyError,
    UnavailableError,
)

LISTINGS: Mapping[str, tuple[type[DomainError], str]] = MappingProxyType(
    {
        "IF_MATCH_NEEDED": (
            InvalidError,
            "Send the ETag that you have read as If-Match, so that nothing newer is lost.",
        ),
        "LISTING_CHANGED": (ChangedError, "It has changed since you read it; read it again, then decide."),
        "LISTING_STATUS": (RefusedError, "The listing is at another step; `status` and `review` say at which."),
        "LISTING_INCOMPLETE": (RefusedError, "The listing is not complete; `errors` says what it lacks."),
        "LISTING_OVER": (RefusedError, "This listing is over: it was sold or withdrawn."),
        "LOT_NOT_HELD": (
            RefusedError,
            "Bids stand on what changes, and its lot is on hold for another reason or ends just now; try after that.",
        ),
        "NOT_WITHDRAWABLE": (
            RefusedError,
            "Bids can be withdrawn only while the lot is on hold because its listing was changed.",
        ),
        "OWN_LISTING": (NotAllowedError, "This is your own listing; another admin has to review it."),
        "LISTING_IN_AUCTION": (RefusedError, "The vehicle is in an auction; withdraw or cancel that first."),
        "LISTING_NOT_APPROVED": (RefusedError, "The listing was not approved yet, or a change of it waits for review."),
        "LISTING_UNAVAILABLE": (UnavailableError, "The listing cannot be reached right now; what you wrote is saved."),
        "VIN_LISTED": (
            RefusedError,
            "A vehicle with this VIN is listed already; write to support if it is not theirs.",
        ),
        "VIN_FIXED": (RefusedError, "The VIN of a listing that was public stays; begin a new listing for another car."),
        "IMPORT_ERRORS": (InvalidError, "Nothing was created; `errors` says what is wrong, line by line."),
        "QUESTION_NOT_FOUND": (NotFoundError, "There is no such question on a vehicle of yours."),
        "QUESTION_NOT_SHOWN": (RefusedError, "The question is not shown; it waits for the staff, or was refused."),
        "TOO_MANY_QUESTIONS": (TooManyError, "You have open questions on this vehicle; wait for the answers."),
        "ENDPOINT_NOT_FOUND": (NotFoundError, "You have no such webhook."),
        "ENDPOINT_ADDRESS": (InvalidError, "Events cannot be sent to this address; `errors` says why."),
        "ENDPOINT_DISABLED": (RefusedError, "This webhook is switched off; a replay switches it on again."),
        "TOO_MANY_ENDPOINTS": (RefusedError, "You have as many webhooks as one may have; delete one first."),
        "DRAFT_NOT_FOUND": (NotFoundError, "No description was drafted for this listing yet; ask for one by POST."),
        "NOT_YOUR_LISTING": (NotAllowedError, "Another seller lists this vehicle."),
    }
)
