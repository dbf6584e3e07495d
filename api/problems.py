"""Every refusal of the edge by its stable code: which domain error it is, and the sentence a person reads."""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from api.listing_problems import LISTINGS
from api.order_problems import ORDERS
from api.paper_problems import PAPERS
from api.photo_problems import PHOTOS
from api.rate_problems import RATES
from api.talks_problems import TALKS
from api.vin_problems import VINS
from domain.errors import (
    ChangedError,
    Code,
    DomainError,
    InvalidError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
    RefusedError,
    TooManyError,
    UnavailableError,
)

PROBLEM_TYPE = "application/problem+json"
STATUSES: Mapping[type[DomainError], HTTPStatus] = MappingProxyType(
    {
        NotSignedInError: HTTPStatus.UNAUTHORIZED,
        NotAllowedError: HTTPStatus.FORBIDDEN,
        NotFoundError: HTTPStatus.NOT_FOUND,
        RefusedError: HTTPStatus.CONFLICT,
        ChangedError: HTTPStatus.PRECONDITION_FAILED,
        InvalidError: HTTPStatus.UNPROCESSABLE_ENTITY,
        TooManyError: HTTPStatus.TOO_MANY_REQUESTS,
        UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    }
)
TITLES: Mapping[int, str] = MappingProxyType(
    {
        400: "The request cannot be read",
        401: "Not signed in",
        403: "Not allowed",
        404: "Not found",
        405: "No such method here",
        406: "No such form of it",
        409: "Refused by a rule",
        412: "Changed since it was read",
        413: "Too large",
        415: "Unknown kind of content",
        422: "Bad input",
        429: "Too many requests",
        500: "Our mistake",
        503: "Not available right now",
    }
)
# What the HTTP layer itself refuses, where no domain error is involved.
STATUS_CODES: Mapping[int, str] = MappingProxyType(
    {
        400: "MALFORMED_JSON",
        404: "NOT_FOUND",
        405: "METHOD_NOT_ALLOWED",
        406: "NOT_ACCEPTABLE",
        413: "TOO_LARGE",
        415: "UNSUPPORTED_MEDIA_TYPE",
        422: "INVALID_INPUT",
        500: "UNEXPECTED",
        503: "UNAVAILABLE",
    }
)
KNOWN: Mapping[str, tuple[type[DomainError], str]] = MappingProxyType(
    {
        "NOT_SIGNED_IN": (NotSignedInError, "Sign in at /auth/login, or send a bearer token."),
        "INVALID_TOKEN": (NotSignedInError, "This bearer token is unknown, expired or revoked."),
        "WRONG_CREDENTIALS": (NotSignedInError, "The e-mail address or the password is wrong."),
        "ACCOUNT_DISABLED": (NotAllowedError, "This account is disabled; write to support."),
        "SEARCH_LOADING": (UnavailableError, "The search is being prepared here; try again in a few seconds."),
        "NOT_APPROVED_TO_BID": (NotAllowedError, "Your account is not cleared to bid; /account says what is missing."),
        "SELLERS_ONLY": (NotAllowedError, "This is for sellers; ask support to open a seller account."),
        "STAFF_ONLY": (NotAllowedError, "This is for the staff of the house."),
        "ADMINS_ONLY": (NotAllowedError, "This is for administrators."),
        "SCOPE_MISSING": (NotAllowedError, "This bearer token lacks a scope; make one that has it."),
        "BROWSER_ONLY": (NotAllowedError, "This needs a signed-in session; a bearer token may not do it."),
        "CSRF_FAILED": (NotAllowedError, "Send the session's csrf_token as X-CSRF-Token or as a form field."),
        "CROSS_SITE": (NotAllowedError, "This request came from another site."),
        "NOT_FOUND": (NotFoundError, "There is nothing at this address."),
        "AUCTION_NOT_FOUND": (NotFoundError, "There is no such auction."),
        "VEHICLE_NOT_FOUND": (NotFoundError, "There is no such vehicle."),
        "BID_NOT_FOUND": (NotFoundError, "You have no such bid."),
        "NOT_YOUR_AUCTION": (NotAllowedError, "Another seller sells this; you may not do this to it."),
        "NOT_YOUR_VEHICLE": (NotAllowedError, "Only its seller may put this vehicle up."),
        "SECOND_ADMIN_NEEDED": (NotAllowedError, "You asked for this yourself; another admin must decide."),
        "BIDDER_NOT_FOUND": (NotFoundError, "Nobody has this alias in this auction."),
        "APPROVAL_NOT_FOUND": (NotFoundError, "There is no such request for approval."),
        "VEHICLE_IN_AUCTION": (RefusedError, "This vehicle has an auction that is not over; `auction_id` says which."),
        "ALREADY_DECIDED": (RefusedError, "This request was decided before; `outcome` says how."),
        "SUNDAY_END": (InvalidError, "Nothing is sold on a Sunday in Chicago; end an hour before it, or after it."),
        "SELLER_NOT_FOUND": (NotFoundError, "This person has no seller profile."),
        "SELLER_NOT_APPROVED": (NotAllowedError, "Selling needs an approved seller profile; see /account/seller."),
        "SELLER_SUSPENDED": (NotAllowedError, "This seller account is suspended; write to support."),
        "LICENCE_EXPIRED": (NotAllowedError, "The dealer's licence has expired; send us the new one."),
        "DEALER_LICENCE_NEEDED": (
            NotAllowedError,
            "More than five vehicles in twelve months needs a dealer's licence; add yours to your seller profile.",
        ),
        "SELLER_CHANGED": (
            RefusedError,
            "The seller profile changed since you read it, and nothing was decided; read it again, then decide.",
        ),
        "SELLER_STATUS": (RefusedError, "The seller profile is at another step; `seller_status` says at which."),
        "SELLER_INCOMPLETE": (RefusedError, "The seller profile is not complete; `missing` says what it lacks."),
        "LINK_NOT_FOUND": (NotFoundError, "Nothing is known that links these two accounts."),
        "LINK_UNDECIDED": (RefusedError, "Decide first that these two accounts are linked."),
        "SEARCH_NOT_FOUND": (NotFoundError, "You have no such saved search."),
        "TOO_MANY_SEARCHES": (RefusedError, "You have as many saved searches as one may have; delete one first."),
        "NOT_WATCHED": (NotFoundError, "You do not watch this vehicle."),
        "TOO_MANY_WATCHED": (RefusedError, "You watch as many vehicles as one may; take one off first."),
        "TOKEN_NOT_FOUND": (NotFoundError, "You have no such token."),
        "LEDGER_NOT_PUBLIC": (
            RefusedError,
            "The whole ledger is public after the close; the signed head is public now.",
        ),
        "TOO_MANY_TOKENS": (RefusedError, "You have as many tokens as one may have; revoke one first."),
        "TOKEN_TOO_LONG": (InvalidError, "A token of the staff is good for `most_days` at most."),
        "TOO_MANY_SIGN_INS": (TooManyError, "Too many tries to sign in; wait before the next one."),
        "TOO_MANY_STREAMS": (UnavailableError, "This process streams to as many readers as it can; try again soon."),
        "TOO_MANY_CODES": (TooManyError, "Too many tries with codes; wait before the next one."),
        "TOO_MANY_TRIES": (TooManyError, "Too many requests of this kind came from your address; wait a while."),
        "WEAK_PASSWORD": (InvalidError, "This password is too short, too common or has leaked elsewhere."),
        "LINK_EXPIRED": (RefusedError, "This link was used before, is too old or was replaced; ask for a new one."),
        "EMAIL_TAKEN": (RefusedError, "This address cannot be used; your account keeps the one it has."),
        "EMAIL_NOT_VERIFIED": (NotAllowedError, "Confirm your e-mail address first; we can send the mail again."),
        "TICKET_EXPIRED": (NotSignedInError, "This took too long; sign in with your password again."),
        "WRONG_CODE": (NotAllowedError, "The code is wrong or was used before."),
        "WRONG_PASSWORD": (NotAllowedError, "The password is wrong."),
        "SECOND_FACTOR_REQUIRED": (
            NotAllowedError,
            "Staff work with a second factor only; set one up at /account/security or confirm it.",
        ),
        "STEP_UP_REQUIRED": (NotAllowedError, "Confirm at /account/step-up that it is you, then do this again."),
        "SETUP_EXPIRED": (RefusedError, "This took too long; begin with a new QR code."),
        "FACTOR_NOT_FOUND": (NotFoundError, "You have no such second factor."),
        "LAST_FACTOR": (RefusedError, "Staff keep at least one second factor; set another one up first."),
        "PASSKEY_NOT_FOUND": (NotFoundError, "You have no such passkey."),
        "PASSKEY_REFUSED": (NotAllowedError, "This passkey was not accepted; begin again."),
        "PASSKEY_KNOWN": (RefusedError, "This passkey is registered already."),
        "TOO_MANY_PASSKEYS": (RefusedError, "You have as many passkeys as one may have; remove one first."),
        "PASSKEYS_UNAVAILABLE": (UnavailableError, "Passkeys cannot be used right now; sign in with your password."),
        "SESSION_NOT_FOUND": (NotFoundError, "You have no such session."),
        "SIGN_IN_BUSY": (UnavailableError, "Too many people are signing in at once; try again in a moment."),
        "DATABASE_UNAVAILABLE": (UnavailableError, "The database does not answer; the same request may be sent again."),
        "NOT_READY": (UnavailableError, "This process should not get traffic now; `reasons` says why."),
        "RATE_LIMITED": (TooManyError, "Too many bids in a short time on this lot; wait before the next one."),
        "BUSY_LOT": (TooManyError, "Too many bids wait on this lot; send the same bid again in a second."),
        "UNAVAILABLE": (UnavailableError, "The auction cannot be reached; send the same bid with the same key again."),
        "BUYING_POWER": (NotAllowedError, "This bid is more than your buying power allows."),
        "CARD_MISSING": (RefusedError, "Store a payment card first."),
        "CARD_DECLINED": (RefusedError, "The stored card was declined; store another one first."),
        "CARD_EXPIRED": (RefusedError, "The stored card has expired; store another one first."),
        "DEPOSIT_NOT_WHOLE_DOLLARS": (InvalidError, "Deposits go in and out in whole dollars."),
        "DEPOSIT_TOO_SMALL": (InvalidError, "The least deposit is `least_cents`."),
        "DEPOSIT_TOO_LARGE": (InvalidError, "The most that one deposit may be is `most_cents`."),
        "DEPOSIT_OPEN": (RefusedError, "Another deposit is on its way; `deposit_id` says which. Wait for its outcome."),
        "DEPOSIT_NOT_FOUND": (NotFoundError, "You have no such deposit."),
        "DEPOSIT_NOT_HELD": (RefusedError, "Nothing of this deposit is there to be returned."),
        "DEPOSIT_NEEDED": (RefusedError, "This deposit backs your bids; without it they would exceed `limit_cents`."),
        "RETURN_TOO_LARGE": (InvalidError, "Only `left_cents` are left of this deposit."),
        "RETURN_OPEN": (RefusedError, "Another return is on its way; `deposit_id` says which. Wait for its outcome."),
        "UNPAID_WIN": (RefusedError, "You have won a lot that is not paid; deposits stay until it is."),
        "WEBHOOK_NOT_FOUND": (NotFoundError, "We take no webhooks of this vendor."),
        "TOO_MANY_FORGERIES": (
            TooManyError,
            "Too many wrong signatures came in this vendor's name; send it again later.",
        ),
        "BAD_SIGNATURE": (NotSignedInError, "The signature of this webhook is missing, wrong or too old."),
        "LOTS_LIMIT": (NotAllowedError, "You lead on as many lots as your account allows."),
        "OBLIGATIONS": (RefusedError, "Something is not over yet; `obligations` says what. Try again after it."),
        "ACCOUNT_UNAVAILABLE": (
            UnavailableError,
            "This takes longer than usual. What you sent is not lost; try again in a moment.",
        ),
        "ACCOUNT_CLOSED": (RefusedError, "This account is closed."),
        "ACCOUNT_NOT_FOUND": (NotFoundError, "There is no such account."),
        "IDENTITY_DECLINED": (RefusedError, "Your identity could not be verified; write to support."),
        "IDENTITY_TOO_MANY": (RefusedError, "The identity check was begun too often; write to support."),
        "CARD_FORM_USED": (RefusedError, "This card form was used already or is too old; type the card again."),
        "CARD_IN_USE": (RefusedError, "You lead on a lot or have won one; the card stays until that is over."),
        "TERMS_NOT_CURRENT": (RefusedError, "These are not the current terms; `current` names the version to read."),
        "PURCHASE_NOT_FOUND": (NotFoundError, "You have not reserved this vehicle."),
        "RESERVATION_EXPIRED": (RefusedError, "The reservation had ended before this came; the auction goes on."),
        "OFFER_NOT_FOUND": (NotFoundError, "There is no such offer of yours or to you."),
        "OFFER_OPEN": (RefusedError, "You have an offer on this vehicle that stands; `offer_id` says which."),
        "OFFER_OVER": (RefusedError, "This offer is over; `offer` says how."),
        "OFFER_BUSY": (RefusedError, "This offer is being accepted; ask again in a moment."),
        "OFFER_EXPIRED": (RefusedError, "This offer was not answered in time."),
        "OFFER_CHANGED": (RefusedError, "Something was done since you looked; `offer` is how it stands now."),
        "NOT_YOUR_TURN": (RefusedError, "It is for the other side to answer; your own figure you can withdraw."),
        "COUNTER_TOO_LOW": (RefusedError, "A seller's figure is above the buyer's; or accept the buyer's."),
        "COUNTER_TOO_HIGH": (RefusedError, "A buyer's figure is below the seller's; or accept the seller's."),
        "TOO_MANY_OFFERS": (RefusedError, "Three offers on a vehicle are the most; these have been made."),
        "INVALID_CURSOR": (InvalidError, "The cursor is not one of ours; start again without it."),
        "INVALID_INPUT": (InvalidError, "Something in the request could not be read."),
        **LISTINGS,
        **ORDERS,
        **PHOTOS,
        **TALKS,
        **VINS,
        **PAPERS,
        **RATES,
        **{
            code.value: (RefusedError, "A rule of the auction refuses it.")
            for code in Code
            if code not in {Code.ID_REUSED, Code.NO_SUCH_BID}
        },
        "ID_REUSED": (InvalidError, "This Idempotency-Key was used with another body."),
        "NO_SUCH_BID": (NotFoundError, "There is no such bid in this auction."),
    }
)


def fail(code: str, detail: str | None = None, **data: object) -> DomainError:
    """The error of a code of `KNOWN`, to be raised; `data` are facts that the answer carries."""
    kind, sentence = KNOWN[code]
    return kind(code, detail or sentence, **data)


def status_of(error: DomainError) -> HTTPStatus:
    """The HTTP status of a domain error, by its class."""
    for kind in type(error).__mro__:
        if kind in STATUSES:
            return STATUSES[kind]
    return HTTPStatus.CONFLICT


def body(status: int, code: str, detail: str, instance: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """A problem by RFC 9457; facts never replace its own members."""
    own = {
        "type": f"/problems/{code.lower().replace('_', '-')}",
        "title": TITLES.get(status, HTTPStatus(status).phrase),
        "status": int(status),
        "code": code,
        "detail": detail,
        "instance": instance,
    }
    return {**data, **own}


def documented(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route for OpenAPI: an example for each code, by status."""
    found: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        kind, sentence = KNOWN[code]
        status = int(STATUSES[kind])
        answer = found.setdefault(status, _empty_answer(status))
        example = body(status, code, sentence, "3f1c9a52d07be846", {})
        answer["content"][PROBLEM_TYPE]["examples"][code] = {"summary": sentence, "value": example}
    return found


def _empty_answer(status: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": TITLES[status], "content": {PROBLEM_TYPE: {"schema": schema, "examples": {}}}}
