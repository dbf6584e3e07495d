"""How often passwords and codes may be guessed, so that nobody's guesses lock somebody else out.

A browser from which an account was used before counts by itself alone (OWASP's device cookies): whatever strangers
try, its owner gets in. Strangers count by account and address, by account, and by address.
"""

from dataclasses import dataclass
from ipaddress import AddressValueError, IPv6Address, IPv6Network

from activities.db.people import normal_email
from activities.limits import Limit, Limiter
from api.problems import fail
from api.signins import Origin, digest

ACCOUNT_LIMIT = Limit("sign-in", tries=10, window_s=900)
DEVICE_LIMIT = Limit("sign-in-device", tries=10, window_s=900)
STRANGERS_LIMIT = Limit("sign-in-strangers", tries=100, window_s=900)
ADDRESS_LIMIT = Limit("sign-in-address", tries=300, window_s=900)
CODE_LIMIT = Limit("code", tries=5, window_s=900)
CODE_DAY_LIMIT = Limit("code-day", tries=100, window_s=86_400)
MAIL_LIMIT = Limit("mail-to-from", tries=5, window_s=3_600)
MAIL_DEVICE_LIMIT = Limit("mail-to-device", tries=5, window_s=3_600)
MAIL_TO_LIMIT = Limit("mail-to", tries=30, window_s=3_600)
MAIL_ADDRESS_LIMIT = Limit("mail-from", tries=30, window_s=3_600)
CEREMONY_LIMIT = Limit("passkey", tries=300, window_s=300)
# What one IPv6 customer is given at least; within it they have as many addresses as they like.
NETWORK_BITS = 64


@dataclass(frozen=True, slots=True)
class Guesser:
    """Who tries to sign in to which account or asks for a mail to it, from a browser that is known to it or not."""

    email: str
    origin: Origin
    known: bool

    @property
    def counted(self) -> tuple[tuple[Limit, str], ...]:
        """The limits that count this one, with their subjects."""
        email = normal_email(self.email)
        if self.known:
            return ((DEVICE_LIMIT, digest(f"{email} {self.origin.device}")),)
        return (ACCOUNT_LIMIT, digest(f"{email} {self.place}")), (STRANGERS_LIMIT, digest(email))

    @property
    def counted_mails(self) -> tuple[tuple[Limit, str], ...]:
        """The limits on the mails that this one may have sent; the first that refuses is the last to count."""
        email = normal_email(self.email)
        if self.known:
            return ((MAIL_DEVICE_LIMIT, digest(f"{email} {self.origin.device}")),)
        return (MAIL_LIMIT, digest(f"{email} {self.place}")), (MAIL_TO_LIMIT, digest(email))

    @property
    def place(self) -> str:
        """Where they are, as it is counted."""
        return place_of(self.origin.address)


class Guesses:
    """The limits of one process; all of them share what Redis counts."""

    def __init__(self, limiter: Limiter) -> None:
        self._limiter = limiter

    async def may_try(self, guesser: Guesser) -> None:
        """Count a password that is about to be looked at. Raises TOO_MANY_SIGN_INS."""
        if not guesser.known:
            _refuse(await self._limiter.wait(ADDRESS_LIMIT, guesser.place))
        for limit, subject in guesser.counted:
            _refuse(await self._limiter.hit(limit, subject))

    async def wrong(self, guesser: Guesser) -> None:
        """The password was wrong."""
        if not guesser.known:
            await self._limiter.hit(ADDRESS_LIMIT, guesser.place)

    async def right(self, guesser: Guesser) -> None:
        """The password was right: forget the slips before it."""
        for limit, subject in guesser.counted:
            await self._limiter.forget(limit, subject)

    async def may_try_code(self, subject: str) -> None:
        """Count a one-time code or recovery code that is about to be looked at. Raises TOO_MANY_CODES."""
        for limit in (CODE_LIMIT, CODE_DAY_LIMIT):
            _refuse(await self._limiter.hit(limit, subject), "TOO_MANY_CODES")

    async def right_code(self, subject: str) -> None:
        """The code was right: forget the slips before it, but not how many there were today."""
        await self._limiter.forget(CODE_LIMIT, subject)

    async def may_ask(self, limit: Limit, address: str) -> None:
        """Count what an address may ask only so often. Raises TOO_MANY_TRIES."""
        _refuse(await self._limiter.hit(limit, place_of(address)), "TOO_MANY_TRIES")

    async def may_mail(self, guesser: Guesser) -> bool:
        """Whether an e-mail address gets one more mail that anybody can ask for; who asks is not told."""
        for limit, subject in guesser.counted_mails:
            if await self._limiter.hit(limit, subject) is not None:
                return False
        return True


def place_of(address: str) -> str:
    """What an address is counted as: an IPv6 one by the network it is in, any other by itself."""
    try:
        found = IPv6Address(address)
    except AddressValueError:
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(IPv6Network((int(found), NETWORK_BITS), strict=False))


def _refuse(wait_s: int | None, code: str = "TOO_MANY_SIGN_INS") -> None:
    if wait_s is not None:
        raise fail(code, retry_after_s=wait_s)
