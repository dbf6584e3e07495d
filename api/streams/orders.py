"""Private news of an order on the stream of its two sides: that it has moved, and nothing of what is in it."""

from activities.order_doors import OrderChanged
from api.database import now
from api.streams.frames import ENCODER, Frame
from domain.clock import to_text

ORDER = "order"


def order_event(changed: OrderChanged) -> bytes:
    """The event `order` on the wire: `{order_id, status, version, server_now}`, the same for both sides, without an id:
    it belongs to no auction, and nothing is replayed."""
    data = {"order_id": changed.order_id, "status": changed.status.value, "version": changed.version}
    return Frame(ORDER, ENCODER.encode({**data, "server_now": to_text(now())})).written(None)
