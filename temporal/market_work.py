"""The activities of listings, decoders and offers, put together with their vendors' clients for the worker."""

from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, fields
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from prometheus_client import CollectorRegistry
from sqlalchemy import Engine
from temporalio.client import Client

from activities.description_contracts import DescriptionActivities
from activities.descriptions import DescriptionWork
from activities.endpoint_secrets import EndpointSecrets
from activities.ledger import Ledger
from activities.listing_contracts import VinActivities
from activities.listings import ListingWork
from activities.live import RedisPublisher
from activities.object_links import bucket_of
from activities.offer_contracts import OfferActivities
from activities.offers import OfferWork
from activities.photo_check import PhotoWork
from activities.photo_contracts import PhotoActivities
from activities.providers.clearvin import ClearVin
from activities.providers.openai_drafts import OpenAiDrafts
from activities.providers.s3 import Storage
from activities.providers.seller_endpoint import EndpointPost
from activities.providers.vpic import Vpic
from activities.review_contracts import ListingActivities
from activities.seller_feed import SellerFeedWork
from activities.seller_feed_contracts import SellerFeedActivities
from activities.settings import Settings
from activities.vendor_settings import VendorSettings
from activities.vin_reports import VinWork
from domain.seller_feed import reach_of
from temporal.listings import EditedLots
from temporal.lots import AuctionLots
from temporal.metrics import DoorMetrics
from temporal.notices import Notices
from temporal.offers import LotAuctioneer
from temporal.seller_feeds import feeds_queue

LEDGER_THREADS = 2
# Decoding a photo takes a whole processor and much memory.
DECODERS = 2
CONTRACTS: Mapping[str, type] = MappingProxyType(
    {
        "listings": ListingActivities,
        "vins": VinActivities,
        "offers": OfferActivities,
        "feeds": SellerFeedActivities,
        "photos": PhotoActivities,
        "descriptions": DescriptionActivities,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketWork:
    """The parts by the name of their contract in `CONTRACTS`; one that is None is not registered."""

    listings: ListingActivities | None = None
    vins: VinActivities | None = None
    offers: OfferActivities | None = None
    descriptions: DescriptionActivities | None = None
    feeds: SellerFeedActivities | None = None
    photos: PhotoActivities | None = None

    def activities(self, *kinds: str) -> list[Any]:
        """All activities of these parts, or of all of them."""
        wanted = kinds or tuple(field.name for field in fields(self))
        parts = [(kind, getattr(self, kind)) for kind in wanted]
        return [
            getattr(part, name)
            for kind, part in parts
            if part is not None
            for name in sorted(getattr(CONTRACTS[kind], "__abstractmethods__"))  # noqa: B009 - mypy knows no such attribute
        ]


@asynccontextmanager
async def open_market_work(
    settings: Settings, vendors: VendorSettings, engine: Engine, client: Client, notices: Notices, secret: bytes
) -> AsyncIterator[MarketWork]:
    """The parts with their clients, which are closed after the block."""
    async with AsyncExitStack() as stack:
        password = vendors.clearvin_password.get_secret_value()
        clearvin, vpic = ClearVin(vendors.clearvin_url, vendors.clearvin_email, password), Vpic(vendors.vpic_url)
        stack.push_async_callback(clearvin.aclose)
        stack.push_async_callback(vpic.aclose)
        good_for = timedelta(days=vendors.vin_report_days)
        reach = reach_of(settings.profile, loopback=settings.webhooks_to_loopback)
        post = EndpointPost(reach)
        stack.callback(post.close)
        storage = await stack.enter_async_context(Storage(bucket_of(vendors)))
        decoders = stack.enter_context(ThreadPoolExecutor(DECODERS, thread_name_prefix="photos"))
        drafter = _drafter(vendors)
        if drafter is not None:
            stack.push_async_callback(drafter.aclose)
        yield MarketWork(
            descriptions=DescriptionWork(engine, drafter, secret, vendors.openai_asks_a_day),
            listings=ListingWork(engine, settings.public_url, EditedLots(client), good_for=good_for),
            vins=VinWork(engine, clearvin, vpic, good_for),
            offers=OfferWork(
                engine,
                LotAuctioneer(open_lots(settings, engine, client, stack), engine),
                settings.public_url,
                notices,
            ),
            photos=PhotoWork(engine, storage, decoders),
            feeds=SellerFeedWork(
                engine,
                post,
                EndpointSecrets(secret),
                settings.public_url,
                queue=feeds_queue(settings.temporal_accounts_queue),
            ),
        )


def _drafter(vendors: VendorSettings) -> OpenAiDrafts | None:
    """The model that drafts descriptions; none without a key."""
    key = vendors.openai_api_key.get_secret_value()
    return OpenAiDrafts(vendors.openai_url, key, vendors.openai_model) if key else None


def open_lots(settings: Settings, engine: Engine, client: Client, stack: AsyncExitStack) -> AuctionLots:
    """A way to the auctions with threads and a publisher of its own, which `stack` closes."""
    publisher = RedisPublisher(settings.redis_url)
    stack.callback(publisher.close)
    threads = ThreadPoolExecutor(LEDGER_THREADS, thread_name_prefix="ledger")
    stack.callback(threads.shutdown)
    ledger, metrics = Ledger(engine, publisher), DoorMetrics(CollectorRegistry())
    return AuctionLots(client, settings.temporal_task_queue, ledger, threads, metrics)
