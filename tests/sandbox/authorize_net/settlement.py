"""The night's settlement, which a test calls, and what may come after it: a batch that the processor rejects and the
vendor resets, a void in the merchant's console, a return or a chargeback."""

from typing import Any

from tests.sandbox.authorize_net.envelopes import HELD
from tests.sandbox.authorize_net.merchant import Merchant
from tests.sandbox.authorize_net.reports import BATCH
from tests.sandbox.authorize_net.transactions import CHARGE, KIND, STATUSES, VOIDABLE, notify
from tests.sandbox.store import Document

SETTLED = {
    "capturedPendingSettlement": "settledSuccessfully",
    "refundPendingSettlement": "refundSettledSuccessfully",
}
PENDING = {CHARGE: "capturedPendingSettlement"}
REJECTED = "settlementError"
# From which statuses a transaction may come into one, after it was approved.
FATES = {
    "voided": VOIDABLE,
    "declined": frozenset(SETTLED),
    "generalError": frozenset(SETTLED),
    REJECTED: frozenset(SETTLED),
    "returnedItem": frozenset({"settledSuccessfully"}),
    "chargeback": frozenset({"settledSuccessfully"}),
    "chargebackReversal": frozenset({"chargeback"}),
}
# Of all these the vendor tells only a void; its list of events has none for a settlement, a return or a chargeback.
TOLD = {"voided": "payment.void.created"}
UNBATCHED = frozenset({"voided"})


def settle(merchant: Merchant, *, rejected: bool = False) -> int:
    """What happens each night: all that waits is settled, or the whole batch is rejected, and leaves the list of the
    unsettled either way."""
    waiting = [one for one in merchant.store.all(KIND) if not one["batched"] and one["status"] != STATUSES[HELD]]
    batch = _batch(merchant, rejected=rejected) if any(one["status"] in SETTLED for one in waiting) else None
    for one in waiting:
        status = one["status"]
        settled: Document = {"batched": True}
        if status in SETTLED:
            settled |= {"status": REJECTED if rejected else SETTLED[status], "batch": batch}
        merchant.store.put(KIND, one["id"], {**one, **settled})
    return len(waiting)


def _batch(merchant: Merchant, *, rejected: bool) -> str:
    batch = merchant.next_id()
    state = REJECTED if rejected else "settledSuccessfully"
    merchant.store.put(BATCH, batch, {"id": batch, "settled": merchant.now().isoformat(), "state": state})
    return batch


def reset_batches(merchant: Merchant) -> int:
    """What the vendor's support does when asked: what was rejected is unsettled again, as it was submitted."""
    failed = [one for one in merchant.store.all(KIND) if one["status"] == REJECTED]
    for one in failed:
        status = PENDING.get(one["type"], "refundPendingSettlement")
        merchant.store.put(KIND, one["id"], {**one, "status": status, "batched": False, "batch": None})
    return len(failed)


def befall(merchant: Merchant, wanted: dict[str, Any]) -> Document:
    """Let one transaction come into a status, and tell it as the vendor does. ValueError where that cannot be."""
    told = merchant.store.get(KIND, wanted["id"])
    status = wanted["status"]
    if told is None or told["status"] not in FATES.get(status, frozenset()):
        raise ValueError(f"{told and told['status']} does not become {status}")
    if status in {"returnedItem", "chargeback"} and told["type"] != CHARGE:
        raise ValueError(f"a {told['type']} does not become {status}")
    changed = {**told, "status": status, "batched": told["batched"] or status not in UNBATCHED}
    merchant.store.put(KIND, told["id"], changed)
    if status in TOLD:
        notify(merchant, TOLD[status], changed)
    return changed


def repeat(merchant: Merchant, transaction_id: str) -> None:
    """Tell once more, under another id, that a transaction was made: news that say nothing of what happened since."""
    told = merchant.store.get(KIND, transaction_id)
    if told is None:
        raise ValueError("no such transaction")
    notify(merchant, "payment.authcapture.created" if told["type"] == CHARGE else "payment.refund.created", told)
