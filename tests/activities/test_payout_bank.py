"""Payouts to banks with a real database and a store: a file that a bank could read, made once, and what follows from
the bank's word."""

import json
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import Connection, Engine
from structlog.testing import capture_logs

from activities.bank_accounts import BankAccount, SealedBanks
from activities.db import payout_batches
from activities.db.engine import make_engine, reading, transaction
from activities.db.payout_batches import BatchState, EntryReusedError, EntryState
from activities.ledger import utc_now
from activities.payout_bank import AchFiles, ByHand, Handed, PayoutBank, PayoutQueue
from activities.providers.failures import UnavailableError
from activities.providers.s3 import Storage
from domain.nacha import EntryClass, Origin
from domain.payouts import Payout, PayoutStatus, Step
from migrations import schema
from tests.db.market import NOON
from tests.domain.ach_reader import parsed
from tests.sandbox.s3.stage import Stage, stage

SECRET = b"k" * 32
SEALED = SealedBanks(SECRET)
ORIGIN = Origin("091000019", "First Bank", "Hammertime", "1412345678")
SAM = BankAccount("091000019", "123456789012", "Sam Seller")
DEALER = BankAccount("021000021", "9876543210", "Loon Lake Motors", entry_class=EntryClass.CCD)
STAFF = 7


@dataclass
class Desk:
    """A database with sellers' accounts, a store, and what payouts were told."""

    engine: Engine
    sandbox: Stage
    storage: Storage
    told: list[tuple[int, Step, str]] = field(default_factory=list)

    @property
    def ach(self) -> PayoutQueue:
        return self.queue(AchFiles(self.engine, self.storage, SECRET, ORIGIN))

    def queue(self, bank: PayoutBank) -> PayoutQueue:
        return PayoutQueue(self.engine, bank, self.follow, lambda: NOON)

    def follow(self, connection: Connection, order_id: int, step: Step, reason: str, now: datetime) -> None:
        assert connection.in_transaction()
        assert now == NOON
        self.told.append((order_id, step, reason))

    def bank(self, seller_id: int, account: BankAccount) -> None:
        with transaction(self.engine) as connection:
            payout_batches.keep_bank(connection, seller_id, SEALED.seal(seller_id, account), account.last4, NOON)

    def state(self, key: str) -> EntryState:
        with reading(self.engine) as connection:
            found = payout_batches.find(connection, key)
        assert found is not None
        return found.state

    def file(self, handed: Handed) -> str:
        with reading(self.engine) as connection:
            batch = payout_batches.batch(connection, handed.batch.id)
        assert batch is not None
        link = self.sandbox.links.link(batch.file_key or "", utc_now(), timedelta(minutes=1))
        return self.sandbox.http.get(link).text


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    with ExitStack() as stack:
        engine = make_engine(f"sqlite:///{tmp_path / 'hammertime.db'}")
        stack.callback(engine.dispose)
        schema.upgrade(engine)
        sandbox = stack.enter_context(stage())
        async with Storage(sandbox.bucket, read_timeout_s=2.0) as storage:
            made = Desk(engine, sandbox, storage)
            made.bank(9, SAM)
            made.bank(10, DEALER)
            yield made


def payout(order_id: int, attempt: int = 1) -> Payout:
    return Payout(order_id, 500_000, PayoutStatus.SENDING, attempt=attempt)


async def cut(queue: PayoutQueue) -> Handed:
    handed = await queue.cut()
    assert handed is not None
    return handed


async def test_queued_payouts_become_one_file_that_a_bank_can_read(desk: Desk) -> None:
    assert not await desk.ach.send(payout(1), 9, 500_000)
    assert not await desk.ach.send(payout(2), 10, 70_025)
    handed = await cut(desk.ach)
    people, businesses = parsed(desk.file(handed))
    (sam,), (dealer,) = people["entries"], businesses["entries"]
    assert [each["header"]["entry_class"] for each in (people, businesses)] == ["PPD", "CCD"]
    assert (sam["cents"], sam["account"].strip(), sam["id"].strip()) == (500_000, SAM.account, "P1-1")
    assert (dealer["cents"], dealer["name"].strip(), dealer["trace"]) == (70_025, "LOON LAKE MOTORS", "091000010000002")
    assert people["header"]["effective_on"] == "260506"
    assert await desk.ach.cut() is None


async def test_the_same_payout_handed_over_again_is_in_the_file_once(desk: Desk) -> None:
    for _ in range(3):
        await desk.ach.send(payout(1), 9, 500_000)
    handed = await cut(desk.ach)
    await desk.ach.send(payout(1), 9, 500_000)
    assert [each.key for each in handed.entries] == ["P1-1"]
    assert await desk.ach.cut() is None
    with pytest.raises(EntryReusedError):
        await desk.ach.send(payout(1), 9, 400_000)


async def test_a_seller_without_an_account_waits_for_one(desk: Desk) -> None:
    await desk.ach.send(payout(1), 11, 500_000)
    assert await desk.ach.cut() is None
    desk.bank(11, replace(SAM, account="55501"))
    assert [each.key for each in (await cut(desk.ach)).entries] == ["P1-1"]


async def test_a_store_that_is_away_leaves_a_batch_that_is_handed_over_the_next_time(desk: Desk) -> None:
    await desk.ach.send(payout(1), 9, 500_000)
    desk.sandbox.control("faults", mode="error_500")
    with pytest.raises(UnavailableError):
        await desk.ach.cut()
    await desk.ach.send(payout(2), 10, 70_025)
    first, second = await cut(desk.ach), await cut(desk.ach)
    assert [[each.key for each in handed.entries] for handed in (first, second)] == [["P1-1"], ["P2-1"]]
    assert (first.batch.modifier, second.batch.modifier) == ("A", "B")
    assert len(desk.sandbox.keys) == 2


async def test_the_same_batch_is_the_same_file(desk: Desk) -> None:
    await desk.ach.send(payout(1), 9, 500_000)
    handed = await cut(desk.ach)
    await AchFiles(desk.engine, desk.storage, SECRET, ORIGIN).send(handed.batch, handed.entries)
    assert len(desk.sandbox.keys) == 1


async def test_an_entry_that_no_bank_takes_names_itself_and_no_account(desk: Desk) -> None:
    desk.bank(9, replace(SAM, routing="091000018"))
    await desk.ach.send(payout(1), 9, 500_000)
    with pytest.raises(ValueError, match="ACH_BAD_ROUTING P1-1") as caught:
        await desk.ach.cut()
    assert SAM.account not in str(caught.value)
    # Once it is put right the batch goes as it was cut.
    desk.bank(9, SAM)
    assert len((await cut(desk.ach)).entries) == 1


async def test_a_batch_that_the_bank_took_sends_its_payouts_once(desk: Desk) -> None:
    await desk.ach.send(payout(1), 9, 500_000)
    await desk.ach.send(payout(2), 10, 500_000)
    handed = await cut(desk.ach)
    assert [await desk.ach.taken(handed.batch.id, STAFF) for _ in range(2)] == [2, 0]
    assert await desk.ach.refused(handed.batch.id, STAFF) == 0
    assert desk.told == [(1, Step.CONFIRM, ""), (2, Step.CONFIRM, "")]
    assert desk.state("P1-1") is EntryState.SENT


async def test_a_batch_that_the_bank_did_not_take_makes_its_payouts_due_again_under_a_new_key(desk: Desk) -> None:
    await desk.ach.send(payout(1), 9, 500_000)
    handed = await cut(desk.ach)
    assert await desk.ach.refused(handed.batch.id, STAFF) == 1
    assert desk.told == [(1, Step.FAIL, "")]
    await desk.ach.send(payout(1, attempt=2), 9, 500_000)
    again = await cut(desk.ach)
    assert [each.key for each in again.entries] == ["P1-2"]
    assert again.batch.first_entry == 2


@pytest.mark.parametrize("by_trace", [True, False])
async def test_an_entry_that_its_bank_sends_back_is_told_once(desk: Desk, by_trace: bool) -> None:
    await desk.ach.send(payout(1), 9, 500_000)
    handed = await cut(desk.ach)
    await desk.ach.taken(handed.batch.id, STAFF)
    name = "091000010000001" if by_trace else "P1-1"
    assert [await desk.ach.returned(name, "R03") for _ in range(2)] == [True, False]
    assert not await desk.ach.returned("P9-9", "R03")
    assert desk.told[1:] == [(1, Step.RETURN, "R03")]


async def test_what_follows_and_the_banks_word_are_written_together(desk: Desk) -> None:
    def fail(connection: Connection, order_id: int, step: Step, reason: str, now: datetime) -> None:
        del connection, step, reason, now
        raise KeyError(order_id)

    await desk.ach.send(payout(1), 9, 500_000)
    handed = await cut(desk.ach)
    broken = PayoutQueue(desk.engine, ByHand(), fail, lambda: NOON)
    with pytest.raises(KeyError):
        await broken.taken(handed.batch.id, STAFF)
    with reading(desk.engine) as connection:
        batch = payout_batches.batch(connection, handed.batch.id)
    assert batch is not None
    assert (batch.state, desk.state("P1-1")) == (BatchState.MADE, EntryState.BATCHED)


async def test_by_hand_everybody_is_on_the_list_and_no_file_is_made(desk: Desk) -> None:
    by_hand = desk.queue(ByHand())
    await by_hand.send(payout(1), 11, 500_000)
    handed = await cut(by_hand)
    assert ([each.key for each in handed.entries], desk.sandbox.keys) == (["P1-1"], [])
    assert await by_hand.cut() is None
    assert await by_hand.taken(handed.batch.id, STAFF) == 1
    assert desk.told == [(1, Step.CONFIRM, "")]


async def test_no_log_and_no_row_tells_an_account(desk: Desk) -> None:
    with capture_logs() as logs:
        await desk.ach.send(payout(1), 9, 500_000)
        handed = await cut(desk.ach)
        await desk.ach.taken(handed.batch.id, STAFF)
    with reading(desk.engine) as connection:
        sealed = payout_batches.sealed_banks(connection, [9])[9]
    told = json.dumps([logs, sealed, repr(handed), repr(SAM)], default=str)
    assert [secret for secret in (SAM.account, SAM.routing, SAM.name) if secret in told] == []


def test_an_account_opens_for_its_seller_alone() -> None:
    sealed = SEALED.seal(9, SAM)
    assert (SEALED.open(9, sealed), SAM.last4) == (SAM, "9012")
    with pytest.raises(InvalidTag):
        SEALED.open(10, sealed)
    with pytest.raises(InvalidTag):
        SealedBanks(b"x" * 32).open(9, sealed)
