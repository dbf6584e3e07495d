"""How a scheduled row becomes a workflow: the same terms and the same nonce, however often it is tried."""

from activities.db.schedules import Unstarted
from activities.keys import derive
from domain.auction import Terms
from domain.clock import CLOCK_RULES
from domain.listings import SaleType
from workflows.messages import AuctionStart

STAGGER_PLACES = 120
STAGGER_MS = 500


def start_of(secret: bytes, row: Unstarted) -> AuctionStart:
    """The workflow's input. Lots that one outage extends end half a second apart, to be closed in turn."""
    terms = Terms(
        auction_id=row.auction_id,
        barred=tuple(map(str, (row.seller_id, *row.barred))),
        start_cents=row.start_cents,
        reserve_cents=row.reserve_cents,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        window_s=row.window_s,
        increments=row.increments_version,
        sunday_rule=row.sunday_rule,
        outage_stagger_ms=row.auction_id % STAGGER_PLACES * STAGGER_MS,
        clock_rules=CLOCK_RULES,
        sale_type=SaleType(row.sale_type),
        buy_now_cents=row.buy_now_cents,
        offers_open=row.offers_open,
    )
    return AuctionStart(terms, derive(secret, f"schedule {row.auction_id}").hex(), row.vehicle)
