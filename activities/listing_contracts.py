"""The activities of listings by name, with what goes in and what comes out; implementations subclass these."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from temporalio import activity


@dataclass(frozen=True, slots=True)
class AskDecoder:
    """A VIN to be decoded: 17 characters that were checked."""

    vin: str


@dataclass(frozen=True, slots=True)
class DecoderAsked:
    """Whether the decoder knows the VIN. What it said is in the database before anybody hears of it."""

    known: bool


class VinActivities(ABC):
    """Asking the decoders. Each looks at what is kept first, so that a repeat buys nothing twice."""

    @abstractmethod
    @activity.defn(name="ask_clearvin")
    async def ask_clearvin(self, work: AskDecoder) -> DecoderAsked:
        """Buy ClearVIN's report of a VIN and keep it, unless one that is fresh is kept."""

    @abstractmethod
    @activity.defn(name="ask_vpic")
    async def ask_vpic(self, work: AskDecoder) -> DecoderAsked:
        """Ask the NHTSA's catalogue and keep what it says, unless that is kept and fresh."""
