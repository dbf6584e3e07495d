"""The worker of accounts, mails and payments: everything that talks to vendors, on a task queue of its own."""

from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Executor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import Engine
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkerDeploymentConfig, WorkflowRunner

from activities.account_book import AccountBook
from activities.card_vault import CardVault
from activities.contracts import NoticeActivities, OnboardingActivities, PaymentActivities, SellerActivities
from activities.db import deposits
from activities.fingerprints import Fingerprints
from activities.identity_checks import IdentityChecks
from activities.keys import Sealer
from activities.link_notes import LinkNotes
from activities.notices import NoticeWork
from activities.onboarding import OnboardingWork
from activities.order_till import OrderTill
from activities.payments import Follow, PaymentWork
from activities.providers.authorize_net import AuthorizeNet
from activities.providers.persona import Persona
from activities.providers.sendgrid import SendGrid
from activities.sealed_forms import SealedForms
from activities.sealed_notices import SealedNotices
from activities.seller_notices import SellerWork
from activities.settings import Settings
from activities.vendor_settings import VendorSettings
from domain.payments import Purpose
from temporal.accounts import Accounts
from temporal.market_work import MarketWork, open_market_work
from temporal.notices import Notices
from temporal.order_doors import OrderTelling
from temporal.orders import Orders
from temporal.sale_work import SaleWork, open_sale_work
from temporal.seller_feeds import feeds_queue
from web.mail_messages import MailMessages, Site
from workflows.decode_vin import DecodeVinWorkflow
from workflows.description import DescriptionWorkflow
from workflows.listing import ListingWorkflow
from workflows.negotiation import NegotiationWorkflow
from workflows.notice import NoticeWorkflow
from workflows.offer import OfferWorkflow
from workflows.onboarding import OnboardingWorkflow
from workflows.order import OrderWorkflow
from workflows.payment import PaymentWorkflow
from workflows.photo import PhotoWorkflow
from workflows.reconcile import ReconcileWorkflow
from workflows.second_chance import SecondChanceWorkflow
from workflows.seller import SellerWorkflow
from workflows.seller_feed import SellerFeedWorkflow

# Most of an activity's time is waiting for a vendor, or for a seller's endpoint.
ACTIVITIES = 100
CACHED_WORKFLOWS = 1_000
STICKY_TIMEOUT = timedelta(seconds=2)
GRACE = timedelta(seconds=20)
RETURN_PATH = "/account/identity"
WORKFLOWS: Sequence[type] = (
    DecodeVinWorkflow,
    DescriptionWorkflow,
    ListingWorkflow,
    NegotiationWorkflow,
    NoticeWorkflow,
    OfferWorkflow,
    OnboardingWorkflow,
    OrderWorkflow,
    PaymentWorkflow,
    PhotoWorkflow,
    ReconcileWorkflow,
    SecondChanceWorkflow,
    # Feeds have a worker of their own; here are those that began before it, until their next look.
    SellerFeedWorkflow,
    SellerWorkflow,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountWork:
    """The activities of this worker, each with its clients and its database."""

    notices: NoticeActivities
    onboarding: OnboardingActivities
    sellers: SellerActivities
    payments: PaymentActivities
    market: MarketWork
    sales: SaleWork | None = None

    def activities(self) -> list[Any]:
        """All of them, to be registered."""
        return [
            self.notices.send_notice,
            self.notices.look_up_notice,
            self.notices.give_up_notice,
            self.onboarding.look_at_account,
            self.onboarding.open_identity,
            self.onboarding.read_identity,
            self.onboarding.keep_card,
            self.onboarding.read_card,
            self.onboarding.remove_card,
            self.onboarding.give_details,
            self.onboarding.accept_terms,
            self.onboarding.close_account,
            self.sellers.tell_of_licence,
            self.payments.open_payment,
            self.payments.charge_payment,
            self.payments.look_up_payment,
            self.payments.refund_payment,
            self.payments.end_payment,
            self.payments.tell_account,
            *self.market.activities(),
            *(self.sales.activities() if self.sales is not None else ()),
        ]


@asynccontextmanager
async def open_account_work(
    settings: Settings, vendors: VendorSettings, engine: Engine, client: Client, secret: bytes
) -> AsyncIterator[AccountWork]:
    """The activities with their vendors' clients, which are closed after the block."""
    site = Site(vendors.mail_sender_name, settings.public_url, settings.public_url, vendors.mail_support_email)
    forms = SealedForms(Sealer(secret))
    notes = LinkNotes(engine, forms, Fingerprints(secret))
    queue = settings.temporal_accounts_queue
    notices = Notices(client, queue)
    book = AccountBook(engine, settings.public_url, notices)
    till = OrderTill(secret, settings.public_url)
    async with AsyncExitStack() as stack:
        mailer, persona, gateway = _clients(vendors, stack)
        market = await stack.enter_async_context(open_market_work(settings, vendors, engine, client, notices, secret))
        yield AccountWork(
            notices=NoticeWork(engine, mailer, MailMessages(site).render, SealedNotices(secret)),
            onboarding=OnboardingWork(
                book,
                IdentityChecks(persona, book, forms, settings.public_url + RETURN_PATH),
                CardVault(gateway, book, forms, notes),
                notes,
            ),
            sellers=SellerWork(engine, settings.public_url),
            payments=_payments(settings, engine, client, gateway, till, notices),
            market=market,
            sales=open_sale_work(settings, engine, client, notices, till, gateway, stack),
        )


def _clients(vendors: VendorSettings, stack: AsyncExitStack) -> tuple[SendGrid, Persona, AuthorizeNet]:
    """The vendors' clients; `stack` closes them."""
    mailer = SendGrid(
        vendors.sendgrid_url,
        vendors.sendgrid_api_key.get_secret_value(),
        vendors.mail_sender_email,
        vendors.mail_sender_name,
    )
    persona = Persona(vendors.persona_url, vendors.persona_api_key.get_secret_value(), vendors.persona_template_id)
    gateway = AuthorizeNet(
        vendors.authorize_net_url,
        vendors.authorize_net_login_id,
        vendors.authorize_net_transaction_key.get_secret_value(),
    )
    for each in (mailer, persona, gateway):
        stack.push_async_callback(each.aclose)
    return mailer, persona, gateway


def _payments(
    settings: Settings, engine: Engine, client: Client, gateway: AuthorizeNet, till: OrderTill, notices: Notices
) -> PaymentWork:
    """Deposits and orders are paid the same way; what follows of a payment is its purpose's."""
    queue = settings.temporal_accounts_queue
    follow: dict[Purpose, Follow] = {
        Purpose.DEPOSIT: partial(deposits.follow, public_url=settings.public_url),
        Purpose.ORDER: till.follow,
    }
    return PaymentWork(
        engine,
        gateway,
        Accounts(client, queue),
        follow,
        notices,
        many_reversals=settings.payment_reversals_alert,
        orders=OrderTelling(Orders(client, queue)),
    )


def make_account_worker(
    client: Client,
    task_queue: str,
    work: AccountWork,
    threads: Executor,
    runner: WorkflowRunner | None = None,
    deployment: WorkerDeploymentConfig | None = None,
) -> Worker:
    """A worker of the accounts' task queue, of one version unless `deployment` is None."""
    return Worker(
        client,
        task_queue=task_queue,
        workflows=WORKFLOWS,
        activities=work.activities(),
        activity_executor=threads,
        deployment_config=deployment,
        workflow_runner=runner or UnsandboxedWorkflowRunner(),
        max_cached_workflows=CACHED_WORKFLOWS,
        max_concurrent_activities=ACTIVITIES,
        sticky_queue_schedule_to_start_timeout=STICKY_TIMEOUT,
        graceful_shutdown_timeout=GRACE,
    )


def make_feed_worker(
    client: Client,
    accounts_queue: str,
    work: AccountWork,
    threads: Executor,
    runner: WorkflowRunner | None = None,
    deployment: WorkerDeploymentConfig | None = None,
) -> Worker:
    """A worker of the sellers' feeds, with slots of its own beside the accounts': a slow endpoint holds up no account.

    `threads` may be those of the accounts' worker: only the database is asked in them.
    """
    return Worker(
        client,
        task_queue=feeds_queue(accounts_queue),
        workflows=[SellerFeedWorkflow],
        activities=work.market.activities("feeds"),
        activity_executor=threads,
        deployment_config=deployment,
        workflow_runner=runner or UnsandboxedWorkflowRunner(),
        max_cached_workflows=CACHED_WORKFLOWS,
        max_concurrent_activities=ACTIVITIES,
        sticky_queue_schedule_to_start_timeout=STICKY_TIMEOUT,
        graceful_shutdown_timeout=GRACE,
    )
