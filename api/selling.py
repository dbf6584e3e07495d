"""What one API process needs for sellers and for those who are linked to them, put together once."""

from dataclasses import dataclass
from typing import Self

from temporalio.client import Client

from activities.endpoint_secrets import EndpointSecrets
from activities.fingerprints import Fingerprints
from activities.settings import Settings
from api.barred import Barred
from api.database import Database
from temporal.offers import Offers
from temporal.seller_feeds import SellerFeeds
from temporal.sellers import SellerWatch
from temporal.talks import Negotiations, SecondChances


@dataclass(frozen=True, slots=True)
class Selling:
    """The parts; each says for itself what it does."""

    fingerprints: Fingerprints
    feeds: SellerFeeds
    endpoint_secrets: EndpointSecrets
    watch: SellerWatch
    barred: Barred
    offers: Offers
    negotiations: Negotiations
    second_chances: SecondChances

    @classmethod
    def of(cls, settings: Settings, database: Database, temporal: Client, secret: bytes) -> Self:
        """Put the parts together."""
        watch = SellerWatch(temporal, settings.temporal_accounts_queue)
        offers = Offers(temporal, settings.temporal_accounts_queue)
        feeds = SellerFeeds(temporal, settings.temporal_accounts_queue)
        talks = Negotiations(temporal, settings.temporal_accounts_queue)
        chances = SecondChances(temporal, settings.temporal_accounts_queue)
        barred, sealed = Barred(database), EndpointSecrets(secret)
        return cls(Fingerprints(secret), feeds, sealed, watch, barred, offers, talks, chances)
