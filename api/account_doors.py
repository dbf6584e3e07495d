"""The ways from an API process into accounts, mails and payments, and what it does for them in the background."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from sqlalchemy import Connection, Engine
from temporalio.client import Client

from activities.db import old_papers, privacy
from activities.db.engine import reading, transaction
from activities.ledger import utc_now
from activities.settings import Settings
from activities.stand_ins import StandInTold
from activities.vendor_settings import load_vendor_settings
from api.database import Database
from api.hosted_form import HostedForm
from api.photo_desk import PhotoDesk
from api.webhook_routes import card_route, identity_route, mail_route, payment_route, vendor_route
from api.webhook_vendors import AUTHORIZE_NET, PERSONA, SENDGRID, Vendor, vendors_of
from temporal.accounts import Accounts
from temporal.descriptions import Descriptions
from temporal.listings import Listings
from temporal.notices import Notices
from temporal.offers import Offers
from temporal.order_doors import OrderTelling
from temporal.orders import Orders
from temporal.payments import Payments
from temporal.seller_feeds import SellerFeeds
from temporal.talks import Negotiations, SecondChances
from temporal.upkeep import Job, Upkeep
from temporal.vins import Vins
from temporal.webhooks import Courier


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDoors:
    """The doors, the vendors whose webhooks are taken, and the two loops."""

    notices: Notices
    accounts: Accounts
    payments: Payments
    listings: Listings
    photos: PhotoDesk
    vins: Vins
    descriptions: Descriptions
    vendors: Mapping[str, Vendor]
    courier: Courier
    upkeep: Upkeep
    hosted_form: HostedForm


def open_account_doors(
    settings: Settings, engine: Engine, threads: Executor, database: Database, temporal: Client
) -> AccountDoors:
    """Put them together; the loops are started by whoever starts the process."""
    queue = settings.temporal_accounts_queue
    notices, accounts = Notices(temporal, queue), Accounts(temporal, queue)
    payments = Payments(temporal, queue)
    vendors = load_vendor_settings(profile=settings.profile)
    photos = PhotoDesk.of(settings, vendors, temporal)
    routes = {
        SENDGRID: mail_route(notices),
        PERSONA: identity_route(accounts, database),
        AUTHORIZE_NET: vendor_route(payment_route(payments, database), card_route(accounts, database)),
    }
    return AccountDoors(
        notices=notices,
        accounts=accounts,
        payments=payments,
        listings=Listings(temporal, queue),
        photos=photos,
        vins=Vins(temporal, queue, timedelta(days=vendors.vin_report_days)),
        descriptions=Descriptions(temporal, queue),
        vendors=vendors_of(vendors),
        courier=Courier(engine, threads, routes),
        upkeep=Upkeep(
            {
                **_jobs(engine, notices, accounts, payments),
                **_offer_jobs(engine, Offers(temporal, queue)),
                **_order_jobs(engine, Orders(temporal, queue)),
                **_talk_jobs(engine, Negotiations(temporal, queue), SecondChances(temporal, queue)),
                **_of_feeds(engine, SellerFeeds(temporal, queue)),
                **_photo_jobs(engine, photos),
            }
        ),
        hosted_form=HostedForm.of(vendors),
    )


def _jobs(engine: Engine, notices: Notices, accounts: Accounts, payments: Payments) -> dict[str, Job]:
    async def start_mails() -> None:
        await notices.start_unsent(engine)

    async def start_payments() -> None:
        await payments.start_unstarted(engine)

    async def forget_addresses() -> None:
        await asyncio.to_thread(_write, engine, lambda c: privacy.forget_last_addresses(c, utc_now()))

    async def forget_papers() -> None:
        await asyncio.to_thread(_write, engine, lambda c: old_papers.forget_old(c, utc_now()))

    async def close_accounts() -> None:
        for user_id in await asyncio.to_thread(_unclosed, engine):
            await accounts.close(user_id)

    return {
        "start_mails": start_mails,
        "start_payments": start_payments,
        "forget_addresses": forget_addresses,
        "forget_papers": forget_papers,
        "close_accounts": close_accounts,
    }


def _photo_jobs(engine: Engine, photos: PhotoDesk) -> dict[str, Job]:
    async def start_photos() -> None:
        await photos.door.start_unstarted(engine)

    async def refresh_keys() -> None:
        if photos.keys is not None:
            await asyncio.to_thread(photos.keys.refresh)

    return {"start_photos": start_photos, "refresh_keys": refresh_keys}


def _offer_jobs(engine: Engine, offers: Offers) -> dict[str, Job]:
    async def start_offers() -> None:
        await offers.start_unstarted(engine)

    async def lapse_offers() -> None:
        await offers.lapse_overtaken(engine)

    async def free_strays() -> None:
        await offers.free_strays(engine)

    return {"start_offers": start_offers, "lapse_offers": lapse_offers, "free_strays": free_strays}


def _order_jobs(engine: Engine, orders: Orders) -> dict[str, Job]:
    stand_ins = StandInTold(engine, OrderTelling(orders))
    return {"start_orders": partial(orders.start_unstarted, engine), "tell_stand_ins": stand_ins.tell_due}


def _talk_jobs(engine: Engine, talks: Negotiations, chances: SecondChances) -> dict[str, Job]:
    return {
        "start_negotiations": partial(talks.start_unstarted, engine),
        "stop_negotiations": partial(talks.stop_overtaken, engine),
        "free_negotiations": partial(talks.free_strays, engine),
        "start_second_chances": partial(chances.start_unstarted, engine),
        "stop_second_chances": partial(chances.tell_stopped, engine),
        "free_second_chances": partial(chances.free_strays, engine),
    }


def _unclosed(engine: Engine) -> list[int]:
    with reading(engine) as connection:
        return privacy.unclosed(connection)


def _write(engine: Engine, work: Callable[[Connection], object]) -> None:
    with transaction(engine) as connection:
        work(connection)


def _of_feeds(engine: Engine, feeds: SellerFeeds) -> dict[str, Job]:
    async def wake_feeds() -> None:
        await feeds.wake_asleep(engine)

    return {"wake_feeds": wake_feeds}
