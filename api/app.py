"""The composition root of the API process: its services, its routes, and the order in which they start and stop."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

import structlog
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector
from redis.asyncio import Redis
from sqlalchemy import Engine
from starlette.types import ASGIApp, Receive, Scope, Send
from temporalio.client import Client

from activities.db.engine import make_engine
from activities.garbage import settle_after_start
from activities.keys import Sealer, Signer
from activities.ledger import Ledger
from activities.live import RedisPublisher
from activities.passwords import Passwords
from activities.search_index.index import SearchIndex
from activities.settings import Settings, load_or_create_platform_key
from api import (
    account_forms,
    approvals,
    auctions,
    audits,
    bid_forms,
    bids,
    codec,
    dealer_lines,
    deposits,
    descriptions,
    documents,
    email_changes,
    errors,
    explanations,
    inventory_pages,
    links,
    listing_import_pages,
    listing_imports,
    listing_reviews,
    listings,
    live,
    mail_troubles,
    my_searches,
    negotiations,
    offer_pages,
    offers,
    onboarding,
    onboarding_pages,
    operations,
    order_disputes,
    order_pages,
    order_papers,
    order_payments,
    order_staff,
    order_staff_disputes,
    orders,
    pages,
    passkeys,
    passwords,
    payment_reviews,
    people,
    photo_pages,
    photos,
    privacy,
    purchase_forms,
    purchases,
    questions,
    quotes,
    rates,
    receipts,
    registration,
    review_pages,
    saved_search_pages,
    schedules,
    search,
    second_chances,
    second_factors,
    security_pages,
    seller_documents,
    seller_hooks,
    seller_reviews,
    sellers,
    selling_pages,
    sessions,
    sign_in,
    static,
    steering,
    step_up,
    talks_pages,
    terms_pages,
    tokens,
    vehicle_pages,
    vehicles,
    vins,
    watch_pages,
    webhooks,
    withdrawals,
)
from api.account_doors import open_account_doors
from api.database import Database
from api.description import describe
from api.hot_path import is_hot, take_hot
from api.order_ways import OrderWays
from api.pace import Pace
from api.paper_desk import PaperDesk
from api.recent import Recent
from api.requests import Metrics, Requests
from api.routes import check_audiences
from api.search_upkeep import SearchLoading, search_jobs
from api.selling import Selling
from api.signins import SignIns
from api.starts import AuctionStarts
from api.state import Services
from api.streams.hub import LiveHub
from api.ways_in import open_ways_in
from temporal.auctions import AuctionDoor, DoorLimits
from temporal.client import connect
from temporal.codec import EncryptionCodec
from temporal.lots import AuctionLots
from temporal.metrics import DoorMetrics
from temporal.sweeper import Sweeper
from web.pages import STATIC, Pages, static_versions

log = structlog.get_logger(__name__)

DATABASE_THREADS = 16
LEDGER_THREADS = 4
KNOWN_LOTS = 20_000
KNOWN_LOTS_S = 60.0
FINISH_WITHIN_S = 5.0
REDIS_TIMEOUT_S = 1.0
VERSION = "0.1.0"


ROUTES = (
    search,
    my_searches,
    auctions,
    quotes,
    rates,
    schedules,
    steering,
    withdrawals,
    approvals,
    audits,
    explanations,
    bid_forms,
    bids,
    codec,
    dealer_lines,
    mail_troubles,
    deposits,
    payment_reviews,
    links,
    live,
    onboarding,
    onboarding_pages,
    receipts,
    people,
    registration,
    passwords,
    email_changes,
    sessions,
    second_factors,
    passkeys,
    step_up,
    privacy,
    tokens,
    vehicles,
    vins,
    documents,
    photos,
    photo_pages,
    listings,
    listing_imports,
    listing_reviews,
    questions,
    descriptions,
    purchases,
    offers,
    negotiations,
    second_chances,
    order_papers,
    purchase_forms,
    operations,
    vehicle_pages,
    pages,
    terms_pages,
    inventory_pages,
    seller_documents,
    seller_hooks,
    seller_reviews,
    sellers,
    sign_in,
    account_forms,
    security_pages,
    static,
    webhooks,
    listing_import_pages,
    selling_pages,
    saved_search_pages,
    watch_pages,
    offer_pages,
    talks_pages,
    review_pages,
    orders,
    order_payments,
    order_disputes,
    order_staff,
    order_staff_disputes,
    order_pages,
)


class Hammertime(FastAPI):
    """FastAPI with our description of the API."""

    def serve_first(self, app: ASGIApp, wants: Callable[[Scope], bool]) -> None:
        """Give what `wants` says to another application: FastAPI's own layers cost more than a bid does."""
        self._first, self._wants = app, wants

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if self._wants(scope):
            scope["app"] = self
            await self._first(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI description."""
        return describe(self)


def create_app(settings: Settings, services: Services | None = None) -> FastAPI:
    """Build the application. Without `services` its lifespan opens and closes them; a test brings its own.

    Raises `api.routes.UndeclaredRoute` when a route does not say for whom it is.
    """
    app = Hammertime(
        title="Hammertime",
        version=VERSION,
        lifespan=_lifespan(settings),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.services = services
    for module in ROUTES:
        app.include_router(module.router)
    errors.install(app)
    app.add_middleware(Requests, https=settings.cookie_secure)
    app.serve_first(Requests(take_hot, https=settings.cookie_secure), is_hot)
    check_audiences(app)
    return app


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """Open what an API process needs, and close it in the opposite order."""
    secret = load_or_create_platform_key(settings)
    async with AsyncExitStack() as stack:
        redis = Redis.from_url(
            settings.redis_url, socket_timeout=REDIS_TIMEOUT_S, socket_connect_timeout=REDIS_TIMEOUT_S
        )
        stack.push_async_callback(redis.aclose)
        temporal = await connect(settings, secret, lazy=True)
        services = assemble(settings, stack, secret=secret, redis=redis, temporal=temporal)
        stack.push_async_callback(services.ways_in.post.finish)
        loading = SearchLoading(services.database.engine, services.search)
        services.checks["search"] = loading.check
        loading.start()
        services.sweeper.start()
        services.courier.start()
        stack.push_async_callback(services.courier.stop)
        services.upkeep.start()
        stack.push_async_callback(services.upkeep.stop)
        await services.hub.start()
        stack.push_async_callback(services.hub.stop)
        stack.push_async_callback(_finish, services)
        yield services


def assemble(settings: Settings, stack: AsyncExitStack, *, secret: bytes, redis: "Redis", temporal: Client) -> Services:
    """Put the services together from their connections; `stack` closes what is opened here."""
    engine, threads = _engine(settings, stack)
    database, registry = Database(engine, threads), _registry()
    starts = AuctionStarts(secret)
    doors = open_account_doors(settings, engine, threads, database, temporal)
    lots, door, door_metrics, ledger = _door(settings, stack, engine, registry, temporal)
    search_index = SearchIndex()
    doors.upkeep.also(search_jobs(engine, ledger, search_index, doors.notices, settings.public_url))
    services = Services(
        settings=settings,
        database=database,
        redis=redis,
        temporal=temporal,
        sign_ins=SignIns(database),
        ways_in=open_ways_in(settings, database, redis, _hasher(stack), doors.notices, secret),
        signer=Signer(secret),
        codec=EncryptionCodec(secret),
        sealer=Sealer(secret),
        selling=Selling.of(settings, database, temporal, secret),
        pages=Pages(),
        static_files=static_versions(STATIC),
        registry=registry,
        metrics=Metrics(registry),
        starts=starts,
        lots=lots,
        door=door,
        door_metrics=door_metrics,
        sweeper=Sweeper(engine, threads, lots, door, starts.start_of),
        bid_pace=Pace(settings.bid_rate_burst, settings.bid_rate_per_second),
        refusals=Pace(settings.refusals_per_minute, settings.refusals_per_minute / 60),
        known_lots=Recent(size=KNOWN_LOTS, seconds=KNOWN_LOTS_S),
        hub=LiveHub(engine, settings.redis_url, settings, registry),
        accounts=doors.accounts,
        payments=doors.payments,
        orders=OrderWays.of(settings, temporal, secret),
        listings=doors.listings,
        photos=doors.photos,
        papers=PaperDesk.of(settings, temporal, secret, engine, doors.upkeep),
        vins=doors.vins,
        descriptions=doors.descriptions,
        vendors=doors.vendors,
        hosted_form=doors.hosted_form,
        courier=doors.courier,
        upkeep=doors.upkeep,
        search=search_index,
    )
    operations.install_checks(services)
    return services


def _hasher(stack: AsyncExitStack) -> Passwords:
    """The threads in which passwords are hashed."""
    hasher = Passwords()
    stack.callback(hasher.close)
    return hasher


def _engine(settings: Settings, stack: AsyncExitStack) -> tuple[Engine, ThreadPoolExecutor]:
    """The database, and the threads in which it is asked."""
    engine = make_engine(settings.database_url)
    stack.callback(engine.dispose)
    threads = ThreadPoolExecutor(DATABASE_THREADS, thread_name_prefix="database")
    stack.callback(threads.shutdown)
    return engine, threads


def _registry() -> CollectorRegistry:
    """A registry with what is measured of the process itself."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


def _door(
    settings: Settings, stack: AsyncExitStack, engine: Engine, registry: CollectorRegistry, temporal: Client
) -> tuple[AuctionLots, AuctionDoor, DoorMetrics, Ledger]:
    """The way into the auctions, with threads of its own for its transactions."""
    threads = ThreadPoolExecutor(LEDGER_THREADS, thread_name_prefix="ledger")
    stack.callback(threads.shutdown)
    publisher = RedisPublisher(settings.redis_url)
    stack.callback(publisher.close)
    ledger, metrics = Ledger(engine, publisher), DoorMetrics(registry)
    lots = AuctionLots(temporal, settings.temporal_task_queue, ledger, threads, metrics)
    limits = DoorLimits(settings.batch_max, settings.queue_max)
    return lots, AuctionDoor(lots, ledger, threads, settings.process_id, limits, metrics), metrics, ledger


async def _finish(services: Services) -> None:
    """Let the bids that are on their way come home; a batch that cannot is recovered by another process."""
    await services.sweeper.stop()
    try:
        await asyncio.wait_for(services.door.finish(), FINISH_WITHIN_S)
    except TimeoutError:
        log.warning("bids_left_in_flight", batches=len(services.door.in_flight()))


def _lifespan(settings: Settings) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        if app.state.services is not None:
            yield
            return
        async with open_services(settings) as services:
            app.state.services = services
            settle_after_start()
            yield

    return life
