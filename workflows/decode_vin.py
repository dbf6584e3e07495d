"""The DecodeVin workflow: one question at a time to the decoders of a VIN, whoever asks, so that none is paid twice.

What they say is in the database before this ends; nothing of it travels through here.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.listing_contracts import AskDecoder, DecoderAsked, VinActivities
    from workflows import policies

# So long ClearVIN is waited for alone: a person waits for about ten seconds in all.
HEAD_START = timedelta(seconds=6)
# A question that no worker could take in so long is asked for nobody any more.
ASKED_FOR = timedelta(minutes=2)


class Told(StrEnum):
    """How one decoder answered; `away` is also one that refuses us, and `not_asked` one that was not needed."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    AWAY = "away"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True)
class DecodeVinStart:
    """A checked VIN of 17 characters."""

    vin: str


@dataclass(frozen=True, slots=True)
class VinDecoded:
    """How both decoders answered."""

    clearvin: Told
    vpic: Told


@workflow.defn(name="DecodeVin")
class DecodeVinWorkflow:
    """ClearVIN is asked first, and vPIC when ClearVIN knows nothing, is away, or takes too long. A slow report is
    waited for all the same: it is paid for, and the next one who asks has it."""

    @workflow.run
    async def run(self, start: DecodeVinStart) -> VinDecoded:
        """Ask until somebody knows the VIN, and end when nobody has anything more to say."""
        work = AskDecoder(start.vin)
        report = asyncio.create_task(_ask(VinActivities.ask_clearvin, work, policies.BUY_REPORT))
        await workflow.wait([report], timeout=HEAD_START.total_seconds())
        if report.done() and report.result() is Told.KNOWN:
            return VinDecoded(Told.KNOWN, Told.NOT_ASKED)
        catalogue = await _ask(VinActivities.ask_vpic, work, policies.ASK_CATALOGUE)
        return VinDecoded(await report, catalogue)


async def _ask(question: Any, work: AskDecoder, policy: policies.PersonWaits) -> Told:
    try:
        asked: DecoderAsked = await workflow.execute_activity_method(question, work, **policy)
    except ActivityError:
        return Told.AWAY
    return Told.KNOWN if asked.known else Told.UNKNOWN
