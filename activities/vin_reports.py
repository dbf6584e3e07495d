"""The worker's side of the DecodeVin workflow: what a decoder says is kept before anybody hears of it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from temporalio import activity

from activities import listing_contracts
from activities.db import vin_reports
from activities.db.engine import SqliteBusyError, reading, transaction
from activities.listing_contracts import AskDecoder, DecoderAsked
from activities.providers.decoder_answers import Fetched
from activities.vendor_calls import beating, vendor_calls
from domain.clock import truncate
from domain.decoding import Answer, Answers, Source

# A report that was paid for is not given up because the database is away for a moment.
WRITES = 10
WRITE_PAUSE_S = 0.5
AWAY = (OperationalError, InterfaceError, PoolTimeoutError, SqliteBusyError)

log = structlog.get_logger(__name__)


class Decoder(Protocol):
    """One decoder of VINs. Its failures are those of `activities.providers.failures`."""

    async def decode(self, vin: str, now: datetime) -> Fetched:
        """What it knows of a checked VIN, at this time."""


class VinWork(listing_contracts.VinActivities):
    """Asks the decoders; `good_for` is how long a report is not asked for again."""

    def __init__(
        self,
        engine: Engine,
        clearvin: Decoder,
        vpic: Decoder,
        good_for: timedelta,
        clock: Callable[[], datetime] = lambda: truncate(datetime.now(UTC)),
    ) -> None:
        self._engine = engine
        self._decoders = {Source.CLEARVIN: clearvin, Source.VPIC: vpic}
        self._good_for = good_for
        self._now = clock

    @activity.defn(name="ask_clearvin")
    async def ask_clearvin(self, work: AskDecoder) -> DecoderAsked:
        """Buy ClearVIN's report of a VIN and keep it, unless one that is fresh is kept."""
        return await self._ask(Source.CLEARVIN, work.vin)

    @activity.defn(name="ask_vpic")
    async def ask_vpic(self, work: AskDecoder) -> DecoderAsked:
        """Ask the NHTSA's catalogue and keep what it says, unless that is kept and fresh."""
        return await self._ask(Source.VPIC, work.vin)

    async def _ask(self, source: Source, vin: str) -> DecoderAsked:
        async with beating():
            # The database is asked first: while it is away, nothing is bought that could not be kept.
            kept = (await asyncio.to_thread(self._kept, vin)).get(source)
            if kept is not None and kept.is_fresh(self._now(), self._good_for):
                return DecoderAsked(kept.decoded is not None)
            with vendor_calls():
                fetched = await self._decoders[source].decode(vin, self._now())
            await self._keep(source, vin, fetched)
        log.info("vin_decoded", source=source.value, known=fetched.decoded is not None)
        return DecoderAsked(fetched.decoded is not None)

    async def _keep(self, source: Source, vin: str, fetched: Fetched) -> None:
        answer = Answer(source, self._now(), fetched.decoded)
        for left in reversed(range(WRITES)):
            try:
                await asyncio.to_thread(self._write, vin, answer, fetched.raw)
            except AWAY as error:
                if not left:
                    raise
                log.warning("vin_report_not_kept_yet", source=source.value, error=type(error).__name__)
                await asyncio.sleep(WRITE_PAUSE_S)
            else:
                return

    def _kept(self, vin: str) -> Answers:
        with reading(self._engine) as connection:
            return vin_reports.answers(connection, vin)

    def _write(self, vin: str, answer: Answer, raw: str) -> None:
        with transaction(self._engine) as connection:
            vin_reports.keep(connection, vin, answer, raw)
