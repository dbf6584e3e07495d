"""How sellers' money gets to their banks: queued at most once by its key, cut into batches, and handed to the bank as
an ACH file or by the operators. What the bank says of a batch or of one entry is told to the payouts."""

import asyncio
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from sqlalchemy import Connection, Engine

from activities.bank_accounts import BankAccount, SealedBanks
from activities.db import payout_batches
from activities.db.engine import reading, transaction
from activities.db.payout_batches import Batch, BatchState, Entry, EntryState, Way
from activities.providers.s3 import NOT_KEPT, Storage
from domain.clock import truncate
from domain.nacha import AchFile, Credit, Origin, Problem, Sending, written
from domain.payouts import Payout, Step

ACH = "text/plain"
MOST_ENTRIES = 5_000

log = structlog.get_logger(__name__)

# What follows for a payout, in the transaction that writes down what the bank said: `order_payouts.moved` and mails.
Follow = Callable[[Connection, int, Step, str, datetime], object]


@dataclass(frozen=True, slots=True)
class Handed:
    """A batch with what is in it; for the operators' list, or beside the file that was made of it."""

    batch: Batch
    entries: tuple[Entry, ...]


class PayoutBank(ABC):
    """One way to banks. `send` of a batch may be repeated: it is the same batch, and nothing leaves twice."""

    way: Way

    @abstractmethod
    async def send(self, batch: Batch, entries: Sequence[Entry]) -> None:
        """Hand a batch over. Raises where nobody knows whether it was taken: the same batch may be sent again."""


class ByHand(PayoutBank):
    """The operators type each entry into the bank's own site, and confirm the list."""

    way = Way.MANUAL

    async def send(self, batch: Batch, entries: Sequence[Entry]) -> None:
        """The list is the batch itself: nothing is to be made."""
        log.info("payout_list_made", batch_id=batch.id, entries=len(entries))


class AchFiles(PayoutBank):
    """A NACHA file in the object store, which an operator downloads, brings to the bank, and confirms."""

    way = Way.ACH

    def __init__(self, engine: Engine, storage: Storage, secret: bytes, origin: Origin) -> None:
        self._engine = engine
        self._storage = storage
        self._sealed = SealedBanks(secret)
        self._origin = origin

    async def send(self, batch: Batch, entries: Sequence[Entry]) -> None:
        """Write the file, the same for the same batch, and note it. Raises ValueError, which names the entry and the
        field, where it cannot be written."""
        made = await asyncio.to_thread(self._file, batch, entries)
        content = made.text.encode("ascii")
        sha256 = hashlib.sha256(content).hexdigest()
        key = f"payout-batches/{batch.id}/{sha256}.ach"
        await self._storage.put(key, content, ACH, NOT_KEPT)
        await asyncio.to_thread(self._note, batch, key, sha256, made.traces)
        log.info("payout_file_made", batch_id=batch.id, entries=len(entries), total_cents=made.total_cents)

    def _file(self, batch: Batch, entries: Sequence[Entry]) -> AchFile:
        with reading(self._engine) as connection:
            sealed = payout_batches.sealed_banks(connection, [each.seller_id for each in entries])
        credits_ = [_credit(each, self._sealed.open(each.seller_id, sealed[each.seller_id])) for each in entries]
        sending = Sending(batch.made_at, batch.effective_on, batch.modifier, batch.first_entry)
        made = written(self._origin, credits_, sending)
        if isinstance(made, Problem):
            raise ValueError(f"batch {batch.id}: {made.code.value} {made.credit_id}".rstrip())  # noqa: TRY004 - a value
        return made

    def _note(self, batch: Batch, key: str, sha256: str, traces: Mapping[str, str]) -> None:
        with transaction(self._engine) as connection:
            payout_batches.keep_file(connection, batch.id, key=key, sha256=sha256, traces=traces)


class PayoutQueue:
    """The payouts' provider, whatever the way to the bank: it queues, and operators decide when a batch is cut.

    `follow` tells a payout what became of it; `by` is the member of staff.
    """

    def __init__(
        self,
        engine: Engine,
        bank: PayoutBank,
        follow: Follow,
        clock: Callable[[], datetime] = lambda: truncate(datetime.now(UTC)),
    ) -> None:
        self._engine = engine
        self._bank = bank
        self._follow = follow
        self._now = clock

    async def send(self, payout: Payout, seller_id: int, cents: int) -> bool:
        """Take a payout, at most once by its key; never known to have left before its batch is confirmed."""
        await asyncio.to_thread(self._queue, payout, seller_id, cents)
        return False

    async def cut(self) -> Handed | None:
        """Make a batch of all that can leave and hand it over; None where nothing can. One that was cut before and was
        never handed over whole comes first."""
        handed = await asyncio.to_thread(self._cut)
        if handed is not None:
            await self._bank.send(handed.batch, handed.entries)
        return handed

    async def taken(self, batch_id: int, by: int) -> int:
        """The bank has taken a batch: its payouts are sent. Returns how many moved by that. Raises LookupError."""
        return await asyncio.to_thread(self._decide, batch_id, BatchState.TAKEN, by, Step.CONFIRM)

    async def refused(self, batch_id: int, by: int) -> int:
        """The bank has certainly not taken a batch: its payouts are due again. Raises LookupError."""
        return await asyncio.to_thread(self._decide, batch_id, BatchState.REFUSED, by, Step.FAIL)

    async def returned(self, name: str, reason: str) -> bool:
        """A bank sent one entry back, named by our key or by its trace number; False for one that is none, or has come
        back before. `reason` is the bank's code, such as R03."""
        return await asyncio.to_thread(self._returned, name, reason)

    def _queue(self, payout: Payout, seller_id: int, cents: int) -> None:
        with transaction(self._engine) as connection:
            payout_batches.queue(
                connection, payout.key, order_id=payout.order_id, seller_id=seller_id, cents=cents, now=self._now()
            )

    def _cut(self) -> Handed | None:
        with transaction(self._engine) as connection:
            made = payout_batches.unhanded(connection, self._bank.way)
            if made is None:
                payable = payout_batches.payable_sellers(connection, needs_account=self._bank.way is Way.ACH)
                made = payout_batches.cut(connection, self._bank.way, payable, self._now(), MOST_ENTRIES)
            if made is None:
                return None
            return Handed(made, tuple(payout_batches.of_batch(connection, made.id)))

    def _decide(self, batch_id: int, state: BatchState, by: int, step: Step) -> int:
        now = self._now()
        with transaction(self._engine) as connection:
            moved = payout_batches.decide(connection, batch_id, state, by, now)
            for entry in moved:
                self._follow(connection, entry.order_id, step, "", now)
        log.info("payout_batch_decided", batch_id=batch_id, state=state.value, entries=len(moved))
        return len(moved)

    def _returned(self, name: str, reason: str) -> bool:
        now = self._now()
        with transaction(self._engine) as connection:
            known = payout_batches.find(connection, name) or payout_batches.by_trace(connection, name)
            if known is None:
                return False
            ended = payout_batches.end(connection, known.key, EntryState.RETURNED, reason, now)
            if ended is not None:
                self._follow(connection, ended.order_id, Step.RETURN, reason, now)
        return ended is not None


def _credit(entry: Entry, account: BankAccount) -> Credit:
    return Credit(
        entry.key, account.routing, account.account, entry.cents, account.name, account.entry_class, account.kind
    )
