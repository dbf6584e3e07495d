"""A floor with an order on it: real tables and rules, and in the place of Temporal a double that judges as it would."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from httpx import Response
from sqlalchemy import Engine
from temporalio.service import RPCError, RPCStatusCode

from activities.db import order_money, orders, payments
from activities.db.engine import reading, transaction
from activities.db.orders import Sold, Stored
from activities.db.payments import Change, Payment
from activities.order_contracts import EventKind, OrderEvent, RecordOrder
from activities.order_till import OrderTill
from api.database import now
from api.order_ways import OrderWays
from domain import disputes, promises
from domain.dispute_terms import Anchor, DisputeCode, Sale
from domain.disputes import Dispute, Evidence, Note
from domain.orders import HowSold, Order, OrderCode, Party, Step, cancelled, disputed, moved, released
from domain.payments import State
from domain.promises import Event
from temporal.orders import Orders
from tests.api.conftest import SECRET, House
from tests.api.floor import Floor, open_floor
from tests.api.owners import PaymentsAtRest
from tests.db.holders import complete
from workflows import order_messages as messages
from workflows.order_messages import Happened, OrderAnswer

PRICE = 1_240_000
# A lot for each sale, whoever opened the day that it is of.
NUMBERS = itertools.count(1_001)
SITE = "https://market.example"
Judged = Dispute | DisputeCode
STEPS = {Event.TITLE_RECEIVED: Step.START_TITLE, Event.DELIVERED: Step.DELIVER}


class OrdersDouble(Orders):
    """Order workflows as they answer: judged by the domain, recorded as theirs are. `away`: nothing reaches them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.away = False
        self.told: list[tuple[int, str]] = []
        self.done: set[str] = set()
        self.wished: set[Party] = set()

    async def begin(self, order_id: int) -> None:
        self.told.append((order_id, "begin"))

    async def payment_news(self, order_id: int) -> None:
        self.told.append((order_id, "payment_news"))

    async def happened(self, order_id: int, news: Happened) -> None:
        if self.away:
            raise RPCError("away", RPCStatusCode.UNAVAILABLE, b"")
        self.told.append((order_id, news.event.value))
        self.move(order_id, news.event, at=news.at)

    async def act(self, order_id: int, update: Any, message: object | None, command_id: str) -> OrderAnswer:
        if self.away:
            raise RPCError("away", RPCStatusCode.UNAVAILABLE, b"")
        stored = self.read(order_id)
        code = "" if command_id in self.done else str(getattr(self, f"_{update.__name__}")(stored, message))
        if not code:
            self.done.add(command_id)
        return OrderAnswer(code, self.read(order_id).order)

    def read(self, order_id: int) -> Stored:
        with reading(self.engine) as connection:
            stored = orders.find(connection, order_id)
        assert stored is not None
        return stored

    def record(self, stored: Stored, *events: OrderEvent) -> None:
        """Write an order down as its workflow would."""
        with transaction(self.engine) as connection:
            number = len(orders.events(connection, stored.order.id))
            work = RecordOrder(
                stored.version + 1, stored.order, stored.timeline, list(stored.disputes), number, list(events)
            )
            orders.record(connection, work, now())

    def move(self, order_id: int, event: Event, step: Step | None = None, at: datetime | None = None) -> Stored:
        """Something happens to an order."""
        stored, at = self.read(order_id), at or now()
        step = step or STEPS.get(event)
        after = stored.order if step is None else moved(stored.order, step)
        assert isinstance(after, Order), after
        timeline = promises.happened(stored.timeline, event, at)
        kind = EventKind(event.value) if event.value in set(EventKind) else EventKind.COMPLETED
        self.record(replace(stored, order=after, timeline=timeline), OrderEvent(at, kind, Party.HOUSE))
        return self.read(order_id)

    def _cancel(self, stored: Stored, wish: messages.CancelOrder) -> str:
        after = cancelled(stored.order, {*self.wished, wish.by}, wish.reason)
        if after is OrderCode.CANCEL_NEEDS_BOTH:
            self.wished.add(wish.by)
            self.record(stored, OrderEvent(now(), EventKind.CANCEL_WISHED, wish.by, words=wish.reason))
        if isinstance(after, OrderCode):
            return after.value
        timeline = promises.happened(stored.timeline, Event.ENDED, now())
        self.record(replace(stored, order=after, timeline=timeline), OrderEvent(now(), EventKind.CANCELLED, wish.by))
        return ""

    def _accept_delivery(self, stored: Stored, _: None) -> str:
        found = next(each for each in stored.timeline if each.code is promises.Code.INSPECTION)
        if found.state is promises.State.WAITING:
            return OrderCode.NOT_YET.value
        self.move(stored.order.id, Event.ACCEPTED)
        return ""

    def _open_dispute(self, stored: Stored, wish: messages.OpenDispute) -> str:
        case = disputes.opened(
            wish.claim, _sale(stored), now(), dispute_id=wish.dispute_id, owner=wish.owner, others=stored.disputes
        )
        order = disputed(stored.order, wish.dispute_id)
        if isinstance(case, DisputeCode):
            return case.value
        assert isinstance(order, Order)
        timeline = promises.happened(stored.timeline, Event.DISPUTED, now())
        opened = OrderEvent(now(), EventKind.DISPUTE_OPENED, wish.claim.by, words=wish.claim.words)
        self.record(replace(stored, order=order, timeline=timeline, disputes=(*stored.disputes, case)), opened)
        return ""

    def _answer_dispute(self, stored: Stored, wish: messages.AnswerDispute) -> str:
        return self._case(stored, wish.dispute_id, lambda case: disputes.answered(case, wish.by, wish.words, now()))

    def _concede_dispute(self, stored: Stored, wish: messages.ConcedeDispute) -> str:
        return self._case(stored, wish.dispute_id, lambda case: disputes.conceded(case, wish.by, now()))

    def _file_evidence(self, stored: Stored, wish: messages.FileEvidence) -> str:
        filed = Evidence(wish.evidence_id, wish.by, now(), wish.digest, wish.words)
        return self._case(stored, wish.dispute_id, lambda case: disputes.filed(case, filed))

    def _note_dispute(self, stored: Stored, wish: messages.NoteDispute) -> str:
        note = Note(wish.person, now(), wish.words)
        return self._case(stored, wish.dispute_id, lambda case: disputes.noted(case, note))

    def _assign_dispute(self, stored: Stored, wish: messages.AssignDispute) -> str:
        return self._case(stored, wish.dispute_id, lambda case: disputes.assigned(case, wish.owner))

    def _escalate_dispute(self, stored: Stored, wish: messages.EscalateDispute) -> str:
        return self._case(stored, wish.dispute_id, lambda case: disputes.escalated(case, now()))

    def _propose_resolution(self, stored: Stored, wish: messages.ProposeResolution) -> str:
        return self._case(
            stored, wish.dispute_id, lambda case: disputes.proposed(case, wish.resolution, wish.person, now())
        )

    def _approve_resolution(self, stored: Stored, wish: messages.JudgeResolution) -> str:
        return self._case(stored, wish.dispute_id, lambda case: disputes.approved(case, wish.person, now()))

    def _reject_resolution(self, stored: Stored, wish: messages.JudgeResolution) -> str:
        return self._case(stored, wish.dispute_id, lambda case: disputes.rejected(case, now()))

    def _withdraw_dispute(self, stored: Stored, wish: messages.WithdrawDispute) -> str:
        return self._case(stored, wish.dispute_id, lambda case: disputes.withdrawn(case, wish.by, now()))

    def _case(self, stored: Stored, dispute_id: str, judge: Callable[[Dispute], Judged]) -> str:
        known = next((each for each in stored.disputes if each.id == dispute_id), None)
        after = DisputeCode.NOT_NOW if known is None else judge(known)
        if isinstance(after, DisputeCode):
            return after.value
        cases = tuple(after if each.id == dispute_id else each for each in stored.disputes)
        order = stored.order if after.is_open else released(stored.order, dispute_id)
        moved_on = OrderEvent(now(), EventKind.DISPUTE_MOVED, Party.HOUSE)
        self.record(replace(stored, order=order, disputes=cases), moved_on)
        return ""


def _sale(stored: Stored) -> Sale:
    from_record = {each.code: each.done_at for each in stored.timeline}
    facts = {
        Anchor.SOLD: stored.order.sold_at,
        Anchor.PAID: from_record.get(promises.Code.PAYMENT),
        Anchor.DELIVERED: from_record.get(promises.Code.DELIVERY),
    }
    return Sale({anchor: at for anchor, at in facts.items() if at is not None}, stored.paid_cents)


@dataclass
class OrderDay:
    """`floor` with the double behind the door of orders; ada buys of sam."""

    floor: Floor
    door: OrdersDouble
    till: OrderTill

    @property
    def house(self) -> House:
        return self.floor.house

    def sold(self, buyer: str = "ada", seller: str = "sam", *, days_ago: float = 0.0) -> int:
        """A sale that was just recorded, and begun by its workflow; not invoiced yet."""
        car, at = self.floor.car(seller), now() - timedelta(days=days_ago)
        people = self.floor.person(seller), self.floor.person(buyer)
        with transaction(self.house.engine) as connection:
            order_id = orders.add(connection, Sold(next(NUMBERS), car, *people, PRICE, HowSold.HAMMER, at))
            orders.change(connection, order_id, with_carrier=True)
        stored = self.door.read(order_id)
        begun = promises.begun(at, with_carrier=True)
        self.door.record(replace(stored, timeline=begun), OrderEvent(at, EventKind.SOLD, Party.HOUSE, PRICE))
        return order_id

    def invoiced(self, **sale: Any) -> int:
        """A sale with its invoice."""
        order_id = self.sold(**sale)
        with transaction(self.house.engine) as connection:
            self.till.invoice(connection, order_id, now())
        self.door.move(order_id, Event.INVOICED)
        return order_id

    def paid(self, **sale: Any) -> int:
        """A sale that a wire has paid."""
        order_id = self.invoiced(**sale)
        self.pay_off(order_id)
        self.door.move(order_id, Event.PAID, Step.PAY)
        return order_id

    def delivered(self, **sale: Any) -> int:
        """A sale whose vehicle is with its buyer."""
        order_id = self.paid(**sale)
        for event in (Event.TITLE_RECEIVED, Event.PICKED_UP, Event.DELIVERED):
            self.door.move(order_id, event)
        return order_id

    def pay_off(self, order_id: int) -> None:
        """All that is due comes in by card."""
        self.end(self.charge(order_id), State.DONE)

    def charge(self, order_id: int, key: str = "test") -> int:
        """A charge that is asked for."""
        stored = self.door.read(order_id)
        with transaction(self.house.engine) as connection:
            complete(connection, stored.order.buyer_id)
            made = order_money.ask(connection, orders.locked(connection, order_id), key, now())
        assert isinstance(made, Payment)
        return made.id

    def end(self, payment_id: int, state: State) -> None:
        """A payment comes to its end, with what follows."""
        with transaction(self.house.engine) as connection:
            payments.mark(connection, payment_id, Change(State.SENDING), now())
            ended, _ = payments.mark(connection, payment_id, Change(state, f"602{payment_id}"), now())
            self.till.follow(connection, ended, now())

    async def get(self, name: str, order_id: int) -> dict[str, Any]:
        answer = await self.floor.get(name, f"/api/orders/{order_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def post(
        self, name: str, order_id: int, what: str, body: Mapping[str, Any] | None = None, key: str | None = None
    ) -> Response:
        return await self.floor.post(name, f"/api/orders/{order_id}/{what}", body, key)

    async def dispute(self, name: str, order_id: int, key: str | None = None, **changes: Any) -> Response:
        body = {"kind": "conduct", "words": "Nobody answers.", "remedy": "release", **changes}
        return await self.post(name, order_id, "disputes", body, key)


def open_order_day(house: House, floor: Floor | None = None) -> OrderDay:
    """A floor on which orders are gone on with; payments rest until a test ends them."""
    floor = floor or open_floor(house)
    door, till = OrdersDouble(house.engine), OrderTill(SECRET, SITE)
    house.services.orders = OrderWays(door, till)
    house.services.payments = PaymentsAtRest()
    return OrderDay(floor, door, till)


def codes(found: Sequence[Mapping[str, Any]], name: str = "code") -> list[Any]:
    """What a list of JSON objects is about."""
    return [each[name] for each in found]
