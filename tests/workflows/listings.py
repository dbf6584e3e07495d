"""One listing as a test of its workflow holds it: a real database and the real activities, and lots that do as told."""

import asyncio
import shutil
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.db import audit, listings, vin_reports
from activities.db.engine import make_engine, reading, transaction
from activities.db.listings import Listing
from activities.db.people import Role
from activities.db.photo_tables import vehicle_images
from activities.db.tables import auctions, bids, notifications, vehicles
from activities.db.vin_tables import vin_reports as reports
from activities.listings import ListingWork
from activities.providers.decoder_answers import Fetched
from activities.providers.failures import UnavailableError
from activities.vin_reports import VinWork
from domain.clock import truncate
from domain.decoding import Answer, Answers, Decoded, Source, Specification
from domain.listings import Status, Step
from domain.photos import State
from migrations import schema
from temporal.listings import Listings
from temporal.worker import sandboxed
from tests.db.market import add_lot, add_person
from tests.domain import test_listings
from tests.workflows.accounts import LOOK_S, PATIENCE_S
from workflows.decode_vin import DecodeVinStart, DecodeVinWorkflow
from workflows.ids import listing_workflow_id, vin_workflow_id
from workflows.listing import ListingWorkflow
from workflows.listing_messages import ListingStart, StepAnswer, TakeStep

SITE = "https://hammertime.example"
NUMBERS = count(7_000)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CIVIC = replace(test_listings.CIVIC, vin="19XFC1F3XKE200001", reserve_cents=None, buy_now_cents=None, length_days=None)


@dataclass
class LotsDouble:
    """Holds and resumes lots in their rows, each command once. `lost` answers are carried out and not heard of."""

    engine: Engine
    holds: list[tuple[int, str]] = field(default_factory=list)
    resumes: list[int] = field(default_factory=list)
    refuses: bool = False
    lost: int = 0
    between: Callable[[], None] | None = None
    answered: dict[str, bool] = field(default_factory=dict)

    async def hold(self, auction_id: int, reason: str, command_id: str) -> bool:
        if command_id not in self.answered:
            self.answered[command_id] = not self.refuses
            self.holds.append((auction_id, reason))
            if not self.refuses:
                self._write(auction_id, status="held", hold_reason=reason)
        self._maybe_lose()
        if self.between is not None:
            self.between()
        return self.answered[command_id]

    async def resume(self, auction_id: int, command_id: str) -> None:
        if command_id not in self.answered:
            self.answered[command_id] = True
            self.resumes.append(auction_id)
            self._write(auction_id, status="live", hold_reason=None)
        self._maybe_lose()

    def _maybe_lose(self) -> None:
        if self.lost:
            self.lost -= 1
            raise RPCError("the answer was lost", RPCStatusCode.DEADLINE_EXCEEDED, b"")

    def _write(self, auction_id: int, **values: object) -> None:
        with transaction(self.engine) as connection:
            connection.execute(update(auctions).where(auctions.c.id == auction_id).values(values))


@dataclass
class DecoderDouble:
    """A decoder that knows every VIN as a Civic, unless it is away. `asked` counts the questions."""

    source: Source
    is_away: bool = False
    asked: int = 0

    async def decode(self, vin: str, now: datetime) -> Fetched:
        self.asked += 1
        if self.is_away:
            raise UnavailableError(self.source.value, "planned")
        return Fetched(civic(vin, self.source, now), "{}")


def civic(vin: str, source: Source, at: datetime) -> Decoded:
    """What a decoder says of it."""
    said = Specification(year=2019, make="Honda", model="Civic")
    return Decoded(vin=vin, source=source, fetched_at=at, specification=said)


@dataclass
class Desk:
    """`clock` of the activities goes with the server's; `vehicle_id` is a complete draft of `seller`'s."""

    env: WorkflowEnvironment
    engine: Engine
    queue: str
    door: Listings
    lots: LotsDouble
    people: dict[str, int]
    vehicle_id: int
    ahead: timedelta = timedelta(0)
    clearvin: DecoderDouble = field(default_factory=lambda: DecoderDouble(Source.CLEARVIN))
    vpic: DecoderDouble = field(default_factory=lambda: DecoderDouble(Source.VPIC))

    @property
    def client(self) -> Client:
        return self.env.client

    @property
    def handle(self) -> WorkflowHandle[Any, Status]:
        return self.client.get_workflow_handle_for(ListingWorkflow.run, listing_workflow_id(self.vehicle_id))

    def now(self) -> datetime:
        return truncate(datetime.now(UTC) + self.ahead)

    async def pass_time(self, span: timedelta) -> None:
        await self.env.sleep(span)
        await self.set_clock()

    async def set_clock(self) -> None:
        self.ahead = await self.env.get_current_time() - datetime.now(UTC)

    async def rest(self) -> None:
        """Wait until the workflow has nothing to do: a worker that goes then leaves nothing undone."""
        async with asyncio.timeout(PATIENCE_S):
            while await self._is_busy():
                await asyncio.sleep(LOOK_S)

    async def _is_busy(self) -> bool:
        found = (await self.handle.describe()).raw_description
        return bool(found.pending_activities) or found.HasField("pending_workflow_task")

    def work(self) -> ListingWork:
        return ListingWork(self.engine, SITE, self.lots, self.now)

    def decoders(self) -> VinWork:
        return VinWork(self.engine, self.clearvin, self.vpic, 30 * DAY, self.now)

    # What people do

    async def step(self, step: Step, by: str = "amy", *, version: int | None = None, request: str = "") -> StepAnswer:
        notes = {} if step in {Step.SUBMIT, Step.APPROVE} else {"mileage": "The photo shows more."}
        seen = self.listing().version if version is None else version
        request_id = request or str(uuid.uuid4())
        wish = TakeStep(step, seen, self.people[by], notes, request_id, "192.0.2.1")
        return await self.door.take_step(self.vehicle_id, wish)

    async def approved(self) -> None:
        for step, by in ((Step.SUBMIT, "sam"), (Step.APPROVE, "amy")):
            assert (await self.step(step, by)).code == ""

    def forget_reports(self) -> None:
        """No decoder was ever asked."""
        with transaction(self.engine) as connection:
            connection.execute(delete(reports))

    def decoders_are_away(self, *, away: bool = True) -> None:
        self.clearvin.is_away = self.vpic.is_away = away

    async def somebody_asks(self) -> None:
        """Somebody else has the same VIN decoded."""
        vin = self.listing().told.vin
        await self.client.start_workflow(
            DecodeVinWorkflow.run, DecodeVinStart(vin), id=vin_workflow_id(vin), task_queue=self.queue
        )

    def edit(self, **changes: Any) -> None:
        with transaction(self.engine) as connection:
            found = listings.listing(connection, self.vehicle_id)
            assert found is not None
            listings.save(connection, found, replace(found.told, **changes), self.now())

    async def put_up(self, runs: timedelta = 2 * HOUR, *, bidders: Sequence[str] = ()) -> int:
        """Its auction, live from now."""
        now = self.now()
        with transaction(self.engine) as connection:
            listings.move(connection, self.vehicle_id, Status.SCHEDULED, now)
            times = {"starts_at": now, "ends_at": now + runs, "planned_ends_at": now + runs, "created_at": now}
            lot = add_lot(connection, self.people["sam"], self.vehicle_id, **times)
            for number, name in enumerate(bidders, start=1):
                self._bid(connection, lot, number, self.people[name])
        await self.door.follow(self.vehicle_id)
        return lot

    def _bid(self, connection: Connection, lot: int, seq: int, user_id: int) -> None:
        told = {"kind": "bid", "cents": 500_000 + 10_000 * seq, "outcome": "leading", "code": None, "retracted": False}
        times = {"received_at": self.now(), "decided_at": self.now()}
        row = {"bid_id": str(uuid.uuid4()), "auction_id": lot, "seq": seq, "user_id": user_id, **told, **times}
        connection.execute(insert(bids).values(row))

    def extend(self, lot: int, span: timedelta) -> None:
        """A late bid moves the end."""
        with transaction(self.engine) as connection:
            end = connection.execute(select(auctions.c.ends_at).where(auctions.c.id == lot)).scalar_one()
            connection.execute(update(auctions).where(auctions.c.id == lot).values(ends_at=end + span))

    def end(self, lot: int, result: str) -> None:
        """The lot's end as it is recorded."""
        with transaction(self.engine) as connection:
            ended = {"status": "ended", "result": result, "ended_at": self.now()}
            connection.execute(update(auctions).where(auctions.c.id == lot).values(ended))
            listings.end_lot(connection, lot, result, self.now())

    # What is there

    def listing(self) -> Listing:
        with reading(self.engine) as connection:
            found = listings.listing(connection, self.vehicle_id)
        assert found is not None
        return found

    def answers(self) -> Answers:
        with reading(self.engine) as connection:
            return vin_reports.answers(connection, self.listing().told.vin)

    def mails(self, kind: str) -> list[str]:
        """To whom mails of a kind go, sorted."""
        query = select(notifications.c.to_email).where(notifications.c.kind == f"listing_{kind}")
        with reading(self.engine) as connection:
            return sorted(address.partition("@")[0] for address in connection.execute(query).scalars())

    def deeds(self) -> list[str]:
        with reading(self.engine) as connection:
            span = {"since": self.now() - 400 * DAY, "until": self.now() + 400 * DAY}
            return [deed.action for deed in audit.deeds(connection, **span, limit=100)]


def make_template(path: Path) -> Path:
    """A migrated database with people and a draft, which a decoder has just told of, to be copied."""
    engine = make_engine(f"sqlite:///{path}")
    schema.upgrade(engine)
    now = truncate(datetime.now(UTC))
    with transaction(engine) as connection:
        for name, role in PEOPLE:
            add_person(connection, f"{name}@example.com", role=role)
        vehicle_id = listings.add(connection, 1, CIVIC, now)
        answer = Answer(Source.CLEARVIN, now, civic(CIVIC.vin, Source.CLEARVIN, now))
        vin_reports.keep(connection, CIVIC.vin, answer, "{}")
        row = {"id": str(uuid.uuid4()), "vehicle_id": vehicle_id, "state": State.READY, "content_type": "image/jpeg"}
        row |= {"alt_text": "", "place": 0, "is_chosen": False, "uploaded_by": 1}
        connection.execute(
            insert(vehicle_images).values(row | dict.fromkeys(("created_at", "expires_at", "updated_at"), now))
        )
    engine.dispose()
    return path


PEOPLE = (("sam", Role.SELLER), ("amy", Role.ADMIN), ("alan", Role.ADMIN), ("ada", Role.BUYER), ("bob", Role.BUYER))


@asynccontextmanager
async def open_desk(
    env: WorkflowEnvironment, template: Path, folder: Path, *, answer_s: float = 20.0
) -> AsyncIterator[Desk]:
    """A draft on a copy of the template, whose workflow nobody works for yet."""
    path = folder / "hammertime.db"
    shutil.copy(template, path)
    engine, queue = make_engine(f"sqlite:///{path}"), f"listings-{uuid.uuid4()}"
    people = {name: number for number, (name, _) in enumerate(PEOPLE, start=1)}
    vehicle_id = next(NUMBERS)
    with transaction(engine) as connection:
        for table, column in ((vehicles, "id"), (vehicle_images, "vehicle_id")):
            connection.execute(update(table).values({column: vehicle_id}))
    desk = Desk(env, engine, queue, Listings(env.client, queue, answer_s), LotsDouble(engine), people, vehicle_id)
    await desk.set_clock()
    try:
        yield desk
    finally:
        engine.dispose()


@asynccontextmanager
async def working(desk: Desk, work: ListingWork | None = None) -> AsyncIterator[None]:
    """A worker for the desk's listing, which keeps nothing in memory: it replays all of it each time."""
    did, decoders = work or desk.work(), desk.decoders()
    activities: list[Any] = [
        did.look_at_listing,
        did.take_listing_step,
        did.escalate_review,
        did.tell_of_unsold,
        did.hold_edited_lot,
        did.resume_edited_lot,
        decoders.ask_clearvin,
        decoders.ask_vpic,
    ]
    with ThreadPoolExecutor(2) as threads:
        async with Worker(
            desk.client,
            task_queue=desk.queue,
            workflows=[ListingWorkflow, DecodeVinWorkflow],
            activities=activities,
            activity_executor=threads,
            workflow_runner=sandboxed(),
            max_cached_workflows=0,
        ):
            yield


async def started_with(desk: Desk) -> ListingStart:
    """What the newest run began from."""
    history = await desk.handle.fetch_history()
    payloads = history.events[0].workflow_execution_started_event_attributes.input.payloads
    (start,) = await desk.client.data_converter.decode(payloads, [ListingStart])
    found: ListingStart = start
    return found
