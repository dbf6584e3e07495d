"""What the papers of a sale tell besides its figures: the vehicle as it was listed, and both sides."""

from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from activities.db.account_tables import seller_profiles
from activities.db.quotes import BuyerPapers, buyer_papers
from activities.db.tables import users, vehicles
from activities.db.vehicles import SUMMARY, VehicleSummary
from domain.invoices import SoldVehicle
from domain.orders import Order

TOLD = ("mileage_unit", "odometer_status", "title_status", "title_state")


@dataclass(frozen=True, slots=True)
class SaleFacts:
    """A sale's vehicle and sides; the names are those that accounts and profiles go by."""

    vehicle: SoldVehicle
    model_year: int
    buyer: BuyerPapers
    seller: BuyerPapers
    buyer_name: str = field(repr=False)
    seller_name: str = field(repr=False)
    # The business that sells, where the seller is one.
    business_name: str = ""


def facts_of(connection: Connection, order: Order) -> SaleFacts:
    """The facts of one order. Raises LookupError where a side or the vehicle is not there."""
    columns = (*SUMMARY, *(vehicles.c[name] for name in TOLD))
    row = connection.execute(select(*columns).where(vehicles.c.id == order.vehicle_id)).one()
    summary = VehicleSummary(*row[: len(SUMMARY)])
    names = select(users.c.id, users.c.name).where(users.c.id.in_([order.buyer_id, order.seller_id]))
    known = {row.id: row.name for row in connection.execute(names)}
    business = select(seller_profiles.c.business_name).where(seller_profiles.c.user_id == order.seller_id)
    return SaleFacts(
        SoldVehicle(summary.title, summary.vin, summary.mileage, *row[len(SUMMARY) :]),
        summary.year,
        _papers(connection, order.buyer_id),
        _papers(connection, order.seller_id),
        known[order.buyer_id],
        known[order.seller_id],
        connection.execute(business).scalar_one_or_none() or "",
    )


def _papers(connection: Connection, user_id: int) -> BuyerPapers:
    found = buyer_papers(connection, user_id)
    if found is None:
        raise LookupError(user_id)
    return found
