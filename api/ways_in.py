"""What signing up and signing in need, put together once for a process."""

from dataclasses import dataclass
from datetime import timedelta

from redis.asyncio import Redis

from activities.fingerprints import Fingerprints
from activities.keys import Sealer
from activities.limits import Limiter
from activities.one_time_codes import CodeSecrets
from activities.passwords import Passwords
from activities.sealed_notices import SealedNotices
from activities.settings import Settings
from api.ceremonies import Ceremonies
from api.database import Database
from api.entrance import Entrance
from api.factors import Factors
from api.guesses import Guesses
from api.mails import Mails, Notices, Post


@dataclass(frozen=True, slots=True, kw_only=True)
class WaysIn:
    """The parts; each says for itself what it does. `sealer` is for what a browser carries for us for a while."""

    passwords: Passwords
    guesses: Guesses
    factors: Factors
    mails: Mails
    post: Post
    entrance: Entrance
    ceremonies: Ceremonies
    sealer: Sealer


def open_ways_in(
    settings: Settings, database: Database, redis: "Redis", passwords: Passwords, notices: Notices, secret: bytes
) -> WaysIn:
    """Put the parts together."""
    guesses, sealer = Guesses(Limiter(redis)), Sealer(secret)
    mails, post = Mails(settings.public_url, SealedNotices(secret)), Post(notices)
    factors = Factors(database, CodeSecrets(secret), guesses, mails, post)
    return WaysIn(
        passwords=passwords,
        guesses=guesses,
        factors=factors,
        mails=mails,
        post=post,
        entrance=Entrance(
            database=database,
            passwords=passwords,
            guesses=guesses,
            factors=factors,
            mails=mails,
            post=post,
            sealer=sealer,
            fingerprints=Fingerprints(secret),
            session_life=timedelta(days=settings.session_days),
        ),
        ceremonies=Ceremonies.of(redis, settings.public_url, secret),
        sealer=sealer,
    )
