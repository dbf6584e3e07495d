"""Who may ask the vendors for an identity check or a card, and how often: each costs, and may tell if a card works."""

from starlette.requests import Request

from activities.db.accounts import Account
from activities.limits import Limit
from api.people import origin_of
from api.problems import fail
from api.state import Services, services_of
from domain.errors import TooManyError

CARD_LIMIT = Limit("card", tries=5, window_s=3_600)
CARD_ADDRESS_LIMIT = Limit("card-from", tries=20, window_s=3_600)
IDENTITY_LIMIT = Limit("identity-link", tries=10, window_s=3_600)
IDENTITY_READ_LIMIT = Limit("identity-read", tries=1, window_s=30)
LIMIT_CODES = ("EMAIL_NOT_VERIFIED", "TOO_MANY_TRIES")
TOO_MANY_CARDS = "Too many cards were tried; wait a while before the next one."
TOO_MANY_LINKS = "The identity check was opened too often; wait a while before the next time."


async def may_try_card(request: Request, account: Account) -> None:
    """Count a card that is about to be tried. Raises EMAIL_NOT_VERIFIED or TOO_MANY_TRIES."""
    services = services_of(request)
    _verified(account)
    await _count(services, CARD_LIMIT, str(account.user_id), TOO_MANY_CARDS)
    await _count(services, CARD_ADDRESS_LIMIT, origin_of(request).address, TOO_MANY_CARDS)


async def may_open_identity(services: Services, account: Account) -> None:
    """Count a link into the identity check that is about to be made. Raises EMAIL_NOT_VERIFIED or TOO_MANY_TRIES."""
    _verified(account)
    await _count(services, IDENTITY_LIMIT, str(account.user_id), TOO_MANY_LINKS)


async def may_read_identity(services: Services, user_id: int) -> bool:
    """Whether the vendor may be asked about somebody's check: once in half a minute, however often they look."""
    try:
        await services.ways_in.guesses.may_ask(IDENTITY_READ_LIMIT, str(user_id))
    except TooManyError:
        return False
    return True


def _verified(account: Account) -> None:
    if not account.facts.email_verified:
        raise fail("EMAIL_NOT_VERIFIED")


async def _count(services: Services, limit: Limit, subject: str, detail: str) -> None:
    try:
        await services.ways_in.guesses.may_ask(limit, subject)
    except TooManyError as error:
        raise fail("TOO_MANY_TRIES", detail, **error.data) from None
