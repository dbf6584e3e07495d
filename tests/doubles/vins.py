"""The decoders without vendors, and the door without Temporal: what they say is set by a test, and asking counted."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import cast

from sqlalchemy import Engine
from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from activities.db import vin_reports
from activities.db.engine import transaction
from activities.listing_contracts import AskDecoder, DecoderAsked, VinActivities
from domain.decoding import Answer
from temporal.vins import Vins

CLEARVIN, VPIC = "clearvin", "vpic"


class Says(Enum):
    """What a decoder does with one question."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    UNAVAILABLE = "Unavailable"
    LOST = "OutcomeUnknown"
    REFUSED = "Rejected"


@dataclass
class KeptDecoders(VinActivities):
    """`clearvin` and `vpic` are their next answers; the last one stays. While `slow` is held, ClearVIN is silent."""

    clearvin: Sequence[Says] = (Says.KNOWN,)
    vpic: Sequence[Says] = (Says.KNOWN,)
    asked: Counter[str] = field(default_factory=Counter)
    slow: asyncio.Event | None = None

    @activity.defn(name="ask_clearvin")
    async def ask_clearvin(self, work: AskDecoder) -> DecoderAsked:
        said = self._say(CLEARVIN, self.clearvin)
        if self.slow is not None:
            while not self.slow.is_set():
                activity.heartbeat()
                await asyncio.sleep(0.01)
        return _answer(said)

    @activity.defn(name="ask_vpic")
    async def ask_vpic(self, work: AskDecoder) -> DecoderAsked:
        return _answer(self._say(VPIC, self.vpic))

    def _say(self, name: str, answers: Sequence[Says]) -> Says:
        self.asked[name] += 1
        return answers[min(self.asked[name], len(answers)) - 1]


def _answer(said: Says) -> DecoderAsked:
    if said in {Says.KNOWN, Says.UNKNOWN}:
        return DecoderAsked(said is Says.KNOWN)
    raise ApplicationError("planned", type=said.value, non_retryable=said is Says.REFUSED)


class VinsDouble(Vins):
    """The door into decoding without Temporal: `answers` are written down at once as the decoders' own. While
    `is_pending`, it says that they are still being asked."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(cast("Client", None), "nowhere", timedelta(days=30))
        self._engine = engine
        self.answers: list[Answer] = []
        self.is_pending = False
        self.asked: list[str] = []

    async def decode(self, vin: str) -> bool:
        self.asked.append(vin)
        with transaction(self._engine) as connection:
            for answer in self.answers:
                vin_reports.keep(connection, vin, answer, "{}")
        return not self.is_pending
