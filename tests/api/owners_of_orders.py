"""What of an order's own each of its routes names, for the walks of `tests.api.owners` and `tests.api.privileged`."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from tests.api.floor import Floor
from tests.api.order_day import open_order_day
from tests.api.owners import Facts, Owned

STRANGERS = ("bob", "sid", "sue", "amy")
CODE = "ORDER_NOT_FOUND"
API, PAGES = "/api/orders/{order_id}", "/account/orders/{order_id}"
CASE = "disputes/{dispute_id}"
CLAIM = {"kind": "conduct", "words": "Nobody answers.", "remedy": "release"}
TOLD = {"words": "It is not so."}


async def an_unpaid_order(floor: Floor) -> Facts:
    day = open_order_day(floor.house, floor)
    order_id = day.invoiced()
    return {"order_id": order_id, "payment_id": day.charge(order_id)}


async def a_delivered_order(floor: Floor) -> Facts:
    return {"order_id": open_order_day(floor.house, floor).delivered()}


async def a_disputed_order(floor: Floor) -> Facts:
    day = open_order_day(floor.house, floor)
    order_id = day.delivered()
    made = await day.dispute("ada", order_id)
    return {"order_id": order_id, "dispute_id": made.json()["id"]}


def form(**more: str) -> Facts:
    return {"idempotency_key": "a-key", **more}


def sent(body: Facts) -> Callable[[Facts], Facts]:
    """The same body, whatever there is."""
    return lambda _: body


ACTS: tuple[tuple[str, str, str, Facts], ...] = (
    ("answer", "sam", "answer", TOLD),
    ("concede", "sam", "concede", {}),
    ("evidence", "ada", "evidence", TOLD),
    ("withdraw", "ada", "withdraw", {}),
)
ORDERS: Mapping[tuple[str, str], Owned] = MappingProxyType(
    {
        ("GET", API): Owned("ada", STRANGERS, CODE, an_unpaid_order),
        ("GET", f"{API}/payments/{{payment_id}}"): Owned("ada", STRANGERS, CODE, an_unpaid_order),
        ("POST", f"{API}/pay"): Owned("ada", STRANGERS, CODE, an_unpaid_order, lambda _: {}),
        ("POST", f"{API}/cancel"): Owned("ada", STRANGERS, CODE, an_unpaid_order, lambda _: {"reason": "No."}),
        ("POST", f"{API}/accept-delivery"): Owned("ada", STRANGERS, CODE, a_delivered_order),
        ("POST", f"{API}/disputes"): Owned("ada", STRANGERS, CODE, a_delivered_order, lambda _: CLAIM),
        **{
            ("POST", f"{API}/{CASE}/{act}"): Owned(owner, STRANGERS, CODE, a_disputed_order, sent(body))
            for act, owner, _, body in ACTS
        },
        ("GET", PAGES): Owned("ada", STRANGERS, CODE, an_unpaid_order),
        ("POST", f"{PAGES}/pay"): Owned(
            "ada", STRANGERS, CODE, an_unpaid_order, lambda _: form(amount_cents="100"), sent_as="data"
        ),
        ("POST", f"{PAGES}/cancel"): Owned(
            "ada", STRANGERS, CODE, an_unpaid_order, lambda _: form(reason="No."), sent_as="data"
        ),
        ("POST", f"{PAGES}/accept-delivery"): Owned(
            "ada", STRANGERS, CODE, a_delivered_order, lambda _: form(), sent_as="data"
        ),
        ("GET", f"{PAGES}/disputes/new"): Owned("ada", STRANGERS, CODE, a_delivered_order),
        ("POST", f"{PAGES}/disputes"): Owned(
            "ada", STRANGERS, CODE, a_delivered_order, lambda _: form(**CLAIM), sent_as="data"
        ),
        ("GET", f"{PAGES}/{CASE}"): Owned("ada", STRANGERS, CODE, a_disputed_order),
        **{
            ("POST", f"{PAGES}/{CASE}/{act}"): Owned(
                owner, STRANGERS, CODE, a_disputed_order, lambda _: form(words="So."), sent_as="data"
            )
            for act, owner, _, _ in ACTS
        },
    }
)
