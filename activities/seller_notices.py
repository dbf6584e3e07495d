"""The worker's side of the Seller workflow: what a dealer is told of the licence goes into the outbox."""

from sqlalchemy import Engine
from temporalio import activity

from activities import contracts
from activities.db import notifications, sellers
from activities.db.engine import transaction
from activities.db.notifications import NewNotice
from activities.ledger import utc_now
from domain.clock import truncate
from domain.notices import NoticeKind
from domain.sellers import SellerStatus

SELLER_PATH = "/account/seller"


class SellerWork(contracts.SellerActivities):
    """Writes into the outbox; `public_url` is where the mails' links lead."""

    def __init__(self, engine: Engine, public_url: str) -> None:
        self._engine = engine
        self._seller_link = public_url + SELLER_PATH

    @activity.defn(name="tell_of_licence")
    def tell_of_licence(self, work: contracts.TellOfLicence) -> None:
        """Write the mail into the outbox, once, if it is still this licence that the seller is approved with."""
        with transaction(self._engine) as connection:
            seller = sellers.seller(connection, work.user_id)
            if seller is None or seller.profile.status is not SellerStatus.APPROVED:
                return
            licence = seller.profile.licence
            if licence is None or licence.expires_on != work.expires_on:
                return
            day = work.expires_on.isoformat()
            values = {"name": seller.name, "expires_on": day, "seller_link": self._seller_link}
            key = f"licence {work.user_id} {day} {work.notice}"
            mail = NewNotice(work.user_id, NoticeKind.LICENCE_EXPIRING, seller.email, values, key)
            notifications.enqueue(connection, mail, truncate(utc_now()))
