"""What one API process holds while it runs: built once by the composition root, reached through `services_of`."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from starlette.requests import HTTPConnection
from temporalio.client import Client

from activities.keys import Sealer, Signer
from activities.search_index.index import SearchIndex
from activities.settings import Settings
from api.database import Database
from api.forgeries import Forgeries
from api.hosted_form import HostedForm
from api.order_ways import OrderWays
from api.pace import Pace
from api.paper_desk import PaperDesk
from api.photo_desk import PhotoDesk
from api.recent import Recent
from api.requests import Metrics
from api.selling import Selling
from api.signins import SignIns
from api.starts import AuctionStarts
from api.streams.hub import LiveHub
from api.ways_in import WaysIn
from api.webhook_vendors import Vendor
from temporal.accounts import Accounts
from temporal.auctions import AuctionDoor
from temporal.codec import EncryptionCodec
from temporal.descriptions import Descriptions
from temporal.listings import Listings
from temporal.lots import AuctionLots
from temporal.metrics import DoorMetrics
from temporal.payments import Payments
from temporal.sweeper import Sweeper
from temporal.upkeep import Upkeep
from temporal.vins import Vins
from temporal.webhooks import Courier
from web.pages import Pages

# A readiness check answers None, or one sentence on what is wrong.
Check = Callable[[], Awaitable[str | None]]


@dataclass(slots=True, kw_only=True)
class Services:
    """The parts of one API process. `checks` are what `/ready` asks; `static_files` maps files to versions."""

    settings: Settings
    database: Database
    redis: Redis
    temporal: Client
    sign_ins: SignIns
    ways_in: WaysIn
    signer: Signer
    codec: EncryptionCodec
    sealer: Sealer
    selling: Selling
    pages: Pages
    static_files: Mapping[str, str]
    registry: CollectorRegistry
    metrics: Metrics
    starts: AuctionStarts
    lots: AuctionLots
    door: AuctionDoor
    door_metrics: DoorMetrics
    sweeper: Sweeper
    bid_pace: Pace
    refusals: Pace
    known_lots: Recent[int, bool]
    hub: LiveHub
    accounts: Accounts
    payments: Payments
    orders: OrderWays
    listings: Listings
    photos: PhotoDesk
    papers: PaperDesk
    vins: Vins
    descriptions: Descriptions
    vendors: Mapping[str, Vendor]
    hosted_form: HostedForm
    courier: Courier
    upkeep: Upkeep
    search: SearchIndex
    forgeries: Forgeries = field(default_factory=Forgeries)
    checks: dict[str, Check] = field(default_factory=dict)


def services_of(connection: HTTPConnection) -> Services:
    """The services of the process that serves a request."""
    found: Services = connection.app.state.services
    return found
